from __future__ import annotations

import contextlib
import pathlib
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "testing"))

from server import Server, running_server  # noqa: E402

from spectrax_client import SpectraX  # noqa: E402

CutOff = Callable[[list[int]], AbstractContextManager[str]]


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with running_server() as server:
        yield server


@pytest.fixture
def client(server: Server) -> Iterator[SpectraX]:
    with SpectraX(server.url) as client:
        yield client


@contextlib.contextmanager
def listening(serve: Callable[[socket.socket], Any]) -> Iterator[str]:
    """The address of a listener that hands every connection to `serve` on a thread of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    threading.Thread(target=serve, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def cut_off(server: Server) -> CutOff:
    """A way to the server that breaks: connection by connection after so many bytes of answers, then no more."""

    def through(budgets: list[int]) -> AbstractContextManager[str]:
        left = list(budgets)
        port = int(server.url.rsplit(":", 1)[1])

        def serve(client: socket.socket) -> None:
            budget = left.pop(0) if left else 1 << 40
            with client, socket.create_connection(("127.0.0.1", port)) as upstream, contextlib.suppress(OSError):
                threading.Thread(target=forward, args=(client, upstream), daemon=True).start()
                while budget > 0 and (piece := upstream.recv(min(budget, 65536))):
                    client.sendall(piece)
                    budget -= len(piece)
                # Closing alone is not enough while the other thread reads.
                for end in (client, upstream):
                    end.shutdown(socket.SHUT_RDWR)

        return listening(serve)

    return through


def forward(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(65536):
            target.sendall(piece)
