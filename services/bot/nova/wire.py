"""Amazon's event stream format, signed: how events look on the wire.

The SDK does the same in 160 us an event, out of shapes and serialisers that know any service. Here
one service is known: the headers never change, a day's signing key is derived once, and a message
is read without a task. The tests compare both, byte by byte.

https://docs.aws.amazon.com/transcribe/latest/dg/streaming-setting-up.html (format, signatures)
"""

import functools
import hmac
import json
import re
import struct
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from zlib import crc32

from smithy_aws_core.identity import AWSCredentialsIdentity
from smithy_aws_event_stream.events import HEADER_VALUE, EventHeaderDecoder
from smithy_aws_event_stream.exceptions import EventError

from services.bot.nova.errors import NovaError, StreamLost, named

_PRELUDE = struct.Struct("!II")
_NUMBER = struct.Struct("!I")
_DATE = struct.Struct("!q")
_OVERHEAD = 16
#: Nova's events are a few kB; the format allows 16 MB and 128 kB of headers.
_LONGEST = 16 * 1024 * 1024 + 128 * 1024 + _OVERHEAD

_CREDENTIAL = re.compile(
    r"Credential=[^/]+/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request"
)
#: As the service writes them. Another way to write the same is read, too, in twice the time.
_WRAPPED = re.compile(rb'\{"bytes":"([A-Za-z0-9+/=]*)"(?:,"p":"[A-Za-z0-9]*")?\}')
_SIGNATURE = re.compile(r"Signature=(?P<signature>[0-9a-f]{64})")


def _text_header(name: str, value: str) -> bytes:
    return (
        bytes([len(name)])
        + name.encode()
        + b"\x07"
        + struct.pack("!H", len(value))
        + value.encode()
    )


_CHUNK = (
    _text_header(":message-type", "event")
    + _text_header(":event-type", "chunk")
    + _text_header(":content-type", "application/json")
)
_DATE_HEADER = bytes([5]) + b":date" + b"\x08"
_SIGNATURE_HEADER = bytes([16]) + b":chunk-signature" + b"\x06" + struct.pack("!H", 32)


class Signer:
    """Wraps events for the wire; each signature covers the one before it."""

    def __init__(
        self,
        identity: AWSCredentialsIdentity,
        authorization: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Begins the chain with the request's own signature.

        Args:
            identity: Whose keys signed the request.
            authorization: The request's header of that name.
            clock: Seconds since 1970.

        Raises:
            StreamLost: The request was not signed with Signature Version 4.
        """
        scope, seed = _CREDENTIAL.search(authorization), _SIGNATURE.search(authorization)
        if scope is None or seed is None:
            raise StreamLost("the request was not signed")
        self._secret = identity.secret_access_key
        self._region, self._service = scope["region"], scope["service"]
        self._clock = clock
        self._prior = seed["signature"]
        self._day = ""
        self._key = b""
        self._scope = ""

    def event(self, payload: bytes) -> bytes:
        """An event for the model, as a signed message."""
        return self._sign(_message(_CHUNK, b'{"bytes":"' + b64encode(payload) + b'"}'))

    def end(self) -> bytes:
        """The empty message that ends a stream."""
        return self._sign(b"")

    def _sign(self, payload: bytes) -> bytes:
        milliseconds = int(self._clock() * 1000)
        moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(milliseconds / 1000))
        if moment[:8] != self._day:
            self._begin_day(moment[:8])
        date = _DATE_HEADER + _DATE.pack(milliseconds)
        text = (
            f"AWS4-HMAC-SHA256-PAYLOAD\n{moment}\n{self._scope}\n{self._prior}\n"
            f"{sha256(date).hexdigest()}\n{sha256(payload).hexdigest()}"
        )
        signature = _hash(self._key, text)
        self._prior = signature.hex()
        return _message(date + _SIGNATURE_HEADER + signature, payload)

    def _begin_day(self, day: str) -> None:
        self._day = day
        key = _hash(b"AWS4" + self._secret.encode(), day)
        for part in (self._region, self._service, "aws4_request"):
            key = _hash(key, part)
        self._key = key
        self._scope = f"{day}/{self._region}/{self._service}/aws4_request"


class Reader:
    """Cuts what arrives into messages."""

    def __init__(self) -> None:
        """Nothing has arrived."""
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The events of the model that are complete with this piece.

        Raises:
            NovaError: The message is an exception of the service's, or none at all.
        """
        self._buffer += data
        while len(self._buffer) >= _OVERHEAD:
            length, headers = _PRELUDE.unpack_from(self._buffer)
            if not _OVERHEAD + headers <= length <= _LONGEST:
                raise StreamLost("the service sent what is no event")
            if len(self._buffer) < length:
                return
            message = bytes(self._buffer[:length])
            del self._buffer[:length]
            if (event := _read(message, headers)) is not None:
                yield event


def _read(message: bytes, headers_length: int) -> bytes | None:
    checksums = crc32(message[:8]), crc32(message[:-4])
    found = _NUMBER.unpack_from(message, 8)[0], _NUMBER.unpack_from(message, len(message) - 4)[0]
    if checksums != found:
        raise StreamLost("the service sent an event with a wrong checksum")
    headers = _headers(message[12 : 12 + headers_length])
    payload = message[12 + headers_length : -4]
    match headers.get(":message-type"), headers.get(":event-type"):
        case "event", "chunk":
            return _unwrapped(payload)
        case "event", "initial-response":
            return None
        case _:
            raise _exception(headers, payload)


@functools.lru_cache(maxsize=16)
def _headers(encoded: bytes) -> Mapping[str, HEADER_VALUE]:
    try:
        return EventHeaderDecoder(encoded).decode_headers()
    except (EventError, LookupError, struct.error, UnicodeDecodeError) as error:
        raise StreamLost("the service sent an event with broken headers") from error


def _unwrapped(payload: bytes) -> bytes:
    """The event in ``{"bytes": "<base64>", "p": "<padding>"}``."""
    found = _WRAPPED.fullmatch(payload)
    try:
        return b64decode(json.loads(payload)["bytes"] if found is None else found[1])
    except (ValueError, LookupError, TypeError) as error:
        raise StreamLost("the service sent an event without its bytes") from error


def _exception(headers: Mapping[str, HEADER_VALUE], payload: bytes) -> NovaError:
    """What the service says went wrong, modelled (``exception``) or not (``error``)."""
    if headers.get(":message-type") == "error":
        return named(str(headers.get(":error-code", "")), str(headers.get(":error-message", "")))
    try:
        message = str(json.loads(payload).get("message", ""))
    except (ValueError, AttributeError):
        message = ""
    kind = headers.get(":exception-type") or headers.get(":event-type") or ""
    return named(str(kind), message)


def _message(headers: bytes, payload: bytes) -> bytes:
    prelude = _PRELUDE.pack(_OVERHEAD + len(headers) + len(payload), len(headers))
    whole = prelude + _NUMBER.pack(crc32(prelude)) + headers + payload
    return whole + _NUMBER.pack(crc32(whole))


def _hash(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
