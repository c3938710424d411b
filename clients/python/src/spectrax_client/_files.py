"""Downloads that go on where they broke off."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import unquote

import httpx

from ._calls import UNCOMPRESSED
from ._errors import IncompleteDownload, UnexpectedAnswer

Progress = Callable[[int, int], None]
"""Called with the bytes that are there and the bytes of the whole."""


@dataclass(frozen=True)
class FileInfo:
    """What the server tells of a file."""

    size: int
    content_type: str
    etag: str
    last_modified: str

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> FileInfo:
        return cls(
            size=int(headers.get("content-length", "0")),
            content_type=headers.get("content-type", ""),
            etag=headers.get("etag", ""),
            last_modified=headers.get("last-modified", ""),
        )


class Download:
    """A file on its way to `target`. Does no network I/O.

    Until it is complete it is `NAME.part`, and `NAME.part.etag` beside it says of which version. Going on asks for the
    rest under the condition (`If-Range`) that the version is still that one; the server sends the whole file otherwise.
    """

    def __init__(self, target: str | os.PathLike[str], path: str, progress: Progress | None) -> None:
        place = Path(target)
        if place.is_dir() or str(target).endswith(("/", os.sep)):
            name = unquote(path.split("?")[0].rsplit("/", 1)[-1])
            # The name comes from the server: it must stay in the folder.
            if not name or name in (".", "..") or "/" in name or os.sep in name or "\0" in name:
                raise ValueError(f"{path} holds no file name")
            place = place / name
        self.target = place
        self._part = place.with_name(place.name + ".part")
        self._tag = place.with_name(place.name + ".part.etag")
        self._progress = progress
        self._file: IO[bytes] | None = None
        self._done = 0
        self._total = 0

    def request_headers(self) -> dict[str, str]:
        """Asks for what is missing."""
        headers = dict(UNCOMPRESSED)
        tag = self._tag.read_text() if self._tag.exists() else ""
        self._done = self._part.stat().st_size if self._part.exists() and tag else 0
        if self._done:
            headers |= {"Range": f"bytes={self._done}-", "If-Range": tag}
        return headers

    def is_whole(self, headers: httpx.Headers) -> bool:
        """Takes an answer of 416: either nothing is left to fetch, or what there is must be thrown away."""
        if headers.get("content-range") == f"bytes */{self._done}":
            self._settle()
            return True
        self._tag.unlink(missing_ok=True)
        self._part.unlink(missing_ok=True)
        return False

    def begin(self, status: int, headers: httpx.Headers) -> None:
        """Takes the head of a successful answer."""
        if status == 206:
            match = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", headers.get("content-range", ""))
            if match is None or int(match[1]) != self._done:
                raise UnexpectedAnswer("the server sent another part of the file than was asked for")
            self._total = int(match[2])
            self._file = self._part.open("ab")
        else:
            self._done = 0
            self._total = int(headers.get("content-length", "0"))
            self.target.parent.mkdir(parents=True, exist_ok=True)
            # The tag goes first and comes last: a part is never taken for one of another version.
            self._tag.unlink(missing_ok=True)
            self._file = self._part.open("wb")
            tag = headers.get("etag", "")
            if tag and not tag.startswith("W/"):
                self._tag.write_text(tag)
        self._tell()

    def write(self, piece: bytes) -> None:
        if self._file is not None:
            self._file.write(piece)
        self._done += len(piece)
        self._tell()

    def pause(self) -> None:
        """Keeps what there is."""
        if self._file is not None:
            self._file.close()
        self._file = None

    def finish(self) -> None:
        """The answer has ended."""
        self.pause()
        if self._done != self._total:
            raise IncompleteDownload(f"{self.target.name}: {self._done} of {self._total} bytes came")
        self._settle()

    def _settle(self) -> None:
        os.replace(self._part, self.target)
        self._tag.unlink(missing_ok=True)

    def _tell(self) -> None:
        if self._progress is not None:
            self._progress(self._done, self._total)
