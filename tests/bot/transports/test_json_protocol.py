"""The open JSON protocol, end to end: a plain program, a real bot, the emulator."""

import asyncio
import base64
import json

import pytest
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from nova_sonic_emulator import Emulator
from services.common.sessions import SessionStatus, SessionStore
from tests.bot.callers import FRAME_BYTES, call
from tests.bot.conftest import API_KEY, Bot, until_status
from tests.bot.sentences import sentence

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_question_gets_a_spoken_answer_from_the_tool(
    bot: Bot, emulator: Emulator, sessions: SessionStore
) -> None:
    async with await call(bot) as caller:
        session_id = (await bot.line("session started"))["session_id"]
        async with caller.listening():
            greeted = await caller.event("transcript", lambda event: event["final"])
        assert "order desk" in caller.events[greeted]["text"]

        await caller.say(sentence("where_is_my_order_4217"))
        async with caller.listening():
            heard = await caller.event("transcript", lambda event: event["role"] == "user")
            answered = await caller.event(
                "transcript",
                lambda event: event["final"] and "4217" in event["text"],
                after=heard,
            )
            await caller.event("media", after=heard)
    assert caller.events[heard]["text"].startswith("where is my order")
    assert caller.events[answered]["role"] == "assistant"
    assert "blue kettle" in caller.events[answered]["text"]
    assert len(caller.heard(after=heard)) > 16_000
    assert "toolUse" in emulator.streams[-1].output_names()
    assert "toolResult" in emulator.streams[-1].input_names()

    record = await until_status(sessions, session_id, SessionStatus.ENDED)
    assert record.reason == "caller-left"
    turns = await sessions.turns(session_id)
    assert [turn.role for turn in turns[:2]] == ["assistant", "user"]
    assert "4217" in turns[-1].text
    assert [turn.number for turn in turns] == list(range(1, len(turns) + 1))
    assert [turn.started_at for turn in turns] == sorted(turn.started_at for turn in turns)
    assert not any(turn.interrupted for turn in turns)


async def test_media_is_what_the_contract_says(bot: Bot) -> None:
    async with await call(bot) as caller, caller.listening():
        position = await caller.event("media")
    media = caller.events[position]
    assert {**media, "data": ""} == {
        "event": "media",
        "data": "",
        "sample_rate": 16000,
        "channels": 1,
        "format": "pcm_s16le",
    }
    assert len(base64.b64decode(media["data"])) == 2 * FRAME_BYTES  # 40 ms


async def test_speaking_over_the_agent_interrupts_it(bot: Bot, sessions: SessionStore) -> None:
    async with await call(bot) as caller:
        async with caller.listening():
            await caller.event("media")
        await caller.say(sentence("where_is_my_order_4217"))
        async with caller.listening():
            interrupted = await caller.event("interrupted")
            cut = await caller.event("transcript", lambda event: event["final"])
        assert interrupted < cut
        # What was cut off is less than what the agent meant to say.
        assert "How can I help you?" not in caller.events[cut]["text"]


async def test_the_first_of_two_subprotocols_is_echoed_and_the_key_is_not(bot: Bot) -> None:
    offered = [Subprotocol("voice-agent.v1"), Subprotocol(API_KEY)]
    async with await call(bot, subprotocols=offered) as caller:
        assert caller.line.subprotocol == "voice-agent.v1"
    async with await call(bot) as caller:
        assert caller.line.subprotocol == API_KEY


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("no json", "not-json"),
        ("[1, 2]", "not-an-object"),
        ("{}", "no-action"),
        ('{"action": "dance"}', "unknown-action"),
        ('{"action": "audiostream"}', "no-audio"),
        ('{"action": "audiostream", "audioData": 7}', "no-audio"),
        ('{"action": "audiostream", "audioData": "%%%"}', "not-base64"),
        ('{"action": "audiostream", "audioData": ""}', "empty-audio"),
        ('{"action": "audiostream", "audioData": "AAAA"}', "odd-audio"),
        (b"\x00\x01", "binary-frame"),
    ],
)
async def test_a_bad_frame_is_named_and_the_call_goes_on(
    bot: Bot, frame: str | bytes, code: str
) -> None:
    async with await call(bot) as caller:
        await caller.line.send(frame)
        named = await caller.event("error")
        assert caller.events[named]["code"] == code
        assert caller.events[named]["message"]
        await caller.answers()


async def test_a_program_that_sends_only_nonsense_is_hung_up_on(
    bot: Bot, sessions: SessionStore
) -> None:
    async with await call(bot) as caller:
        for _ in range(20):
            await caller.line.send("nonsense")
        assert await caller.close_code() == 4400


async def test_a_frame_that_is_too_big_ends_the_call(bot: Bot) -> None:
    async with await call(bot) as caller:
        encoded = base64.b64encode(bytes(128 * 1024)).decode()
        await caller.line.send(json.dumps({"action": "audiostream", "audioData": encoded}))
        assert await caller.close_code() == 1009


async def test_the_wrong_key_is_refused_with_a_problem(bot: Bot) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await call(bot, subprotocols=[Subprotocol("some-other-key-of-16-letters")])
    response = refused.value.response
    assert response.status_code == 401
    assert response.headers["content-type"] == "application/problem+json"
    assert json.loads(response.body or b"")["type"] == "/problems/unauthorized"


async def test_secrets_and_what_callers_say_stay_out_of_the_log(bot: Bot) -> None:
    logged = json.dumps(bot.lines)
    assert API_KEY not in logged
    assert "secret-of-the-tests" not in logged
    assert "where is my order" not in logged


async def test_a_dropped_line_is_noticed(bot: Bot, sessions: SessionStore) -> None:
    caller = await call(bot)
    started = await bot.line("session started", lambda line: line is bot.lines[-1])
    caller.line.transport.abort()
    record = await until_status(sessions, started["session_id"], SessionStatus.ENDED)
    assert record.reason == "caller-dropped"
    async with asyncio.timeout(10):
        await caller._reading
