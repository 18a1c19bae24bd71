"""Turns are taken in the order in which threads came for them."""

from __future__ import annotations

import threading
import time

from source_gong.wire.gate import Turns


def test_who_comes_back_at_once_is_behind_those_who_wait() -> None:
    """Windows are begun in the order of time, so that the checkpoint gets on where requests are few."""
    turns, order = Turns(1), list[str]()

    def take() -> None:
        with turns:
            order.append("waiting")

    waiting = threading.Thread(target=take)
    with turns:
        waiting.start()
        # Only the turns themselves know when somebody has come for one.
        while not turns._waiting:
            time.sleep(0)
    with turns:
        order.append("back")
    waiting.join()
    assert order == ["waiting", "back"]
