"""Scripted faults, as they look on the wire and to the SDK."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from aws_sdk_bedrock_runtime.models import (
    ModelStreamErrorException,
    ThrottlingException,
    ValidationException,
)
from h2.errors import ErrorCodes
from pydantic import ValidationError

from nova_sonic_emulator import Fault
from tests.emulator.conftest import Call, Connect, StartEmulator
from tests.emulator.wire import SESSION_START


async def test_a_drop_tears_the_connection(start_emulator: StartEmulator, connect: Connect) -> None:
    emulator = await start_emulator(fault=[{"kind": "drop", "on_input": "sessionStart"}])
    wire = await connect(emulator)
    await wire.request()
    await wire.send(SESSION_START)

    seen = await wire.until_over()
    assert seen.torn and not seen.ended and seen.reset is None and not seen.goodbye
    assert emulator.streams[0].ended == "drop"


async def test_an_end_is_a_response_without_a_word(
    start_emulator: StartEmulator, connect: Connect
) -> None:
    emulator = await start_emulator(fault=[{"kind": "end", "on_input": "sessionStart"}])
    wire = await connect(emulator)
    await wire.request()
    await wire.send(SESSION_START)

    seen = await wire.until_over()
    assert seen.ended and seen.status == 200 and seen.body == b""


async def test_a_reset_before_headers_is_the_only_answer(
    start_emulator: StartEmulator, connect: Connect
) -> None:
    emulator = await start_emulator(fault=[{"kind": "reset"}])
    wire = await connect(emulator)
    await wire.request()

    seen = await wire.until_over()
    assert (seen.reset, seen.status) == (ErrorCodes.INTERNAL_ERROR, 0)


async def test_a_reset_in_mid_answer_leaves_what_was_said(
    start_emulator: StartEmulator, call: Call
) -> None:
    emulator = await start_emulator(
        fault=[{"kind": "reset", "on_output": "audioOutput", "count": 3}]
    )
    caller = await call(emulator)
    await caller.start()
    await caller.open_audio()
    await caller.say_text("hello", interactive=True)
    await caller.wait_for_end()

    assert [name for name, _ in caller.events].count("audioOutput") <= 3
    assert emulator.streams[0].ended == "reset"
    assert len([each for each in emulator.streams[0].outputs if each.name == "audioOutput"]) == 3


async def test_an_exception_reaches_the_sdk_as_its_own_type(
    start_emulator: StartEmulator, call: Call
) -> None:
    emulator = await start_emulator(
        fault=[
            {
                "kind": "exception",
                "on_input": "sessionStart",
                "exception": "throttlingException",
                "message": "slowly, please",
            }
        ]
    )
    caller = await call(emulator)
    await caller.send_text(json.dumps(SESSION_START))

    error = await caller.wait_for_end()
    assert isinstance(error, ThrottlingException)
    assert error.message == "slowly, please"
    assert emulator.streams[0].ended == "throttlingException"


async def test_an_exception_may_be_followed_by_a_reset(
    start_emulator: StartEmulator, connect: Connect
) -> None:
    emulator = await start_emulator(
        fault=[{"kind": "exception_then_reset", "on_input": "sessionStart"}]
    )
    wire = await connect(emulator)
    await wire.request()
    await wire.send(SESSION_START)

    seen = await wire.until_over()
    assert seen.messages[-1].headers[":exception-type"] == "modelStreamErrorException"
    assert seen.reset is not None and not seen.ended


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "ValidationException"),
        (403, "AccessDeniedException"),
        (503, "ServiceUnavailableException"),
    ],
)
async def test_an_http_error_comes_before_any_header(
    start_emulator: StartEmulator, connect: Connect, status: int, code: str
) -> None:
    emulator = await start_emulator(
        fault=[{"kind": "http_error", "status": status, "code": code, "message": "no"}]
    )
    wire = await connect(emulator)
    await wire.request()

    assert (await wire.until_over()).error == (status, code, "no")
    assert emulator.streams[0].ended == str(status)


async def test_an_http_error_reaches_the_sdk_as_its_own_type(
    start_emulator: StartEmulator, call: Call
) -> None:
    emulator = await start_emulator(
        fault=[{"kind": "http_error", "status": 424, "code": "ModelStreamErrorException"}]
    )
    assert isinstance(await (await call(emulator)).wait_for_end(), ModelStreamErrorException)


async def test_late_headers_hold_back_what_was_said_meanwhile(
    start_emulator: StartEmulator, connect: Connect
) -> None:
    emulator = await start_emulator(fault=[{"kind": "late_headers", "seconds": 0.3}])
    wire = await connect(emulator)
    await wire.request()
    asked = time.monotonic()
    await wire.send(SESSION_START)
    await wire.send({"event": {"coffeeStart": {}}})

    seen = await wire.until_over()
    assert seen.messages[-1].headers[":exception-type"] == "validationException"
    assert seen.headers_at - asked >= 0.29


async def test_a_hang_neither_reads_nor_answers(
    start_emulator: StartEmulator, connect: Connect
) -> None:
    emulator = await start_emulator(fault=[{"kind": "hang", "on_input": "sessionStart"}])
    hung, other = await connect(emulator), await connect(emulator)
    await hung.request()
    await emulator.streams_opened(1)
    await hung.send(SESSION_START)
    assert await emulator.streams[0].wait_for_end() == "hang"
    await hung.send({"event": {"coffeeStart": {}}})
    await other.request()
    await other.send({"event": {"coffeeStart": {}}})
    await other.until_over()

    assert not hung.seen.over and hung.seen.status == 0


async def test_a_fault_strikes_the_streams_that_it_names(
    start_emulator: StartEmulator, call: Call
) -> None:
    emulator = await start_emulator(
        fault=[
            {"kind": "http_error", "streams": [1, 3], "code": "ValidationException", "status": 400}
        ]
    )
    ends = []
    for _ in range(4):
        caller = await call(emulator)
        await caller.try_to_send("sessionStart")
        await caller.try_to_send("sessionEnd")
        ends.append(type(await caller.wait_for_end()))
    assert ends == [ValidationException, type(None)] * 2


async def test_a_fault_strikes_some_time_after_the_request(
    start_emulator: StartEmulator, connect: Connect
) -> None:
    emulator = await start_emulator(fault=[{"kind": "reset", "after_seconds": 0.2}])
    wire = await connect(emulator)
    await wire.request()
    await wire.send(SESSION_START)
    asked = time.monotonic()

    assert (await wire.until_over()).reset is not None
    assert time.monotonic() - asked >= 0.15


async def test_a_fault_strikes_some_time_after_an_event(
    start_emulator: StartEmulator, connect: Connect
) -> None:
    emulator = await start_emulator(
        fault=[{"kind": "reset", "on_input": "sessionStart", "after_seconds": 0.2}]
    )
    wire = await connect(emulator)
    await wire.request()
    await wire.send(SESSION_START)
    assert (await wire.until(lambda seen: seen.status)).reset is None
    assert (await wire.until_over()).reset is not None


async def test_a_test_may_strike_by_hand(start_emulator: StartEmulator, call: Call) -> None:
    emulator = await start_emulator()
    callers = []
    for _ in range(2):
        callers.append(await call(emulator))
        await callers[-1].start()
        await callers[-1].wait_for("usageEvent")
    struck, spared = callers
    emulator.strike(Fault(kind="exception", streams=(1,)))

    assert isinstance(await struck.wait_for_end(), ModelStreamErrorException)
    assert not spared.over


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "earthquake"},
        {"kind": "drop", "on_input": "a", "on_output": "b"},
        {"kind": "late_headers", "after_seconds": 1},
        {"kind": "http_error", "status": 200},
        {"kind": "drop", "streams": [0]},
        {"kind": "drop", "when": "now"},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Fault.model_validate(fields)
