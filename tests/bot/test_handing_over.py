"""Handing calls over, to a real web service on this machine."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from services.bot import handing_over
from services.bot.handing_over import HandOver, HandOverError, Reception
from services.common.sessions import Turn

SECRET = SecretStr("a-secret-of-the-tests")
CALL = HandOver(
    session_id="ses_1",
    agent="order-desk",
    reason="wants a person",
    summary="The kettle leaks — badly.",
    transcript=[
        Turn(
            number=1,
            role="user",
            text="It leaks.",
            started_at=datetime(2026, 11, 21, tzinfo=UTC),
            interrupted=False,
        )
    ],
)


class Service:
    """Answers one request after the other with what it was told, and keeps what it got."""

    def __init__(self, *answers: tuple[int, bytes]) -> None:
        self.answers = list(answers)
        self.heads: list[dict[str, str]] = []
        self.bodies: list[bytes] = []
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/calls"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:-2]
        fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in head)}
        self.heads.append(fields)
        self.bodies.append(await reader.readexactly(int(fields["content-length"])))
        status, body = self.answers.pop(0)
        if status:
            writer.write(
                f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n"
                "Connection: close\r\n\r\n".encode()
                + body
            )
            await writer.drain()
        writer.close()


@asynccontextmanager
async def service(*answers: tuple[int, bytes]) -> AsyncIterator[Service]:
    serving = Service(*answers)
    server = await asyncio.start_server(serving.serve, "127.0.0.1", 0)
    serving.port = server.sockets[0].getsockname()[1]
    async with server:
        yield serving


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handing_over, "FIRST_PAUSE_SECONDS", 0.001)


async def test_a_person_gets_the_call_signed_and_with_what_was_said() -> None:
    answer = json.dumps({"message": "Kim will be with you.", "end_call": True}).encode()
    async with service((200, answer)) as there:
        taken = await Reception(there.url, SECRET).take(CALL)
    assert (taken.message, taken.end_call) == ("Kim will be with you.", True)
    body = json.loads(there.bodies[0])
    assert body["summary"] == "The kettle leaks — badly."
    assert body["transcript"] == [
        {"role": "user", "text": "It leaks.", "started_at": "2026-11-21T00:00:00+00:00"}
    ]
    at, _, given = there.heads[0]["x-signature"].partition(",v1=")
    signed = f"{at.removeprefix('t=')}.".encode() + there.bodies[0]
    assert given == hmac.new(SECRET.get_secret_value().encode(), signed, hashlib.sha256).hexdigest()
    assert SECRET.get_secret_value() not in str(there.heads)


@pytest.mark.parametrize("answer", [b"", b"OK", b"[]", b'{"message": 7}', b"\xff"])
async def test_an_empty_or_strange_answer_will_do(answer: bytes) -> None:
    async with service((202, answer)) as there:
        taken = await Reception(there.url, None).take(CALL)
    assert (taken.message, taken.end_call) == ("", False)
    assert "x-signature" not in there.heads[0]


async def test_a_service_that_stumbles_is_asked_again_about_the_same_call() -> None:
    async with service((503, b""), (0, b""), (200, b"")) as there:
        await Reception(there.url, SECRET).take(CALL)
    assert len({head["idempotency-key"] for head in there.heads}) == 1
    assert len(there.heads) == 3


@pytest.mark.parametrize(
    ("answers", "attempts", "retryable"),
    [
        (((401, b""),), 1, False),
        (((500, b""), (429, b""), (502, b"")), 3, True),
    ],
)
async def test_a_service_that_refuses_is_an_error(
    answers: tuple[tuple[int, bytes], ...], attempts: int, retryable: bool
) -> None:
    async with service(*answers) as there:
        with pytest.raises(HandOverError) as refused:
            await Reception(there.url, SECRET).take(CALL)
    assert len(there.heads) == attempts
    assert refused.value.retryable is retryable


async def test_a_service_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handing_over, "ATTEMPT_SECONDS", 0.05)

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(HandOverError, match="Timeout"):
        await Reception(f"http://127.0.0.1:{port}", None).take(CALL)
    server.close()
