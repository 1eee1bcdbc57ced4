"""An agent that is held up, goes on, or is interrupted: on a real pipeline."""

import asyncio

import pytest
from pipecat.frames.frames import InterruptionFrame, VADUserStartedSpeakingFrame
from pipecat.processors.frameworks.rtvi import RTVIClientMessageFrame

from tests.bot.barge_in.agent import RATE, WORD_SECONDS, Agent, agent

WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight"]


def sounds(audio: bytes) -> bytes:
    """The words by their sound, each as often as it was begun."""
    heard = b""
    for byte in audio[::2]:
        if byte and (not heard or heard[-1] != byte):
            heard += bytes([byte])
    return heard


async def held(agent: Agent, unplayed: float) -> None:
    """The page's answer to `hold`."""
    await agent.until(lambda: "hold" in agent.told)
    message = RTVIClientMessageFrame(msg_id="1", type="held", data={"unplayed": unplayed})
    await agent.worker.queue_frame(message)


async def test_an_agent_that_nobody_interrupts_is_heard_to_the_end() -> None:
    async with agent() as speaking:
        await speaking.say(WORDS)
        await speaking.until(lambda: speaking.turns)
        assert speaking.turns == [(" ".join(WORDS), False)]
        assert speaking.told == []


async def test_after_a_cough_it_goes_on_where_the_page_stopped() -> None:
    async with agent() as speaking:
        await speaking.say(WORDS)
        await speaking.until(lambda: len(speaking.ear.audio) > 3 * WORD_SECONDS * RATE * 2)
        speaking.heard_a_voice()
        await held(speaking, unplayed=WORD_SECONDS)
        await speaking.until(lambda: speaking.turns)
        assert speaking.told == ["hold", "resume"]
        assert speaking.turns == [(" ".join(WORDS), False)]
        heard = sounds(speaking.ear.audio)
        repeated = len(speaking.ear.audio) - len(WORDS) * round(RATE * WORD_SECONDS) * 2
        assert repeated == pytest.approx(WORD_SECONDS * RATE * 2, abs=RATE // 100 * 2 + 2)
        assert list(heard) != sorted(heard), "what was lost was said again"


async def test_a_program_on_the_json_protocol_is_told_nothing_and_misses_nothing() -> None:
    async with agent() as speaking:
        speaking.speaks_rtvi = False
        await speaking.say(WORDS)
        await speaking.until(lambda: speaking.barge_in.heard.agent_speaks)
        speaking.heard_a_voice()
        await speaking.until(lambda: speaking.turns)
        assert speaking.turns == [(" ".join(WORDS), False)]
        assert speaking.barge_in.resumes == 1
        assert speaking.told == []
        assert len(speaking.ear.audio) >= len(WORDS) * round(RATE * WORD_SECONDS) * 2


async def test_what_was_sent_and_not_played_is_not_in_the_conversation() -> None:
    async with agent() as speaking:
        await speaking.say(WORDS)
        await speaking.until(lambda: len(speaking.ear.audio) > 5 * WORD_SECONDS * RATE * 2)
        speaking.heard_a_voice()
        await held(speaking, unplayed=2.5 * WORD_SECONDS)
        sent = len(speaking.ear.audio)
        await speaking.worker.queue_frame(InterruptionFrame())
        await speaking.until(lambda: speaking.turns)
        ((text, interrupted),) = speaking.turns
        played = int(sent / (WORD_SECONDS * RATE * 2) - 2.5)
        assert interrupted
        assert text.split() == WORDS[: len(text.split())]
        assert abs(len(text.split()) - played) <= 1
        assert len(speaking.ear.audio) <= sent + RATE * 2 * 0.04, "nothing more was sent"
        assert speaking.told == ["hold"]


async def test_an_interruption_of_novas_own_needs_no_hold() -> None:
    async with agent() as speaking:
        await speaking.say(WORDS)
        await speaking.until(lambda: len(speaking.ear.audio) > 4 * WORD_SECONDS * RATE * 2)
        await speaking.worker.queue_frame(InterruptionFrame())
        await speaking.until(lambda: speaking.turns)
        ((text, interrupted),) = speaking.turns
        assert interrupted
        assert 1 <= len(text.split()) <= 4
        assert speaking.told == []


async def test_speech_that_lasts_interrupts_even_where_no_turn_begins() -> None:
    async with agent() as speaking:
        await speaking.worker.queue_frame(VADUserStartedSpeakingFrame())  # a turn without an end
        await speaking.say(WORDS)
        await speaking.until(lambda: speaking.barge_in.heard.agent_speaks)
        speaking.heard_a_voice()
        await speaking.worker.queue_frame(VADUserStartedSpeakingFrame())
        await speaking.until(lambda: speaking.turns)
        assert speaking.told == ["hold"]
        assert speaking.barge_in.resumes == 0
        await speaking.until(lambda: not speaking.barge_in.heard.agent_speaks)
        await speaking.say(["again"])
        await speaking.until(lambda: ("again", False) in speaking.turns)


async def test_who_speaks_right_after_the_last_word_has_heard_it() -> None:
    async with agent() as speaking:
        speaking.barge_in.heard.knows(0.01)  # on its way, and in the page
        await speaking.say(WORDS)
        await speaking.until(
            lambda: len(speaking.ear.audio) >= len(WORDS) * round(RATE * WORD_SECONDS) * 2
        )
        await asyncio.sleep(0.06)
        await speaking.worker.queue_frame(InterruptionFrame())
        await speaking.until(lambda: speaking.turns)
        assert speaking.turns[0][0] == " ".join(WORDS)


async def test_it_speaks_again_after_an_interruption() -> None:
    async with agent() as speaking:
        await speaking.say(WORDS)
        await speaking.until(lambda: speaking.barge_in.heard.agent_speaks)
        speaking.heard_a_voice()
        await speaking.worker.queue_frame(InterruptionFrame())
        await speaking.until(lambda: not speaking.barge_in.heard.agent_speaks)
        await speaking.say(["again"])
        await speaking.until(lambda: ("again", False) in speaking.turns)


async def test_a_voice_while_the_agent_is_silent_holds_nothing() -> None:
    async with agent() as silent:
        silent.heard_a_voice()
        assert not silent.hold.held


async def test_nonsense_from_a_page_changes_nothing() -> None:
    async with agent() as speaking:
        await speaking.say(WORDS)
        for data in (None, {}, {"unplayed": -1}, {"unplayed": "much"}, {"unplayed": 99}):
            message = RTVIClientMessageFrame(msg_id="1", type="held", data=data)
            await speaking.worker.queue_frame(message)
        await speaking.until(lambda: speaking.turns)
        assert speaking.turns == [(" ".join(WORDS), False)]
