"""What arrives that no SDK would send."""

from __future__ import annotations

import json
import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nova_sonic_emulator import Emulator
from nova_sonic_emulator.errors import StreamException
from nova_sonic_emulator.events import parse
from nova_sonic_emulator.frames import FrameDecoder, input_event
from tests.emulator.conftest import Call, Connect
from tests.emulator.wire import SESSION_START, Wire, chunk

FRAME = chunk(json.dumps(SESSION_START).encode()).encode()
PING_OF_ONE_BYTE = bytes.fromhex("000001 06 00 00000000 00")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
EVENT_NAMES = st.sampled_from(
    ["sessionStart", "promptStart", "contentStart", "textInput", "audioInput", "toolResult"]
)


async def test_no_header_comes_before_the_first_event(emulator: Emulator, connect: Connect) -> None:
    wire = await connect(emulator)
    await wire.request()
    await emulator.streams_opened(1)
    assert wire.seen.status == 0
    await wire.send(SESSION_START)

    seen = await wire.until(lambda seen: seen.status)
    assert seen.headers["content-type"] == "application/vnd.amazon.eventstream"
    assert seen.headers["x-amzn-requestid"]


async def test_a_message_may_come_in_pieces(emulator: Emulator, connect: Connect) -> None:
    wire = await connect(emulator)
    await wire.request()
    frame = (await wire.signed(FRAME)).encode()
    for each in frame:
        wire.send_bytes(bytes([each]))

    await wire.until(lambda seen: seen.status == 200)
    assert emulator.streams[0].input_names() == ["sessionStart"]


@pytest.mark.parametrize(
    "frame",
    [
        struct.pack("!II", 1 << 30, 0),
        struct.pack("!II", 4, 0),
        bytes(16),
        FRAME[:-1] + bytes([FRAME[-1] ^ 1]),
        FRAME[:20] + bytes([FRAME[20] ^ 1]) + FRAME[21:],
    ],
    ids=["huge", "tiny", "zeros", "bad checksum", "bad header"],
)
async def test_a_malformed_frame_ends_the_stream_with_an_exception(
    emulator: Emulator, connect: Connect, frame: bytes
) -> None:
    wire = await connect(emulator)
    await wire.request()
    wire.send_bytes(frame)

    seen = await wire.until_over()
    assert seen.messages[-1].headers[":exception-type"] == "validationException"
    assert seen.ended


async def test_a_malformed_frame_inside_a_signed_message_ends_the_stream_with_an_exception(
    emulator: Emulator, connect: Connect
) -> None:
    wire = await connect(emulator)
    await wire.request()
    wire.send_bytes((await wire.signed(b"nothing like a frame")).encode())

    seen = await wire.until_over()
    assert seen.messages[-1].headers[":exception-type"] == "validationException"


async def test_a_breach_of_http_2_closes_the_connection_and_no_other(
    emulator: Emulator, connect: Connect, call: Call
) -> None:
    wire = await connect(emulator)
    wire.send_raw(PING_OF_ONE_BYTE)
    assert (await wire.until_over()).torn

    caller = await call(emulator)
    await caller.start()
    await caller.wait_for("usageEvent")


async def test_a_client_that_goes_leaves_nothing_behind(
    emulator: Emulator, connect: Connect
) -> None:
    wire = await connect(emulator)
    await wire.request()
    await wire.send(SESSION_START)
    await wire.until(lambda seen: seen.status)
    await wire.close()

    assert await emulator.streams[0].wait_for_end() == "client gone"
    assert emulator.open_streams == 0


@given(st.binary(max_size=300), st.integers(1, 40))
def test_no_bytes_break_the_decoder(data: bytes, size: int) -> None:
    decoder = FrameDecoder()
    try:
        for start in range(0, len(data), size):
            for message in decoder.feed(data[start : start + size]):
                input_event(message)
    except StreamException as error:
        assert error.name == "validationException"


@given(st.integers(0, len(FRAME) - 1), st.integers(1, 255))
def test_no_flipped_byte_goes_unnoticed(place: int, flip: int) -> None:
    spoilt = bytearray(FRAME)
    spoilt[place] ^= flip
    decoder = FrameDecoder()
    try:
        assert list(decoder.feed(bytes(spoilt))) == []
    except StreamException as error:
        assert error.name == "validationException"


@given(st.one_of(st.binary(max_size=100), JSON.map(lambda value: json.dumps(value).encode())))
def test_no_text_breaks_the_parser(text: bytes) -> None:
    with pytest.raises(StreamException):
        parse(text)


@given(EVENT_NAMES, JSON)
def test_no_fields_break_the_parser(name: str, fields: object) -> None:
    try:
        parsed, _, _ = parse(json.dumps({"event": {name: fields}}).encode())
    except StreamException as error:
        assert error.name == "validationException"
    else:
        assert parsed == name


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(body=st.binary(max_size=200))
async def test_no_body_breaks_the_server(emulator: Emulator, body: bytes) -> None:
    wire = await Wire(emulator.url).open()
    await wire.request()
    wire.send_bytes(body)
    if not wire.seen.over:
        wire._h2.end_stream(1)
        wire.flush()
    seen = await wire.until_over()
    await wire.close()
    assert seen.ended and seen.status in (200, 403)
    assert emulator.open_streams == 0
