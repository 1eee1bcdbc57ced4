"""Who is let in: signatures of the request and of every message, in the service's words."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aws_sdk_bedrock_runtime.models import ValidationException
from aws_sdk_signers import AWSCredentialIdentity
from smithy_aws_event_stream.events import EventMessage
from smithy_core.exceptions import CallError

from nova_sonic_emulator import Emulator
from tests.emulator.conftest import Call, Connect, StartEmulator
from tests.emulator.wire import IDENTITY, SESSION_START, chunk


async def test_the_sdk_is_let_in_with_the_right_key(emulator: Emulator, call: Call) -> None:
    caller = await call(emulator)
    await caller.start()
    assert await caller.wait_for("usageEvent")


async def test_the_sdk_hears_that_its_secret_is_wrong(emulator: Emulator, call: Call) -> None:
    caller = await call(emulator, secret="another one")
    error = await caller.wait_for_end()

    assert isinstance(error, CallError)
    assert "InvalidSignatureException" in str(error)
    assert emulator.streams == []


async def test_the_sdk_hears_that_its_model_is_unknown(emulator: Emulator, call: Call) -> None:
    caller = await call(emulator, model="amazon.titan")
    error = await caller.wait_for_end()

    assert isinstance(error, ValidationException)
    assert error.message == "The provided model identifier is invalid."


REFUSED = {
    "unsigned": ({"sign": False}, "MissingAuthenticationTokenException"),
    "garbled": ({"spoil": ("authorization", "AWS4 secret")}, "IncompleteSignatureException"),
    "no date": ({"spoil": ("x-amz-date", "today")}, "IncompleteSignatureException"),
    "unknown key": (
        {"identity": AWSCredentialIdentity(access_key_id="AKIDNO", secret_access_key="x")},
        "UnrecognizedClientException",
    ),
    "wrong secret": (
        {"identity": replace(IDENTITY, secret_access_key="x")},
        "InvalidSignatureException",
    ),
    "other service": ({"service": "s3"}, "InvalidSignatureException"),
    "late": ({"clock": timedelta(minutes=-6)}, "InvalidSignatureException"),
    "early": ({"clock": timedelta(minutes=6)}, "InvalidSignatureException"),
    "changed header": ({"spoil": ("content-type", "text/plain")}, "InvalidSignatureException"),
}


@pytest.mark.parametrize(("arguments", "code"), REFUSED.values(), ids=REFUSED.keys())
async def test_a_request_that_is_not_signed_well_is_refused(
    emulator: Emulator, connect: Connect, arguments: dict[str, Any], code: str
) -> None:
    wire = await connect(emulator)
    await wire.request(**arguments)

    status, kind, message = (await wire.until_over()).error
    assert (status, kind) == (403, code)
    assert message
    assert emulator.streams == []


async def test_a_little_skew_is_forgiven(emulator: Emulator, connect: Connect) -> None:
    wire = await connect(emulator)
    await wire.request(clock=timedelta(minutes=-4))
    await wire.send(SESSION_START)
    assert (await wire.until(lambda seen: seen.status)).status == 200


async def test_another_region_is_refused_where_one_is_set(
    start_emulator: StartEmulator, connect: Connect
) -> None:
    emulator = await start_emulator(region="eu-north-1")
    wire = await connect(emulator)
    await wire.request(region="us-east-1")
    assert (await wire.until_over()).error[1] == "InvalidSignatureException"


async def test_a_key_that_is_taken_away_is_refused_from_then_on(
    emulator: Emulator, call: Call
) -> None:
    before = await call(emulator)
    await before.start()
    await before.wait_for("usageEvent")
    emulator.credentials.clear()
    after = await call(emulator)

    assert "UnrecognizedClientException" in str(await after.wait_for_end())
    assert not before.over


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        ({"path": "/"}, (404, "UnknownOperationException")),
        ({"path": "/model/x/invoke"}, (404, "UnknownOperationException")),
        ({"method": "PUT"}, (404, "UnknownOperationException")),
        ({"model": "amazon.titan"}, (400, "ValidationException")),
        ({"model": "amazon.nova-sonic-v1:0"}, (404, "ResourceNotFoundException")),
    ],
)
async def test_what_the_service_does_not_have_is_refused(
    emulator: Emulator, connect: Connect, arguments: dict[str, Any], answer: tuple[int, str]
) -> None:
    wire = await connect(emulator)
    await wire.request(**arguments)
    assert (await wire.until_over()).error[:2] == answer


async def test_a_model_id_with_a_colon_is_signed_as_aws_does(
    emulator: Emulator, call: Call
) -> None:
    caller = await call(emulator, model="amazon.nova-2-sonic-v1:0")
    await caller.start()
    await caller.wait_for("usageEvent")
    assert emulator.streams[0].model_id == "amazon.nova-2-sonic-v1:0"


async def test_a_bad_first_message_is_refused_before_the_stream(
    emulator: Emulator, connect: Connect
) -> None:
    wire = await connect(emulator)
    await wire.request()
    message = await wire.signed(b"one thing")
    message.payload = b"another"
    wire.send_bytes(message.encode())

    assert (await wire.until_over()).error[:2] == (403, "InvalidSignatureException")


def _change_payload(message: EventMessage) -> None:
    message.payload = b"another"


def _change_signature(message: EventMessage) -> None:
    message.headers = {**message.headers, ":chunk-signature": bytes(32)}


def _drop_signature(message: EventMessage) -> None:
    message.headers = {}


def _change_date(message: EventMessage) -> None:
    message.headers = {**message.headers, ":date": datetime.now(UTC) - timedelta(minutes=6)}


@pytest.mark.parametrize(
    "spoil", [_change_payload, _change_signature, _drop_signature, _change_date]
)
async def test_a_bad_later_message_ends_the_stream(
    emulator: Emulator, connect: Connect, spoil: Callable[[EventMessage], None]
) -> None:
    wire = await connect(emulator)
    await wire.request()
    await wire.send(SESSION_START)
    message = await wire.signed(chunk(b"{}").encode())
    spoil(message)
    wire.send_bytes(message.encode())

    seen = await wire.until_over()
    assert seen.messages[-1].headers[":error-code"] == "InvalidSignatureException"
    assert await emulator.streams[0].wait_for_end() == "InvalidSignatureException"


async def test_a_replayed_message_breaks_the_chain(emulator: Emulator, connect: Connect) -> None:
    wire = await connect(emulator)
    await wire.request()
    frame = (await wire.signed(chunk(json.dumps(SESSION_START).encode()).encode())).encode()
    wire.send_bytes(frame)
    wire.send_bytes(frame)

    seen = await wire.until_over()
    assert seen.messages[-1].headers[":error-code"] == "InvalidSignatureException"
    assert emulator.streams[0].input_names() == ["sessionStart"]
