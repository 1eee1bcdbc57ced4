"""The line between the supervisor and a session process: a socket pair, one JSON object a line."""

import asyncio
import contextlib
import socket
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from services.common.jobs import Received
from services.common.sessions import Session

LONGEST_LINE = 16 * 1024
CLOSE_SECONDS = 1.0


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Ready(_Message):
    """From the process: warm, and waiting for a caller."""

    kind: Literal["ready"] = "ready"


class Alive(_Message):
    """From the process, every now and then: its event loop turns."""

    kind: Literal["alive"] = "alive"


class Loaded(_Message):
    """From the process, every second: how it does.

    Attributes:
        lag: Its event loop's longest lag, in seconds.
        late: By how much its caller's sound was late at worst, in seconds; None without a caller.
    """

    kind: Literal["loaded"] = "loaded"
    lag: float
    late: float | None = None


class Taken(_Message):
    """From the process: it has its caller.

    Attributes:
        session: What it serves, for the case that it cannot say goodbye.
        job: The job that it came with, if it came from the queue.
    """

    kind: Literal["taken"] = "taken"
    session: Session
    job: Received | None = None


class Ended(_Message):
    """From the process: the session's record is closed, nothing is left to do."""

    kind: Literal["ended"] = "ended"


class Retire(_Message):
    """From the supervisor: leave your place to another kind of process, unless somebody is there.

    Who is already at the door, or comes with the job that is being asked for, is still served.
    """

    kind: Literal["retire"] = "retire"


class Pause(_Message):
    """From the supervisor: let nobody in for now; the task is overloaded."""

    kind: Literal["pause"] = "pause"


class Resume(_Message):
    """From the supervisor: callers may come in again."""

    kind: Literal["resume"] = "resume"


class Drain(_Message):
    """From the supervisor: take nobody any more; leave if nobody is there."""

    kind: Literal["drain"] = "drain"


class HangUp(_Message):
    """From the supervisor: say goodbye now; the caller may come back to another task."""

    kind: Literal["hang-up"] = "hang-up"


Message = Annotated[
    Ready | Alive | Loaded | Taken | Ended | Retire | Pause | Resume | Drain | HangUp,
    Field(discriminator="kind"),
]
_MESSAGE: TypeAdapter[Message] = TypeAdapter(Message)


class Link:
    """One end of the line."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def over(cls, end: socket.socket) -> "Link":
        """Puts a link on one end of a socket pair."""
        return cls(*await asyncio.open_connection(sock=end, limit=LONGEST_LINE))

    def send(self, message: Message) -> None:
        """Sends without waiting: the messages are few and short, and the other end may be dead."""
        if not self._writer.is_closing():
            self._writer.write(message.model_dump_json().encode() + b"\n")

    async def receive(self) -> Message | None:
        """The next message; None once the other end is gone."""
        try:
            line = await self._reader.readline()
        except (ConnectionError, ValueError):
            return None
        return _MESSAGE.validate_json(line) if line.endswith(b"\n") else None

    async def close(self) -> None:
        """Closes this end once everything has been sent."""
        self._writer.close()
        with contextlib.suppress(ConnectionError, TimeoutError):
            await asyncio.wait_for(self._writer.wait_closed(), CLOSE_SECONDS)
