"""Walking over all pages of a list while rows come and go.

Pages are numbered by offset, so a row that is added before the reader's place moves the next page back, and one that
is deleted moves it forward. Every page but the first is therefore asked for with its first row overlapping the last row
before, and rows are told by their ids:

* ids that came already are passed over;
* a page without any of them may lie beyond rows that have not come yet: the reader steps back by a page until one is
  there, or the start is reached.

The order of rows never changes, so every row that is there during the whole walk comes exactly once. Rows that are
added or deleted meanwhile come once or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

Row = TypeVar("Row")


class PageWalk(Generic[Row]):
    """Says which page is next, and which of its rows are new. Does no I/O."""

    def __init__(self, page_size: int) -> None:
        if not 1 <= page_size <= 1000:
            raise ValueError(f"page_size takes 1 to 1000, not {page_size}")
        # A page of one row would be all overlap.
        self.limit = max(2, page_size)
        self.offset = 0
        self.is_finished = False
        self._seen: set[int] = set()

    def take(self, rows: Sequence[tuple[int, Row]]) -> list[Row]:
        """Takes the ids and rows of the page at `offset`; returns the new ones."""
        knows_some = any(number in self._seen for number, _ in rows)
        if self.offset > 0 and not knows_some:
            self.offset = max(0, self.offset - self.limit)
            return []
        new = [row for number, row in rows if number not in self._seen]
        self._seen.update(number for number, _ in rows)
        self.is_finished = len(rows) < self.limit
        self.offset += len(rows) - 1
        return new
