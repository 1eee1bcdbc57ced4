"""A sound that our detector takes for the caller's voice and Nova does not, end to end."""

import base64

import pytest

from nova_sonic_emulator import Emulator, Scenario
from tests.bot.callers import Caller, Event, call
from tests.bot.conftest import Bot
from tests.bot.sentences import RATE, sentence

pytestmark = pytest.mark.asyncio(loop_scope="module")

#: The word "wait": our detector needs 0.2 s of speech, this module's Nova Sonic 0.6.
WORD = sentence("wait_stop_please")[: round(0.7 * RATE) * 2]


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    """Sends an answer whole, long before it has been spoken."""
    return Scenario.model_validate(
        {"endpointing": {"onset_ms": 600}, "pace": {"lead_ms": 60_000, "speed": 2}}
    )


async def test_the_agent_goes_on_where_it_stopped(bot: Bot, emulator: Emulator) -> None:
    async with await call(bot) as caller:
        async with caller.listening():
            await caller.event("transcript", _is_turn)
        await caller.say(sentence("tell_me_a_story"))
        async with caller.listening():
            asked = await caller.event("transcript", lambda event: event["role"] == "user")
            await caller.event("media", after=asked)
        await caller.say(WORD)
        async with caller.listening():
            silenced = await caller.event("interrupted", after=asked)
            await caller.event("transcript", _is_the_end, after=asked)
    begun, rest = [event["text"].split() for event in caller.events[asked:] if _is_turn(event)][1:]
    assert rest == _sentences(caller, after=silenced)
    assert begun + rest == _sentences(caller, after=asked)[: -len(rest)]
    again = (len(caller.heard(after=asked)) - len(_sound(emulator))) / (RATE * 2)
    assert 0 <= again < 1, "it goes on within the word that was heard last"


def _is_turn(event: Event) -> bool:
    return event["event"] == "transcript" and bool(event["final"])


def _is_the_end(event: Event) -> bool:
    return _is_turn(event) and event["text"].endswith("smiling again.")


def _sentences(caller: Caller, *, after: int) -> list[str]:
    """What the agent was about to say, word by word."""
    texts = [
        event["text"]
        for event in caller.events[after:]
        if event["event"] == "transcript" and not event["final"]
    ]
    return " ".join(texts).split()


def _sound(emulator: Emulator) -> bytes:
    """What Nova Sonic has sent to be heard since the caller's question."""
    outputs = emulator.streams[0].outputs
    asked = max(at for at, each in enumerate(outputs) if each.fields.get("role") == "USER")
    return b"".join(
        base64.b64decode(each.fields["content"])
        for each in outputs[asked:]
        if each.name == "audioOutput"
    )
