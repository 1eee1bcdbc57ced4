"""A place with three calls, one of them recorded, on moto over HTTP."""

import asyncio
import json
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import boto3
import numpy as np
import pytest

from calls.place import Place, on_laptop
from calls.shelf import RATE
from services.bot.recording.tape import Tape
from services.common import aws
from services.common.calls.archive import Archive, segment_key
from services.common.calls.kept import Part, Segment, ToolCall, as_json
from services.common.calls.store import CallStore
from services.common.calls.transcript import Transcript
from services.common.dynamodb import Table
from services.common.prices import Tokens
from services.common.sessions import Session, SessionStore, Turn, table_definition
from tests.moto_server import moto_server

EVIL = '<img src=x onerror="document.title=1"><script>document.title=2</script>\x1b[2J\x02'


@dataclass(frozen=True)
class Stored:
    """What was put there."""

    place: Place
    recorded: str
    evil: str
    running: str


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stored]:
    with moto_server() as url, pytest.MonkeyPatch.context() as patch:
        suffix = secrets.token_hex(4)
        names = {"bucket": f"calls-{suffix}", "table": f"calls-{suffix}"}
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        for service in ("S3", "DYNAMODB"):
            patch.setenv(f"AWS_ENDPOINT_URL_{service}", url)
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket=names["bucket"])
        boto3.client("dynamodb", region_name="us-east-1").create_table(
            **table_definition(names["table"])
        )
        folder = tmp_path_factory.mktemp("run")
        told = {"endpoint_url": url, "region": "us-east-1", **names}
        (folder / "calls-8000.json").write_text(json.dumps(told))
        place = on_laptop(8000, folder)
        # In a thread, since Playwright's synchronous face has a loop running in this one.
        with ThreadPoolExecutor(1) as thread:
            filling = thread.submit(asyncio.run, _fill(names["table"], names["bucket"]))
            recorded, evil, running = filling.result()
        yield Stored(place, recorded, evil, running)


async def _fill(table_name: str, bucket: str) -> tuple[str, str, str]:
    table = Table(aws.dynamodb("us-east-1"), table_name)
    sessions, calls = SessionStore(table), CallStore(table)
    archive = Archive(aws.s3("us-east-1"), bucket)
    recorded = await _open(sessions, calls, "order-desk")
    zero = datetime.now(UTC)
    await _say(sessions, recorded, 1, "assistant", "This call is recorded. Hello!", zero, 0.5, 2)
    await _say(sessions, recorded, 2, "user", "Where is my blue kettle?", zero, 3, 4)
    await calls.add_tool_call(
        recorded,
        ToolCall(
            call_id="a",
            name="track_order",
            arguments=as_json({"order_number": "4217"}),
            result=as_json({"status": "shipped"}),
            outcome="answered",
            started_at=zero + timedelta(seconds=4.25),
            ended_at=zero + timedelta(seconds=4.5),
        ),
    )
    await _say(sessions, recorded, 3, "assistant", "It is on its way.", zero, 5, 7)
    for start in (2.0, 4.0, 6.0):
        at = zero + timedelta(seconds=start)
        key = segment_key(recorded.session_id, recorded.created_at, at)
        await calls.add_segment(recorded, Segment(key=key, started_at=at, seconds=2))
        if start != 4.0:  # one piece never got there
            await archive.put(key, _tones(), "audio/wav")
    evil = await _open(sessions, calls, "it-help-desk")
    await _say(sessions, evil, 1, "user", EVIL, zero, 1, 2)
    for session in (recorded, evil):
        await sessions.end(session, reason="caller-left")
        kept = await calls.read(session.session_id)
        assert kept is not None
        await archive.put_transcript(Transcript.of(kept), session.created_at)
    running = await _open(sessions, calls, "order-desk")
    return recorded.session_id, evil.session_id, running.session_id


async def _open(sessions: SessionStore, calls: CallStore, agent: str) -> Session:
    opened = await sessions.open(transport="websocket", agent=agent, ticket_seconds=30)
    session = await sessions.take(opened.ticket)
    session = await sessions.activate(session)
    now = datetime.now(UTC)
    part = Part(
        generation=session.generation,
        model="amazon.nova-2-5-sonic",
        started_at=now,
        ended_at=now + timedelta(seconds=8),
        tokens=Tokens(input_speech=2000, output_speech=1000),
    )
    await calls.begin(session, part)
    return session


async def _say(
    sessions: SessionStore,
    session: Session,
    number: int,
    role: str,
    text: str,
    zero: datetime,
    start: float,
    end: float,
) -> None:
    await sessions.append_turn(
        session,
        Turn.model_validate(
            {
                "number": number,
                "role": role,
                "text": text,
                "started_at": zero + timedelta(seconds=start),
                "ended_at": zero + timedelta(seconds=end),
            }
        ),
    )


def _tones() -> bytes:
    """Two seconds: the caller low and soft, the agent high and loud."""
    time = np.arange(2 * RATE) / RATE
    tape = Tape(RATE, 0, seconds=2)
    tape.caller(0, (4000 * np.sin(2 * np.pi * 220 * time)).astype(np.int16))
    tape.agent(0, (16000 * np.sin(2 * np.pi * 440 * time)).astype(np.int16))
    return tape.take(2 * RATE).wav()
