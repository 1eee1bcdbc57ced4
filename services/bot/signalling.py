"""WebRTC signalling that reaches the right process.

A page posts its offer, later sends candidates, and may renegotiate; each comes on a connection of
its own, which any idle process or the supervisor accepts. The process that has the call listens on
a Unix socket named after the session, and whoever accepted passes the message on.
"""

import asyncio
import contextlib
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

from loguru import logger

from services.common.tickets import Presented

#: A session description has some 10 kB.
LONGEST_MESSAGE = 256 * 1024
ANSWER_SECONDS = 5.0

#: Takes a method and its body, gives a status and a body.
Handle = Callable[[str, dict[str, Any]], Awaitable[tuple[int, dict[str, Any]]]]


class NoSuchCallError(LookupError):
    """No process of this task has that call."""


def shown_ticket(ticket: str) -> Presented | None:
    """What a ticket claims, if it has the form of one."""
    return Presented.parse(ticket, "ticket")


@contextlib.asynccontextmanager
async def listening(folder: Path, ticket: Presented, handle: Handle) -> AsyncIterator[None]:
    """Receives the signalling of one call.

    Args:
        folder: Where the task's processes meet.
        ticket: The ticket with which the call was opened; the same page knows it, others do not.
        handle: Answers a message.
    """

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        status, body = 404, dict[str, Any]()
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                message = json.loads(await reader.readline())
                if hmac.compare_digest(message["digest"], ticket.digest):
                    status, body = await handle(message["method"], message["body"])
                writer.write(json.dumps({"status": status, "body": body}).encode() + b"\n")
                await writer.drain()
        except (OSError, ValueError, KeyError, TimeoutError):
            logger.bind(session_id=ticket.session_id).warning("signalling was not answered")
        finally:
            writer.close()

    path = _path(folder, ticket.session_id)
    path.unlink(missing_ok=True)
    server = await asyncio.start_unix_server(serve, path, limit=LONGEST_MESSAGE)
    ours = path.stat().st_ino
    try:
        yield
    finally:
        server.close()
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_ino == ours:  # not that of a call which has taken this one over
                path.unlink()


async def pass_on(
    folder: Path, ticket: Presented, method: str, body: dict[str, Any]
) -> tuple[int, dict[str, Any]]:
    """Passes a message to the process that has the call.

    Raises:
        NoSuchCallError: There is none in this task, or it does not answer, or not to this ticket.
    """
    message = {"digest": ticket.digest, "method": method, "body": body}
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            reader, writer = await asyncio.open_unix_connection(
                _path(folder, ticket.session_id), limit=LONGEST_MESSAGE
            )
            try:
                writer.write(json.dumps(message).encode() + b"\n")
                await writer.drain()
                answer = json.loads(await reader.readline())
            finally:
                writer.close()
    except (OSError, ValueError, TimeoutError) as error:
        raise NoSuchCallError(ticket.session_id) from error
    status, answered = int(answer["status"]), dict(answer["body"])
    if status == 404:
        raise NoSuchCallError(ticket.session_id)
    return status, answered


def _path(folder: Path, session_id: str) -> Path:
    return folder / f"{session_id}.sock"
