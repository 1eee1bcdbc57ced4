"""Which messages of a caller's are taken where they arrive."""

import base64
import json

import pytest
from pipecat.frames.protobufs import frames_pb2

from services.bot.transports.browser_protocol import BrowserProtocol
from services.bot.transports.json_protocol import JsonProtocol

PCM = bytes(range(64)) * 10


def in_protobuf(pcm: bytes, *, rate: int = 16_000, channels: int = 1) -> bytes:
    frame = frames_pb2.Frame()  # type: ignore[attr-defined]
    frame.audio.audio = pcm
    frame.audio.sample_rate = rate
    frame.audio.num_channels = channels
    return bytes(frame.SerializeToString())


def message() -> bytes:
    frame = frames_pb2.Frame()  # type: ignore[attr-defined]
    frame.message.data = "{}"
    return bytes(frame.SerializeToString())


def in_json(pcm: bytes, **changed: object) -> str:
    audio = base64.b64encode(pcm).decode()
    return json.dumps({"action": "audiostream", "audioData": audio} | changed)


def test_sound_is_read_as_the_queued_way_reads_it() -> None:
    assert BrowserProtocol(lambda: None).sound(in_protobuf(PCM)) == PCM
    assert JsonProtocol(lambda: None).sound(in_json(PCM)) == PCM


@pytest.mark.parametrize(
    "sent",
    [
        in_protobuf(b""),
        in_protobuf(PCM[:-1]),
        in_protobuf(PCM, rate=48_000),
        in_protobuf(PCM, channels=2),
        message(),
        b"\xff\xff\xff",
        b"",
        "text",
    ],
)
def test_what_a_browser_sends_besides_takes_the_queued_way(sent: str | bytes) -> None:
    assert BrowserProtocol(lambda: None).sound(sent) is None


@pytest.mark.parametrize(
    "sent",
    [
        in_json(b""),
        in_json(PCM[:-1]),
        in_json(PCM, action="hang up"),
        in_json(PCM, audioData=1),
        "[]",
        "no JSON",
        b"binary",
    ],
)
def test_what_a_program_sends_besides_takes_the_queued_way(sent: str | bytes) -> None:
    assert JsonProtocol(lambda: None).sound(sent) is None
