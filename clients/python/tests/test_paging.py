"""Walks over lists that change meanwhile."""

from __future__ import annotations

import asyncio
import random
from typing import Literal

import pytest
from server import Server

from spectrax_client import AsyncSpectraX, SpectraX
from spectrax_client._paging import PageWalk


@pytest.mark.parametrize("page_size", [1, 7, 100, 1000])
@pytest.mark.parametrize("sort_by", ["timestamp", "confidence", "duration"])
def test_every_recording_comes_once_and_in_order(
    client: SpectraX, page_size: int, sort_by: Literal["timestamp", "confidence", "duration"]
) -> None:
    end = "2025-10-12" if page_size == 1 else None
    whole = client.recordings(limit=1000, sort_by=sort_by, sort_order="asc", end_date=end)
    walked = client.iter_recordings(page_size=page_size, sort_by=sort_by, sort_order="asc", end_date=end)
    assert [row["id"] for row in walked] == [row["id"] for row in whole["recordings"]]


def test_alerts_and_async(server: Server, client: SpectraX) -> None:
    async def walk() -> tuple[list[int], list[int]]:
        async with AsyncSpectraX(server.url) as other:
            alerts = [row["id"] async for row in other.iter_alerts(page_size=9, object_type={"car", "person"})]
            recordings = [row["id"] async for row in other.iter_recordings(page_size=9, object_type=iter(["car"]))]
            return alerts, recordings

    alerts = [row["id"] for row in client.iter_alerts(page_size=50, object_type=iter(["person", "car"]))]
    cars = [row["id"] for row in client.iter_recordings(object_type="car")]
    assert asyncio.run(walk()) == (alerts, cars)
    assert len(set(alerts)) == len(alerts) == client.alerts(object_type="person,car", limit=1)["total"]


def test_deleting_and_adding_meanwhile_loses_nothing(server: Server, client: SpectraX) -> None:
    before = [row["id"] for row in client.recordings(limit=1000, end_date="2025-10-15")["recordings"]]
    gone: list[int] = []
    walked: list[int] = []
    for row in client.iter_recordings(page_size=10, end_date="2025-10-15"):
        walked.append(row["id"])
        if len(walked) in (10, 25):
            # Of those that came already, and of those that are still to come.
            for number in [*walked[:9], before[before.index(walked[-1]) + 12]]:
                if number not in gone and number != 42:
                    client.delete(number)
                    gone.append(number)
        if len(walked) == 40:
            # Older than the range's end, newer than what has come.
            server.add_recordings(110, 5)
    assert len(set(walked)) == len(walked)
    left = [number for number in before if number not in gone]
    assert [number for number in walked if number in left] == left
    assert len(gone) >= 10


def test_any_changes_at_any_moment() -> None:
    dice = random.Random(1)
    for _ in range(300):
        rows = list(range(0, dice.randrange(1, 400) * 10, 10))
        always = set(rows)
        walk: PageWalk[int] = PageWalk(dice.choice([1, 2, 5, 50]))
        came: list[int] = []
        while not walk.is_finished:
            came += walk.take([(row, row) for row in rows[walk.offset : walk.offset + walk.limit]])
            for _ in range(dice.randrange(4)):
                if rows and dice.random() < 0.6:
                    always.discard(row := dice.choice(rows))
                    rows.remove(row)
                else:
                    rows.append(dice.randrange(rows[-1] + 1 if rows else 10))
                    rows = sorted(set(rows))
        assert len(set(came)) == len(came)
        assert [row for row in came if row in always] == sorted(always)


def test_a_page_has_a_size(client: SpectraX) -> None:
    for size in (0, 1001):
        with pytest.raises(ValueError, match="page_size takes 1 to 1000"):
            next(client.iter_recordings(page_size=size))
