"""Places for parsed pages: never more than there are, and all of them come back."""

from __future__ import annotations

import threading
from contextlib import suppress

import pytest

from source_gong.wire.room import Room


def test_no_more_pages_are_held_than_there_are_places() -> None:
    room, held, most = Room(2), set[int](), 0
    lock = threading.Lock()

    def pass_on(number: int) -> None:
        nonlocal most
        with room.needed():
            for _ in range(50):
                room.enter()
                with lock:
                    held.add(number)
                    most = max(most, len(held))
                with lock:
                    held.discard(number)
                room.leave()

    threads = [threading.Thread(target=pass_on, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert not any(thread.is_alive() for thread in threads)
    assert 1 <= most <= 2


@pytest.mark.parametrize("failing", [False, True])
def test_a_place_comes_back_when_reading_ends_within_a_page(failing: bool) -> None:
    """For another thread: the one that held it would get in again in any case."""
    room, inside = Room(1), threading.Event()
    with suppress(ValueError), room.needed():
        room.enter()
        if failing:
            raise ValueError

    def other() -> None:
        with room.needed():
            room.enter()
            inside.set()

    threading.Thread(target=other, daemon=True).start()
    assert inside.wait(30)


def test_what_is_not_passed_on_needs_no_place() -> None:
    room = Room(0)
    room.enter()
    room.leave()
