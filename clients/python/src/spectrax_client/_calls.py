"""Requests as values, the same for both clients."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Union
from urllib.parse import quote, urlsplit

import httpx

from ._errors import UnexpectedAnswer
from .models import Recording

Moment = Union[str, datetime.date, datetime.datetime]
"""A date stands for the whole day, a date-time without a zone is UTC."""

ObjectTypes = Union[str, Iterable[str]]
SortField = Literal["timestamp", "confidence", "duration"]
SortOrder = Literal["asc", "desc"]
FileReference = Union[str, Recording]
"""A recording (its clip), a URL as a recording has it (`file_url`, `thumbnail_url`, `mediaUrl`, …) or a file name."""

UNCOMPRESSED: Mapping[str, str] = {"Accept-Encoding": "identity"}
"""For answers that are read as they come: a proxy that compresses would change their bytes."""


@dataclass(frozen=True)
class Call:
    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    json: object = None

    @property
    def title(self) -> str:
        return f"{self.method} {self.path}"


def query(**values: object) -> dict[str, str]:
    """Parameters as text; those that are None are left out."""
    texts = {name: _text(value) for name, value in values.items() if value is not None}
    return {name: text for name, text in texts.items() if text is not None}


def _text(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ",".join(str(part) for part in value) or None
    return str(value)


def file_path(file: FileReference) -> str:
    """The address of a file on the server."""
    if not isinstance(file, str):
        return file["file_url"]
    if file.startswith("/"):
        return file
    if "://" in file:
        raise ValueError(f"{file} is a whole address: give its path, or a file name")
    return "/recordings/" + segment(file)


def segment(text: str) -> str:
    """Text as one segment of a path."""
    return quote(text, safe="")


def json_object(call: Call, response: httpx.Response) -> dict[str, Any]:
    """The body of an answer that is read."""
    try:
        value = response.json()
    except ValueError as error:
        raise UnexpectedAnswer(f"{call.title}: the answer is no JSON") from error
    if not isinstance(value, dict):
        raise UnexpectedAnswer(f"{call.title}: the answer is no JSON object")
    return value


def base_of(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError(f"{url!r} is no address of a server: something like http://localhost:8080 is")
    return url.rstrip("/")
