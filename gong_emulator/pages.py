"""Pages of 100: keyset paging over a sorted sequence, with the `records` block of the reply."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from gong_emulator.cursors import LIFETIME_SECONDS, Cursors
from gong_emulator.errors import CURSOR_REJECTED, ApiError

T = TypeVar("T")
Key = tuple[Any, ...]


@dataclass(frozen=True)
class Keyset(Generic[T]):
    """How a kind of record is ordered and how its position rides in a cursor.

    `key` must be the order of the sequence, `write` puts the position in the cursor's payload and `read`
    takes it out again, with a KeyError or ValueError when the cursor belongs to another kind of record.
    """

    key: Callable[[T], Key]
    write: Callable[[T], Mapping[str, Any]]
    read: Callable[[Mapping[str, Any]], Key]


def everything(_: object) -> bool:
    """Keep each record."""
    return True


@dataclass(frozen=True)
class Pager:
    """Cuts one page for one request."""

    cursors: Cursors
    page_size: int
    now: datetime

    def page(
        self,
        source: Sequence[T],
        keyset: Keyset[T],
        token: object,
        keep: Callable[[T], bool] = everything,
    ) -> tuple[list[T], dict[str, Any]]:
        """Return the records of the page and the `records` block.

        The total is counted on the first page and rides in the cursor, as in the published real cursors; a
        record that appears behind the position during the sequence is therefore missed, as with Gong.
        """
        if token is None:
            start, number, expiry = 0, 0, int(self.now.timestamp()) + LIFETIME_SECONDS
            total = sum(map(keep, source)) if keep is not everything else len(source)
        else:
            claims = self.cursors.verify(token, self.now)
            try:
                start = bisect_right(source, keyset.read(claims), key=keyset.key)
                number, expiry, total = claims["pageNumber"] + 1, claims["exp"], claims["total"]
            except (KeyError, ValueError, TypeError):
                raise ApiError(400, CURSOR_REJECTED) from None
        found: list[T] = []
        more = False
        for index in range(start, len(source)):
            if keep(source[index]):
                if len(found) == self.page_size:
                    more = True
                    break
                found.append(source[index])
        records: dict[str, Any] = {
            "totalRecords": total,
            "currentPageSize": len(found),
            "currentPageNumber": number,
        }
        if more:
            position = {**keyset.write(found[-1]), "total": total, "pageNumber": number, "pageSize": self.page_size}
            records["cursor"] = self.cursors.sign({**position, "exp": expiry})
        return found, records
