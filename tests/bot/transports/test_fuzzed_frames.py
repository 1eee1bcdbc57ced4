"""Frames that nobody would send on purpose, against both protocols."""

import base64
import json
from collections.abc import Callable, Iterator

import pipecat.frames.protobufs.frames_pb2 as protobuf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from loguru import logger
from pipecat.frames.frames import (
    InputAudioRawFrame,
    InputTransportMessageFrame,
    OutputTransportMessageUrgentFrame,
)
from pipecat.serializers.base_serializer import FrameSerializer

from services.bot.transports.browser_protocol import BrowserProtocol
from services.bot.transports.json_protocol import JsonProtocol

FRAMES = 5_000


@pytest.fixture(autouse=True, scope="module")
def _quiet() -> Iterator[None]:
    logger.disable("pipecat")
    logger.disable("services")
    yield
    logger.enable("services")
    logger.enable("pipecat")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda values: st.lists(values) | st.dictionaries(st.text(), values),
    max_leaves=8,
)
json_frames = st.one_of(
    st.text(),
    st.binary(),
    json_values.map(json.dumps),
    st.fixed_dictionaries(
        {"action": st.just("audiostream") | json_values, "audioData": json_values}
    ).map(json.dumps),
    st.binary().map(
        lambda audio: json.dumps(
            {"action": "audiostream", "audioData": base64.b64encode(audio).decode()}
        )
    ),
    st.integers(1, 50_000).map(lambda depth: "[" * depth),
)


def _protobuf(kind: str, fields: dict[str, object]) -> bytes:
    frame = protobuf.Frame()  # type: ignore[attr-defined]
    part = getattr(frame, kind)
    part.SetInParent()
    for name, value in fields.items():
        setattr(part, name, value)
    return bytes(frame.SerializeToString())


whole_numbers = st.integers(0, 2**32 - 1)
protobuf_frames = st.one_of(
    st.binary(),
    st.text(),
    st.builds(_protobuf, st.just("text"), st.fixed_dictionaries({"text": st.text()})),
    st.builds(_protobuf, st.just("message"), st.fixed_dictionaries({"data": st.text()})),
    st.builds(
        _protobuf,
        st.just("message"),
        st.fixed_dictionaries({"data": json_values.map(json.dumps)}),
    ),
    st.builds(
        _protobuf,
        st.just("audio"),
        st.fixed_dictionaries(
            {
                "audio": st.binary(),
                "sample_rate": st.just(16_000) | whole_numbers,
                "num_channels": st.just(1) | whole_numbers,
            }
        ),
    ),
    st.builds(_protobuf, st.just("interruption"), st.just({})),
    st.builds(
        _protobuf,
        st.just("transcription"),
        st.fixed_dictionaries({"text": st.text(), "user_id": st.text()}),
    ),
)
every_frame = settings(max_examples=FRAMES, deadline=None, suppress_health_check=list(HealthCheck))


def _taken(make: Callable[[Callable[[], None]], FrameSerializer], data: str | bytes) -> object:
    """What a protocol makes of a frame; it waits for nothing, so no event loop is needed."""
    try:
        make(lambda: None).deserialize(data).send(None)
    except StopIteration as finished:
        return finished.value
    raise AssertionError("the protocol waits for something")


@every_frame
@given(json_frames)
def test_a_json_frame_is_sound_audio_or_a_named_error(data: str | bytes) -> None:
    frame = _taken(JsonProtocol, data)
    if isinstance(frame, InputAudioRawFrame):
        assert frame.audio
        assert len(frame.audio) % 2 == 0
    else:
        assert isinstance(frame, OutputTransportMessageUrgentFrame)
        assert frame.message["event"] == "error"
        assert frame.message["code"]


@every_frame
@given(protobuf_frames)
def test_a_browser_frame_is_sound_audio_a_message_or_nothing(data: str | bytes) -> None:
    frame = _taken(BrowserProtocol, data)
    if isinstance(frame, InputAudioRawFrame):
        assert (frame.sample_rate, frame.num_channels) == (16_000, 1)
        assert len(frame.audio) % 2 == 0
    else:
        assert frame is None or isinstance(frame, InputTransportMessageFrame)
