"""Which messages of a caller's are taken where they arrive."""

import base64
import json
from typing import cast

import pytest
from pipecat.frames.protobufs import frames_pb2
from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams

from services.bot import pulse
from services.bot.transports.browser_protocol import BrowserProtocol
from services.bot.transports.caller_socket import CallerSocket
from services.bot.transports.direct_input import DirectInput
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


class NoSocket:
    """Stands where the caller's socket does."""

    def hand_over(self, taker: object) -> None:
        """Nobody reads."""


@pytest.fixture(autouse=True)
def idle_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "busy", lambda: False)


def an_input(heard: list[bytes]) -> DirectInput:
    params = FastAPIWebsocketParams(audio_in_enabled=True)
    entrance = DirectInput(
        None,
        None,
        params,
        socket=cast("CallerSocket", NoSocket()),
        protocol=BrowserProtocol(lambda: None),
    )
    entrance.hear = heard.append
    entrance._open = True
    return entrance


def test_what_came_in_one_go_is_heard_in_one_piece_up_to_what_is_no_sound() -> None:
    heard: list[bytes] = []
    entrance = an_input(heard)
    assert entrance.take([in_protobuf(PCM), in_protobuf(PCM), message(), in_protobuf(PCM)]) == 2
    assert heard == [2 * PCM]
    assert entrance.take([message()]) == 0


@pytest.mark.parametrize(("milliseconds", "messages"), [(20, 4), (40, 2), (80, 1), (100, 1)])
def test_80_ms_are_worth_waking_up_for_while_all_is_quiet(milliseconds: int, messages: int) -> None:
    entrance = an_input([])
    assert entrance.take([in_protobuf(bytes(32 * milliseconds))]) == 1
    assert entrance.appetite() == 1
    entrance.at_ease = lambda: True
    assert entrance.appetite() == messages


@pytest.mark.parametrize(("milliseconds", "messages"), [(10, 4), (20, 2), (40, 1), (100, 1)])
def test_40_ms_are_worth_waking_up_for_while_the_processor_is_busy(
    milliseconds: int, messages: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    entrance = an_input([])
    assert entrance.appetite() == 1
    assert entrance.take([in_protobuf(bytes(32 * milliseconds))]) == 1
    monkeypatch.setattr(pulse, "busy", lambda: True)
    assert entrance.appetite() == messages
