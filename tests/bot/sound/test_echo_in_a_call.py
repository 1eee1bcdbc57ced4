"""A hands-free caller, end to end: a program in a room, a real bot, the emulator."""

import pytest

from nova_sonic_emulator import Scenario
from tests.bot.callers import Caller, Event, call
from tests.bot.conftest import BRISK, Bot
from tests.bot.sentences import sentence
from tests.bot.sound.loud_caller import LoudCaller

pytestmark = pytest.mark.asyncio(loop_scope="module")

LOSS_DB = 12


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return BRISK


async def test_the_agent_hears_itself_and_tells_its_story_to_the_end_unless_the_caller_speaks(
    bot: Bot,
) -> None:
    async with await call(bot, echoes=True) as caller:
        room = LoudCaller(caller, LOSS_DB)
        async with room.hands_free():
            await caller.event("transcript", _is_over)
            asked = await _ask_for_a_story(caller, room)
            begun = await caller.event("transcript", _is_of_the_agent, after=asked)
            told = await caller.event("transcript", _is_over, after=begun)
            itself = [event for event in caller.events[begun:told] if _is_of_a_caller(event)]

            asked_again = await _ask_for_a_story(caller, room)
            again = await caller.event("transcript", _is_of_the_agent, after=asked_again)
            await caller.event("media", after=again)
            await room.say(sentence("wait_stop_please"))
            stopped = await caller.event("interrupted", after=again)
            # Whatever words of theirs a machine that is too busy has left.
            await caller.event("transcript", lambda event: event["role"] == "user", after=stopped)
    assert itself == [], caller.said()
    assert caller.events[told]["text"].endswith("without smiling again.")


async def _ask_for_a_story(caller: Caller, room: LoudCaller) -> int:
    """Asks until it is understood: a machine that is too busy tears callers' sentences, too."""
    for _ in range(3):
        before = len(caller.events)
        await room.say(sentence("tell_me_a_story"))
        heard = await caller.event(
            "transcript", lambda event: event["role"] == "user", after=before
        )
        if "story" in caller.events[heard]["text"]:
            return heard
        await caller.event("transcript", _is_over, after=heard)
    raise AssertionError(caller.said())


def _is_of_the_agent(event: Event) -> bool:
    return bool(event["role"] == "assistant")


def _is_over(event: Event) -> bool:
    """Whether the agent has said all that it was going to say."""
    return event["role"] == "assistant" and bool(event["final"])


def _is_of_a_caller(event: Event) -> bool:
    return event["event"] == "interrupted" or event.get("role") == "user"
