"""What lies in the bucket after a call, however it ended."""

import asyncio
import os
import signal
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
import webvtt

from services.bot.archiving import Archiving
from services.common import aws
from services.common.calls.archive import Archive
from services.common.calls.kept import Part
from services.common.calls.store import SHARDS, CallStore
from services.common.dynamodb import Table
from services.common.sessions import Session, SessionStore, Turn
from tests.bot.callers import call
from tests.bot.conftest import PATIENCE_SECONDS, Bot
from tests.bot.kept.conftest import Bucket
from tests.bot.sentences import sentence
from tests.speech import silence

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def until_said(sessions: SessionStore, session_id: str) -> None:
    """Waits until the record has a turn; it tells nobody when it does."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await sessions.turns(session_id):  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def unwritten(calls: CallStore) -> set[str]:
    return {id for shard in range(SHARDS) for id, _ in await calls.unwritten(shard)}


@pytest.fixture(scope="module")
def calls(sessions: SessionStore, keeping: dict[str, str]) -> CallStore:
    return CallStore(Table(aws.dynamodb("us-east-1"), keeping["SESSIONS_TABLE"]))


async def test_a_call_leaves_its_transcript(
    keeper: Bot, bucket: Bucket, sessions: SessionStore, calls: CallStore
) -> None:
    async with await call(keeper) as caller:
        async with caller.listening():
            await caller.event("media")
        await caller.say(silence(1.5) + sentence("wait_stop_please"))
        async with caller.listening():
            await caller.event("transcript", lambda event: "like instead" in event["text"])
        await caller.say(silence(0.5) + sentence("where_is_my_order_4217"))
        async with caller.listening():
            await caller.event(
                "transcript", lambda event: event["final"] and "kettle" in event["text"]
            )
    written = await keeper.line("transcript written")
    session_id = written["session_id"]
    said = bucket.transcript(session_id)

    greeting, _stop, _stopped, question, *answers = said.turns
    # Of the greeting there is what was heard of it.
    assert greeting.interrupted
    assert greeting.text.startswith("Hello")
    assert "help you" not in greeting.text
    assert greeting.end - greeting.start < 4
    assert "where is my order" in question.text
    assert [turn.text for turn in said.turns] == [
        turn.text for turn in await sessions.turns(session_id)
    ]
    assert all(0 <= turn.start <= turn.end <= said.seconds + 1 for turn in said.turns)
    # The sentence is 2 s long; it began before we were sure that it had.
    assert 1 < question.end - question.start < 6
    assert answers[-1].start > question.start

    (tool,) = said.tool_calls
    assert (tool.name, tool.outcome) == ("track_order", "answered")
    assert tool.arguments == {"order_number": "4217"}
    assert tool.result["status"] == "shipped"
    assert tool.seconds is not None
    assert question.start < tool.start < answers[-1].end

    assert said.usage.input_speech > 0
    assert said.usage.output_speech > 0
    assert said.cost is not None
    assert said.cost.usd > 0
    assert said.complete
    assert said.reason == "caller-left"
    assert session_id not in await unwritten(calls)

    (vtt,) = [name for name in bucket.names("transcripts/") if name.endswith(f"{session_id}.vtt")]
    cues = list(webvtt.from_buffer(StringIO(bucket.read(vtt).decode())))
    assert [cue.voice for cue in cues[:2]] == ["Agent", "Caller"]

    line = next(line for line in keeper.lines if line.get("message") == "transcript written")
    assert "4217" not in str([one for one in keeper.lines if one.get("level") != "DEBUG"])
    assert line["complete"] is True


async def test_a_killed_process_leaves_what_was_said_before(
    keeper: Bot, bucket: Bucket, sessions: SessionStore
) -> None:
    before = {line["session_id"] for line in keeper.lines if "session_id" in line}
    async with await call(keeper) as caller:
        started = await keeper.line(
            "session started", lambda line: line["session_id"] not in before
        )
        session_id = started["session_id"]
        async with caller.listening():
            await until_said(sessions, session_id)
            os.kill(started["pid"], signal.SIGKILL)
            await keeper.line("transcript written", lambda line: line["session_id"] == session_id)
    said = bucket.transcript(session_id)
    assert (said.complete, said.failed, said.reason) == (False, True, "process-died")
    assert "order desk" in said.turns[0].text


async def test_what_nobody_wrote_is_found_later_and_as_it_was_when_it_is_written_again(
    keeping: dict[str, str], bucket: Bucket, sessions: SessionStore, calls: CallStore
) -> None:
    """Its process and its whole task are gone: nobody is left who knows of the call."""
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    table = Table(aws.dynamodb("us-east-1"), keeping["SESSIONS_TABLE"])
    then = SessionStore(table, clock=lambda: an_hour_ago)
    calls_then = CallStore(table, clock=lambda: an_hour_ago)
    lost = await a_call(then, calls_then, an_hour_ago)
    lives = await a_call(sessions, calls_then, an_hour_ago)
    archiving = Archiving(calls, Archive(aws.s3("us-east-1"), bucket.name))

    assert await archiving.sweep() == 1
    said = bucket.transcript(lost.session_id)
    assert (said.complete, said.reason) == (False, "process-died")
    assert [turn.text for turn in said.turns] == ["Good morning."]
    assert lives.session_id in await unwritten(calls)
    assert lost.session_id not in await unwritten(calls)

    files = {name: bucket.read(name) for name in bucket.names()}
    assert await archiving.write(lost.session_id)
    assert {name: bucket.read(name) for name in bucket.names()} == files


async def a_call(sessions: SessionStore, calls: CallStore, moment: datetime) -> Session:
    """A call whose process said good morning and was never heard of again."""
    opened = await sessions.open(transport="websocket", agent="order-desk", ticket_seconds=30)
    session = await sessions.take(opened.ticket, resumable=False)
    await calls.begin(session, Part(generation=session.generation, started_at=moment))
    turn = Turn(number=1, role="assistant", text="Good morning.", started_at=moment)
    await sessions.append_turn(session, turn)
    return session


async def test_a_bucket_that_refuses_loses_no_transcript(
    keeping: dict[str, str], bucket: Bucket, sessions: SessionStore, calls: CallStore
) -> None:
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    then = SessionStore(calls._table, clock=lambda: an_hour_ago)
    lost = await a_call(then, calls, an_hour_ago)
    nowhere = Archiving(calls, Archive(aws.s3("us-east-1"), "there-is-no-such-bucket"))
    assert not await nowhere.write(lost.session_id)
    assert lost.session_id in await unwritten(calls)
    assert await Archiving(calls, Archive(aws.s3("us-east-1"), bucket.name)).write(lost.session_id)
    assert bucket.transcript(lost.session_id).turns
