"""The stand-in for Daily, over HTTP on a free port."""

import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
import uvicorn

from local.daily import Fault, StandIn
from local.daily.limits import DELETIONS, EVERYTHING, Limit

DAILY_KEY = "canary-daily-key-0123456789"


@dataclass(frozen=True, slots=True)
class Daily:
    """A stand-in that is served."""

    stand_in: StandIn
    url: str

    def fail(self, status: int | None, **more: object) -> None:
        """Lets requests fail with a status, or hang with None."""
        self.stand_in.faults.add(Fault.model_validate({"status": status, **more}))

    def asked(self) -> Counter[str]:
        """How often what was asked: method, path with room names cut, status."""
        return Counter(f"{a.method} {_cut(a.path)} {a.status}" for a in self.stand_in.asked)

    def names(self) -> list[str]:
        """The names of all rooms that there are, newest first."""
        return [room.name for room in self.stand_in.rooms.living(self.stand_in.now)]


def _cut(path: str) -> str:
    return "/rooms/:name" if path.startswith("/v1/rooms/") else path.removeprefix("/v1")


@contextmanager
def serve_daily(
    *, everything: Limit = EVERYTHING, deletions: Limit = DELETIONS, meet: bool = False
) -> Iterator[Daily]:
    """Serves a stand-in; it ends with whatever still hangs in it.

    With ``meet`` its rooms can be joined, by whoever has `local.daily.sdk` for daily-python.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        here = f"http://127.0.0.1:{listener.getsockname()[1]}"
        stand_in = StandIn(
            DAILY_KEY,
            rooms_at=here if meet else None,
            everything=everything,
            deletions=deletions,
        )
        config = uvicorn.Config(stand_in, log_config=None, lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield Daily(stand_in, f"{here}/v1")
        finally:
            server.should_exit = server.force_exit = True
            thread.join(timeout=30)
        assert not thread.is_alive()


@pytest.fixture
def daily() -> Iterator[Daily]:
    """A stand-in with Daily's own limits."""
    with serve_daily() as served:
        yield served
