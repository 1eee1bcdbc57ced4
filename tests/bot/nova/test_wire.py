"""The event stream format: as the SDK writes it, and in pieces of any size."""

import json
from base64 import b64encode
from datetime import UTC, datetime
from io import BytesIO
from unittest import mock

import pytest
from aws_sdk_bedrock_runtime.models import (  # type: ignore[import-untyped]
    BidirectionalInputPayloadPart,
    InvokeModelWithBidirectionalStreamInputChunk,
)
from aws_sdk_signers import AsyncEventSigner, SigV4SigningProperties
from hypothesis import given
from hypothesis import strategies as st
from smithy_aws_core.identity import AWSCredentialsIdentity
from smithy_aws_event_stream.aio import AWSEventPublisher, SigningConfig
from smithy_aws_event_stream.events import EventHeaderEncoder, EventMessage
from smithy_json import JSONCodec

from services.bot.nova.errors import ModelTimeout, NovaError, StreamLost, Throttled, Unstable
from services.bot.nova.wire import Reader, Signer

IDENTITY = AWSCredentialsIdentity(access_key_id="AKID", secret_access_key="a secret")
SEED = "ab" * 32
AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential=AKID/20260301/us-east-1/bedrock/aws4_request, "
    f"SignedHeaders=host;x-amz-date, Signature={SEED}"
)
MOMENT = datetime(2026, 3, 1, 23, 59, 59, 250_000, tzinfo=UTC)


class Sink(BytesIO):
    async def write(self, data: bytes) -> None:  # type: ignore[override]
        super().write(data)


async def as_the_sdk(*events: bytes) -> bytes:
    """What the SDK sends for these events and the end of the stream."""

    class Resolver:
        async def get_identity(self, *, properties: object) -> AWSCredentialsIdentity:
            return IDENTITY

        async def invalidate(self) -> None:
            """Nothing is kept."""

    sink = Sink()
    publisher = AWSEventPublisher[InvokeModelWithBidirectionalStreamInputChunk](
        payload_codec=JSONCodec(),
        async_writer=sink,
        signing_config=SigningConfig(
            signer=AsyncEventSigner(
                initial_signature=SEED.encode(), event_encoder_cls=EventHeaderEncoder
            ),
            signing_properties=SigV4SigningProperties(region="us-east-1", service="bedrock"),
            identity_resolver=Resolver(),
            identity_properties={},
        ),
    )
    for event in events:
        part = BidirectionalInputPayloadPart(bytes_=event)
        await publisher.send(InvokeModelWithBidirectionalStreamInputChunk(value=part))
    with mock.patch.object(sink, "close"):
        await publisher.close()
    return sink.getvalue()


async def test_events_look_as_the_sdk_makes_them() -> None:
    events = [b'{"event":{"sessionStart":{}}}', b"x" * 3000, b""]
    with mock.patch("aws_sdk_signers.signers.datetime") as clock:
        clock.datetime.now.return_value = MOMENT
        clock.datetime.side_effect = datetime
        theirs = await as_the_sdk(*events)
    signer = Signer(IDENTITY, AUTHORIZATION, clock=MOMENT.timestamp)
    ours = b"".join([*(signer.event(event) for event in events), signer.end()])
    assert ours == theirs


def test_a_signature_after_midnight_is_made_with_that_days_key() -> None:
    now = MOMENT.timestamp()
    signer = Signer(IDENTITY, AUTHORIZATION, clock=lambda: now)
    signer.event(b"{}")
    key = signer._key
    now += 1
    signer.event(b"{}")
    assert signer._key != key
    assert signer._scope.startswith("20260302/")


def test_a_request_without_a_signature_begins_no_chain() -> None:
    with pytest.raises(StreamLost):
        Signer(IDENTITY, "Bearer abc")


def message(payload: bytes, **headers: str) -> bytes:
    named = {f":{name.replace('_', '-')}": value for name, value in headers.items()}
    return EventMessage(headers=named, payload=payload).encode()


#: As the service writes JSON, and another way.
SEPARATORS = (",", ":"), (", ", ": ")


def chunk(event: bytes, separators: tuple[str, str] = SEPARATORS[0]) -> bytes:
    fields = {"bytes": b64encode(event).decode(), "p": "abcdefg"}
    payload = json.dumps(fields, separators=separators).encode()
    return message(payload, message_type="event", event_type="chunk")


@given(
    st.lists(st.binary(max_size=300), max_size=5),
    st.integers(1, 200),
    st.sampled_from(SEPARATORS),
)
def test_events_are_read_however_they_are_cut_and_written(
    events: list[bytes], size: int, separators: tuple[str, str]
) -> None:
    sent = b"".join(chunk(event, separators) for event in events)
    reader = Reader()
    read = [
        event
        for start in range(0, len(sent), size)
        for event in reader.feed(sent[start : start + size])
    ]
    assert read == events


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        (
            message(
                b'{"message": "8 min"}',
                message_type="exception",
                exception_type="modelTimeoutException",
            ),
            ModelTimeout,
        ),
        (message(b"{}", message_type="exception", exception_type="throttlingException"), Throttled),
        (message(b"", message_type="exception", exception_type="somethingNew"), Unstable),
        (message(b"", message_type="error", error_code="InternalServerException"), Unstable),
        (message(b"not JSON", message_type="event", event_type="chunk"), StreamLost),
        (message(b'{"p": "a"}', message_type="event", event_type="chunk"), StreamLost),
        (message(b'{"bytes":"abc"}', message_type="event", event_type="chunk"), StreamLost),
        (b"HTTP/1.1 400 Bad Request", StreamLost),
        (chunk(b"{}")[:-1] + b"?", StreamLost),
    ],
)
def test_what_is_no_event_ends_the_stream_with_its_reason(
    sent: bytes, error: type[NovaError]
) -> None:
    with pytest.raises(error):
        list(Reader().feed(sent))
