"""A call that is longer than what a stream can be told of it."""

from services.bot.nova.history import HISTORY_BYTES
from tests.bot.nova.caller import INSTRUCTIONS, texts
from tests.bot.nova.conftest import Dial, StartEmulator
from tests.bot.nova.test_notes import long_call


async def test_after_a_rotation_the_agent_still_knows_the_first_sentence(
    start_emulator: StartEmulator, dial: Dial
) -> None:
    emulator = await start_emulator(limits={"connection_seconds": 10})
    said = [{"role": line.speaker.lower(), "content": line.text} for line in long_call(turns=160)]
    assert sum(len(message["content"]) for message in said) > HISTORY_BYTES
    caller = await dial(emulator, connection_limit_seconds=4, history=said)
    await caller.write("Thank you.")
    await caller.until_said("You are welcome.")
    assert await emulator.streams[0].wait_for_end(seconds=15) == "session ended"
    await caller.write("What was my order number?")
    await caller.until_said("Your order number is 4217.")
    told = texts(emulator.streams[1], interactive=False)
    assert told[0][0] == "SYSTEM"
    assert "Anna Larsson" in told[1][1]
    assert caller.states == ["ready"]


async def test_a_new_briefing_replaces_the_stream_and_what_it_knew(
    start_emulator: StartEmulator, dial: Dial
) -> None:
    emulator = await start_emulator()
    caller = await dial(emulator)
    await caller.until_state("ready")
    caller.nova.brief("You are Bo. You know nothing of Anna.", anew=True)
    assert await emulator.streams[0].wait_for_end(seconds=15) == "session ended"
    await caller.write("Who are you?")
    await caller.until_said("My name is Bo.")
    ((role, system),) = texts(emulator.streams[1], interactive=False)
    before = texts(emulator.streams[0], interactive=False)[0][1]
    assert role == "SYSTEM"
    assert system == before.replace(INSTRUCTIONS, "You are Bo. You know nothing of Anna.")
    assert caller.states == ["ready"]
