"""Downloads, also over connections that break."""

from __future__ import annotations

import asyncio
import os
import pathlib

import pytest
from conftest import CutOff
from server import Server

from spectrax_client import AsyncSpectraX, ConnectionFailed, NotFound, SpectraX
from spectrax_client.models import Recording


@pytest.fixture
def large(client: SpectraX) -> Recording:
    return client.recording(250)


def test_a_file_comes_whole(server: Server, client: SpectraX, large: Recording, tmp_path: pathlib.Path) -> None:
    steps: list[tuple[int, int]] = []
    target = client.download(large, tmp_path, progress=lambda done, total: steps.append((done, total)))
    original = server.recordings / target.name
    assert target.parent == tmp_path and target.read_bytes() == original.read_bytes()
    size = large["file_size_bytes"]
    assert size > 1_000_000 and steps[0] == (0, size) and steps[-1] == (size, size) and steps == sorted(steps)
    assert os.listdir(tmp_path) == [target.name]


def test_names_with_odd_signs(server: Server, client: SpectraX, tmp_path: pathlib.Path) -> None:
    name = "höf & tür #1.mp4"
    whole = (server.recordings / name).read_bytes()
    assert client.download(client.recording(3), f"{tmp_path}/new/").name == name
    assert (tmp_path / "new" / name).read_bytes() == whole
    assert client.download(name, tmp_path / "x").read_bytes() == whole
    assert client.read_range(name, len(whole) - 3, len(whole) + 100) == whole[-3:]
    thumbnail = client.recording(3)["thumbnail_url"]
    assert thumbnail is not None and client.file_info(thumbnail).content_type == "image/jpeg"


def test_a_broken_connection_is_resumed(
    server: Server, cut_off: CutOff, large: Recording, tmp_path: pathlib.Path
) -> None:
    whole = (server.recordings / large["file_url"].rsplit("/", 1)[1]).read_bytes()
    steps: list[int] = []
    with cut_off([300_000, 400_000]) as url, SpectraX(url) as client:
        target = client.download(large, tmp_path, progress=lambda done, _: steps.append(done))
    assert target.read_bytes() == whole
    assert steps == sorted(steps), "nothing was fetched twice"


def test_what_came_is_kept_for_the_next_time(
    server: Server, cut_off: CutOff, large: Recording, tmp_path: pathlib.Path
) -> None:
    target = tmp_path / "clip.mp4"
    whole = (server.recordings / large["file_url"].rsplit("/", 1)[1]).read_bytes()
    with cut_off([500_000]) as url, SpectraX(url) as client:
        with pytest.raises(ConnectionFailed):
            client.download(large, target, retries=0)
    part = tmp_path / "clip.mp4.part"
    assert not target.exists() and 0 < (kept := part.stat().st_size) < 500_000
    steps: list[int] = []

    async def resume() -> None:
        async with AsyncSpectraX(server.url) as client:
            await client.download(large, target, progress=lambda done, _: steps.append(done))

    asyncio.run(resume())
    assert steps[0] == kept and target.read_bytes() == whole
    assert os.listdir(tmp_path) == ["clip.mp4"]


def test_another_version_begins_anew(
    server: Server, client: SpectraX, cut_off: CutOff, tmp_path: pathlib.Path
) -> None:
    recording = client.recording(120)
    name = recording["file_url"].rsplit("/", 1)[1]
    with cut_off([10_000]) as url, SpectraX(url) as broken:
        with pytest.raises(ConnectionFailed):
            broken.download(recording, tmp_path, retries=0)
    assert (tmp_path / f"{name}.part").stat().st_size > 0
    other = b"another version" * 5000
    (server.recordings / name).write_bytes(other)
    steps: list[int] = []
    target = client.download(recording, tmp_path, progress=lambda done, _: steps.append(done))
    assert steps[0] == 0 and target.read_bytes() == other


def test_a_part_that_is_whole_already_or_no_part(
    server: Server, client: SpectraX, large: Recording, tmp_path: pathlib.Path
) -> None:
    whole = (server.recordings / large["file_url"].rsplit("/", 1)[1]).read_bytes()
    tag = client.file_info(large).etag
    for content in (whole, whole + b"more", b""):
        (tmp_path / "clip.part").write_bytes(content)
        (tmp_path / "clip.part.etag").write_text(tag)
        assert client.download(large, tmp_path / "clip").read_bytes() == whole
        assert os.listdir(tmp_path) == ["clip"]
    # Without a note of its version, a part is worth nothing.
    (tmp_path / "clip.part").write_bytes(b"of something else")
    assert client.download(large, tmp_path / "clip").read_bytes() == whole


def test_what_is_not_there(client: SpectraX, tmp_path: pathlib.Path) -> None:
    with pytest.raises(NotFound):
        client.download("none.mp4", tmp_path)
    with pytest.raises(NotFound):
        client.download("../../etc/passwd", tmp_path / "x")
    for bad in ("/recordings/", "/recordings/..", "/recordings/..%2Fx", "http://elsewhere/x"):
        with pytest.raises(ValueError):
            client.download(bad, tmp_path)
    assert os.listdir(tmp_path) == []
