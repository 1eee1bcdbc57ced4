"""A client below the SDK: sees what happens on the wire, and can send what no SDK would."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Self
from urllib.parse import quote, urlsplit

from aws_sdk_signers import (
    URI,
    AsyncEventSigner,
    AsyncSigV4Signer,
    AWSCredentialIdentity,
    AWSRequest,
    Field,
    Fields,
)
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    ResponseReceived,
    StreamEnded,
    StreamReset,
)
from smithy_aws_event_stream.events import EventHeaderEncoder, EventMessage

from nova_sonic_emulator.frames import FrameDecoder
from tests.emulator.caller import INFERENCE, KEY_ID, MODEL, SECONDS, SECRET
from tests.trust import CA_DIR

IDENTITY = AWSCredentialIdentity(access_key_id=KEY_ID, secret_access_key=SECRET)
SCOPE = {"region": "us-east-1", "service": "bedrock"}
SESSION_START = {"event": {"sessionStart": {"inferenceConfiguration": INFERENCE}}}


@dataclass
class Seen:
    """What came back on the stream."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    headers_at: float = 0
    body: bytes = b""
    ended: bool = False
    reset: int | None = None
    goodbye: bool = False
    torn: bool = False

    @property
    def over(self) -> bool:
        return self.ended or self.reset is not None or self.goodbye or self.torn

    @property
    def messages(self) -> list[EventMessage]:
        return list(FrameDecoder().feed(self.body))

    @property
    def error(self) -> tuple[int, str, str]:
        """Status, error type and message of an HTTP error."""
        kind = self.headers.get("x-amzn-errortype", "").split(":")[0]
        return self.status, kind, json.loads(self.body)["message"]


class Wire:
    """One connection with one stream on it."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._authority, self._port = parts.netloc, parts.port
        self._h2 = H2Connection(H2Configuration(client_side=True, header_encoding="utf-8"))
        self._changed = asyncio.Event()
        self._stream_id = 1
        self.seen = Seen()

    async def open(self) -> Self:
        context = ssl.create_default_context(cafile=CA_DIR / "ca.pem")
        context.set_alpn_protocols(["h2"])
        self._reader, self._writer = await asyncio.wait_for(
            asyncio.open_connection(
                "127.0.0.1", self._port, ssl=context, server_hostname="localhost"
            ),
            SECONDS,
        )
        self._h2.initiate_connection()
        self.flush()
        self._reading = asyncio.create_task(self._read())
        return self

    async def close(self) -> None:
        self._writer.close()
        await self._reading

    async def request(
        self,
        *,
        model: str = MODEL,
        path: str | None = None,
        method: str = "POST",
        service: str = "bedrock",
        region: str = "us-east-1",
        identity: AWSCredentialIdentity = IDENTITY,
        clock: timedelta = timedelta(),
        spoil: tuple[str, str] | None = None,
        sign: bool = True,
    ) -> None:
        """Send signed request headers; `spoil` changes one of them behind the signature."""
        path = path or f"/model/{quote(model, safe='')}/invoke-with-bidirectional-stream"
        date = (datetime.now(UTC) + clock).strftime("%Y%m%dT%H%M%SZ")
        request = AWSRequest(
            destination=URI(scheme="https", host="localhost", port=self._port, path=path),
            method=method,
            body=None,
            fields=Fields(
                [
                    Field(name="Content-Type", values=["application/vnd.amazon.eventstream"]),
                    Field(name="Host", values=[self._authority]),
                    Field(name="X-Amz-Date", values=[date]),
                ]
            ),
        )
        signed = await AsyncSigV4Signer().sign(
            request=request,
            identity=identity,
            properties={"region": region, "service": service, "date": date},
        )
        headers = {each.name.lower(): each.as_string() for each in signed.fields}
        if not sign:
            headers.pop("authorization")
        if spoil:
            headers[spoil[0]] = spoil[1]
        headers.pop("host")
        self._signer = AsyncEventSigner(
            initial_signature=headers.get("authorization", "").split("Signature=")[-1].encode(),
            event_encoder_cls=EventHeaderEncoder,
        )
        self._h2.send_headers(
            self._stream_id,
            [
                (":method", method),
                (":scheme", "https"),
                (":authority", self._authority),
                (":path", f"{path}?"),
                *headers.items(),
            ],
        )
        self.flush()

    async def signed(self, payload: bytes) -> EventMessage:
        """The next message of the chain, around any payload."""
        message = EventMessage(payload=b"")
        return await self._signer._sign_payload(
            event=message, payload=payload, identity=IDENTITY, properties=SCOPE
        )

    async def send(self, event: object) -> None:
        """Send an event, properly signed."""
        await self.send_message(chunk(json.dumps(event).encode()))

    async def send_message(self, message: EventMessage) -> None:
        """Send any message, properly signed."""
        self.send_bytes((await self.signed(message.encode())).encode())

    def send_bytes(self, data: bytes) -> None:
        """Send any bytes as the request's body."""
        if not self.seen.over:
            self._h2.send_data(self._stream_id, data)
            self.flush()

    def send_raw(self, data: bytes) -> None:
        """Send any bytes below HTTP/2."""
        self._writer.write(data)

    def flush(self) -> None:
        self._writer.write(self._h2.data_to_send())

    async def until_over(self) -> Seen:
        """Wait until the stream is over."""
        return await self.until(lambda seen: seen.over)

    async def until(self, condition: Callable[[Seen], object]) -> Seen:
        """Wait until `condition` holds of what was seen."""
        async with asyncio.timeout(SECONDS):
            while not condition(self.seen):
                self._changed.clear()
                await self._changed.wait()
        return self.seen

    async def _read(self) -> None:
        try:
            while data := await self._reader.read(65536):
                for event in self._h2.receive_data(data):
                    self._handle(event)
                self.flush()
                self._changed.set()
        except (ConnectionError, ssl.SSLError):
            pass
        self.seen.torn = True
        self._changed.set()

    def _handle(self, event: object) -> None:
        match event:
            case ResponseReceived():
                self.seen.headers = dict(event.headers)
                self.seen.status = int(self.seen.headers[":status"])
                self.seen.headers_at = time.monotonic()
            case DataReceived():
                self.seen.body += event.data
                self._h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            case StreamEnded():
                self.seen.ended = True
            case StreamReset():
                self.seen.reset = int(event.error_code)
            case ConnectionTerminated():
                self.seen.goodbye = True


def chunk(body: bytes) -> EventMessage:
    """The SDK's message around an event's JSON text."""
    return EventMessage(
        headers={
            ":message-type": "event",
            ":event-type": "chunk",
            ":content-type": "application/json",
        },
        payload=json.dumps({"bytes": base64.b64encode(body).decode()}).encode(),
    )
