"""What the service says to a client that breaks the protocol."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest
from aws_sdk_bedrock_runtime.models import ValidationException

from nova_sonic_emulator import Emulator
from tests.emulator.caller import AUDIO_OUT, INFERENCE, TEXT, Caller, tool
from tests.emulator.conftest import Call

Violation = Callable[[Caller], Awaitable[None]]

VIOLATIONS: list[Violation] = []


def violation(violate: Violation) -> Violation:
    """Have a way to break the protocol tried."""
    VIOLATIONS.append(violate)
    return violate


@violation
async def starts_twice(caller: Caller) -> None:
    await caller.start()
    await caller.send("sessionStart", inferenceConfiguration=INFERENCE)


@violation
async def prompts_first(caller: Caller) -> None:
    await caller.send("promptStart", promptName="p", audioOutputConfiguration=AUDIO_OUT)


@violation
async def prompts_twice(caller: Caller) -> None:
    await caller.start()
    await caller.send("promptStart", promptName="q", audioOutputConfiguration=AUDIO_OUT)


@violation
async def speaks_without_prompt(caller: Caller) -> None:
    await caller.send("sessionStart", inferenceConfiguration=INFERENCE)
    await caller.open_audio()


@violation
async def speaks_without_system(caller: Caller) -> None:
    await caller.start(system=None)
    await caller.open_audio()


@violation
async def remembers_without_system(caller: Caller) -> None:
    await caller.start(system=None)
    await caller.say_text("hello")


@violation
async def remembers_the_assistant_first(caller: Caller) -> None:
    await caller.start()
    await caller.say_text("hello", role="ASSISTANT")


@violation
async def remembers_after_audio(caller: Caller) -> None:
    await caller.start()
    await caller.open_audio()
    await caller.say_text("hello")


@violation
async def instructs_after_history(caller: Caller) -> None:
    await caller.start()
    await caller.say_text("hello")
    await caller.say_text("You do not help.", role="SYSTEM")


@violation
async def uses_another_prompt(caller: Caller) -> None:
    await caller.start()
    await caller.send(
        "contentStart",
        promptName="q",
        contentName="c",
        type="TEXT",
        role="USER",
        textInputConfiguration=TEXT,
    )


@violation
async def uses_a_name_twice(caller: Caller) -> None:
    await caller.start()
    for _ in range(2):
        await caller.send(
            "contentStart",
            promptName="p",
            contentName="c",
            type="TEXT",
            role="USER",
            textInputConfiguration=TEXT,
        )


@violation
async def opens_audio_twice(caller: Caller) -> None:
    await caller.start()
    await caller.open_audio()
    await caller.open_audio()


@violation
async def opens_audio_in_no_format(caller: Caller) -> None:
    await caller.start()
    await caller.open_content("AUDIO", "USER", True)


@violation
async def opens_audio_not_interactive(caller: Caller) -> None:
    await caller.start()
    await caller.open_content("AUDIO", "USER", False, audioInputConfiguration=AUDIO_OUT)


@violation
async def sends_audio_unopened(caller: Caller) -> None:
    await caller.start()
    await caller.hear("c9", bytes(640))


@violation
async def sends_audio_as_text(caller: Caller) -> None:
    await caller.start()
    name = await caller.open_content("TEXT", "USER", False, textInputConfiguration=TEXT)
    await caller.hear(name, bytes(640))


@violation
async def sends_audio_that_is_not_base64(caller: Caller) -> None:
    await caller.start()
    name = await caller.open_audio()
    await caller.send("audioInput", promptName="p", contentName=name, content="?? no ??")


@violation
async def sends_half_a_sample(caller: Caller) -> None:
    await caller.start()
    await caller.hear(await caller.open_audio(), bytes(641))


@violation
async def ends_content_unopened(caller: Caller) -> None:
    await caller.start()
    await caller.send("contentEnd", promptName="p", contentName="c9")


@violation
async def ends_content_empty(caller: Caller) -> None:
    await caller.start()
    name = await caller.open_audio()
    await caller.send("contentEnd", promptName="p", contentName=name)


@violation
async def answers_no_tool(caller: Caller) -> None:
    await caller.start()
    await caller.open_audio()
    await caller.answer_tool("nobody asked", "{}")


@violation
async def goes_on_after_the_prompt(caller: Caller) -> None:
    await caller.start()
    await caller.send("promptEnd", promptName="p")
    await caller.open_audio()


@violation
async def goes_on_after_the_session(caller: Caller) -> None:
    await caller.start()
    await caller.send("sessionEnd")
    await caller.open_audio()


@violation
async def asks_for_an_odd_rate(caller: Caller) -> None:
    await caller.start(rate=44100)


@violation
async def sets_a_flat_sensitivity(caller: Caller) -> None:
    await caller.send(
        "sessionStart", inferenceConfiguration=INFERENCE, endpointingSensitivity="HIGH"
    )


@violation
async def sends_no_json(caller: Caller) -> None:
    await caller.start()
    await caller.send_text("{")


@violation
async def sends_an_unknown_event(caller: Caller) -> None:
    await caller.start()
    await caller.send("coffeeStart")


@violation
async def sends_two_events_in_one(caller: Caller) -> None:
    await caller.send_text('{"event": {"sessionStart": {}, "sessionEnd": {}}}')


@pytest.mark.parametrize("violate", VIOLATIONS, ids=lambda violate: violate.__name__)
async def test_a_violation_ends_the_stream_with_a_validation_exception(
    emulator: Emulator, call: Call, violate: Violation
) -> None:
    caller = await call(emulator)
    with suppress(OSError, RuntimeError):  # the stream may be over before the violator is done
        await violate(caller)

    error = await caller.wait_for_end()
    assert isinstance(error, ValidationException), error
    assert error.message
    assert await emulator.streams[0].wait_for_end() == "validationException"
    assert emulator.open_streams == 0


async def test_the_service_keeps_answering_others_after_a_violation(
    emulator: Emulator, call: Call
) -> None:
    sound, broken = await call(emulator), await call(emulator)
    await sound.start()
    await sound.open_audio()
    await broken.send_text("{")
    assert isinstance(await broken.wait_for_end(), ValidationException)

    await sound.say_text("hello", interactive=True)
    await sound.wait_for("completionEnd")


async def test_a_tool_result_that_is_not_json_is_refused(emulator: Emulator, call: Call) -> None:
    """AWS documents a stringified JSON object, and its parser says so."""
    caller = await call(emulator)
    await caller.start(tools=[tool("clock")])
    await caller.open_audio()
    await caller.say_text("what time is it", interactive=True)
    tool_use = await caller.wait_for("toolUse")
    await caller.answer_tool(tool_use["toolUseId"], "Saturday")

    error = await caller.wait_for_end()
    assert isinstance(error, ValidationException)
    assert error.message == "Tool Response parsing error"
