"""The service's limits, each turned down so far that it is met at once."""

from __future__ import annotations

import asyncio
import time

import pytest
from aws_sdk_bedrock_runtime.models import (
    ModelTimeoutException,
    ThrottlingException,
    ValidationException,
)

from nova_sonic_emulator import Limits
from tests.emulator.conftest import Call, StartEmulator


def test_the_limits_are_the_services_own_unless_they_are_set() -> None:
    limits = Limits()
    assert limits.connection_seconds == 8 * 60
    assert limits.idle_seconds == 55
    assert limits.concurrent_streams == 20
    assert limits.text_input_bytes == 1024
    assert limits.history_bytes == 40 * 1024


async def test_a_connection_ends_at_its_limit(start_emulator: StartEmulator, call: Call) -> None:
    emulator = await start_emulator(limits={"connection_seconds": 0.5})
    caller = await call(emulator)
    await caller.start()
    opened = time.monotonic()
    audio = await caller.open_audio()
    while not caller.over and time.monotonic() - opened < 5:
        await caller.try_to_send("audioInput", promptName="p", contentName=audio, content="AAA=")
        await asyncio.sleep(0.02)

    error = await caller.wait_for_end()
    assert isinstance(error, ModelTimeoutException)
    assert error.message == (
        "Model has timed out in processing the request. Try your request again."
    )


async def test_a_stream_without_input_ends_as_idle(
    start_emulator: StartEmulator, call: Call
) -> None:
    emulator = await start_emulator(limits={"idle_seconds": 0.3})
    caller = await call(emulator)
    await caller.start()
    await caller.open_audio()

    error = await caller.wait_for_end()
    assert isinstance(error, ValidationException)
    assert "InternalErrorCode=532" in error.message


async def test_audio_keeps_a_stream_from_being_idle(
    start_emulator: StartEmulator, call: Call
) -> None:
    emulator = await start_emulator(limits={"idle_seconds": 0.5})
    caller = await call(emulator)
    await caller.start()
    audio = await caller.open_audio()
    until = time.monotonic() + 1.2
    while time.monotonic() < until:
        await caller.hear(audio, bytes(640))
        await asyncio.sleep(0.02)
    assert not caller.over

    assert isinstance(await caller.wait_for_end(), ValidationException)


async def test_one_stream_too_many_is_throttled_until_another_ends(
    start_emulator: StartEmulator, call: Call
) -> None:
    emulator = await start_emulator(limits={"concurrent_streams": 2})
    first, second = await call(emulator), await call(emulator)
    for caller in (first, second):
        await caller.start()
        await caller.wait_for("usageEvent")
    third = await call(emulator)
    assert isinstance(await third.wait_for_end(), ThrottlingException)
    assert len(emulator.streams) == 2

    await first.end()
    await first.wait_for_end()
    fourth = await call(emulator)
    await fourth.start()
    await fourth.wait_for("usageEvent")


async def test_streams_in_quick_succession_are_throttled(
    start_emulator: StartEmulator, call: Call
) -> None:
    emulator = await start_emulator(limits={"streams_per_minute": 1})
    first = await call(emulator)
    await first.start()
    await first.end()
    assert await first.wait_for_end() is None

    assert isinstance(await (await call(emulator)).wait_for_end(), ThrottlingException)


async def test_a_text_input_may_not_be_longer_than_its_limit(
    start_emulator: StartEmulator, call: Call
) -> None:
    emulator = await start_emulator(limits={"text_input_bytes": 10})
    caller = await call(emulator)
    await caller.start(system="A system prompt may be much longer.")
    await caller.say_text("1234567890", "1234567890")
    await caller.say_text("é" * 5)
    await caller.say_text("é" * 5 + "!")

    error = await caller.wait_for_end()
    assert isinstance(error, ValidationException)
    assert "10 bytes" in error.message


async def test_the_history_may_not_be_longer_than_its_limit(
    start_emulator: StartEmulator, call: Call
) -> None:
    emulator = await start_emulator(limits={"history_bytes": 2000})
    caller = await call(emulator)
    await caller.start()
    await caller.say_text("a" * 1000)
    await caller.say_text("b" * 1000, role="ASSISTANT")
    await caller.say_text("c")

    error = await caller.wait_for_end()
    assert isinstance(error, ValidationException)
    assert "history" in error.message


async def test_text_that_wants_an_answer_is_no_history(
    start_emulator: StartEmulator, call: Call
) -> None:
    emulator = await start_emulator(limits={"history_bytes": 4})
    caller = await call(emulator)
    await caller.start()
    await caller.open_audio()
    await caller.say_text("hello", interactive=True)
    await caller.wait_for("audioOutput")


@pytest.mark.parametrize("name", ["connection_seconds", "idle_seconds"])
def test_a_limit_of_nothing_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        Limits.model_validate({name: 0})
