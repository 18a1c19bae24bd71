"""Chains of pages, begun again when their cursor dies; and first pages that are read before their window is."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any

from source_gong.faults import AnswerError, CursorLost, TransientError
from source_gong.reading.asking import Asking
from source_gong.reading.records import Rows
from source_gong.report import StreamReport
from source_gong.windows.window import Window
from source_gong.wire.answers import Answer
from source_gong.wire.client import Client
from source_gong.wire.room import Room

LOGGER = logging.getLogger("airbyte.source_gong")

MOST_RESTARTS = 2
# Told at the end of a chain: how many records its pages held, and how many Gong said there were.
Told = Callable[[int, int], None]


class FirstPages:
    """First pages that were read ahead and wait, as bytes, for their window to be read. Safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[Hashable, Answer] = {}

    def put(self, key: Hashable, answer: Answer) -> None:
        """Keep a first page until it is taken."""
        with self._lock:
            self._waiting[key] = answer.fold()

    def take(self, key: Hashable) -> Answer | None:
        """The first page, when one waits; it does so no more."""
        with self._lock:
            return self._waiting.pop(key, None)


class Chains:
    """Reads chains of pages: one for a sync, used by all of its streams and threads.

    Why not the CDK's `SimpleRetriever`: it follows a repeated cursor for ever, gives up the whole window when a cursor
    expires, and knows neither a list that streams share nor `totalRecords`.
    """

    def __init__(self, client: Client, room: Room, first_pages: FirstPages) -> None:
        self._client, self._room = client, room
        self.first_pages = first_pages

    def ask(self, asking: Asking, window: Window, asker: StreamReport, token: str | None = None) -> Answer:
        """One page."""
        return self._client.ask(asking.endpoint, asking.asked(window, token), asker)

    def first_page(self, asking: Asking, window: Window, asker: StreamReport) -> Mapping[str, Any]:
        """Read a window's first page ahead, and keep it for the reading of the same window."""
        for restart in range(MOST_RESTARTS + 1):
            try:
                answer = self.ask(asking, window, asker)
                break
            except CursorLost:
                # It was sent without a cursor, so what Gong says is of its own doing and may pass.
                if restart == MOST_RESTARTS:
                    raise
        body = answer.body
        self.first_pages.put(asking.key(window), answer)
        return body

    def rows(
        self, asking: Asking, rows: Rows, window: Window, asker: StreamReport, told: Told
    ) -> Iterator[dict[str, Any]]:
        """The records of a window as Gong sent them, page after page; some perhaps twice when it had to be
        restarted."""
        for restart in range(MOST_RESTARTS + 1):
            try:
                yield from self._chain(asking, rows, window, asker, told)
                return
            except CursorLost as lost:
                if restart == MOST_RESTARTS:
                    raise TransientError(
                        f"{lost.message} The window was begun again {MOST_RESTARTS} times. The next sync goes on from "
                        "the last state.",
                        stream=asker.stream,
                    ) from None
                LOGGER.info("%s: the page cursor was lost, the window is read again from its first page.", asker.stream)
                asker.add(restarted_windows=1)

    def _chain(
        self, asking: Asking, rows: Rows, window: Window, asker: StreamReport, told: Told
    ) -> Iterator[dict[str, Any]]:
        first = self.first_pages.take(asking.key(window))
        token: str | None = None
        tokens: set[str] = set()
        total, count = None, 0
        with self._room.needed():
            while True:
                if first is not None:
                    self._room.enter()
                    body, first = first.body, None
                else:
                    body = self.ask(asking, window, asker, token).body
                total = total_of(body) if total is None else total
                count += rows.size(body)
                yield from rows.items(body, window)
                token = _page_token(body) if asking.cursor else None
                del body
                self._room.leave()
                if token is None:
                    break
                if token in tokens:
                    raise AnswerError(
                        f"{asker.stream}: Gong gave the same page cursor twice, so the rest of the list can't be read.",
                        stream=asker.stream,
                    )
                tokens.add(token)
        told(count, count if total is None else total)


def total_of(body: Mapping[str, Any]) -> int | None:
    """Gong's own count of a list, which stands on each of its pages; None for a list without pages."""
    records = body.get("records")
    total = records.get("totalRecords") if isinstance(records, dict) else None
    return total if isinstance(total, int) else None


def _page_token(body: Mapping[str, Any]) -> str | None:
    records = body.get("records")
    token = records.get("cursor") if isinstance(records, dict) else None
    return str(token) if token else None
