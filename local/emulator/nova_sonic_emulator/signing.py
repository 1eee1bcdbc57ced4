"""Verification of AWS Signature Version 4: of the request, then of every event stream message.

Each message signs the signature before it, so the first bad one breaks the rest of its stream. The
algorithm: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html and
https://docs.aws.amazon.com/transcribe/latest/dg/streaming-http2.html (event signatures).
"""

from __future__ import annotations

import hmac
import re
import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from urllib.parse import parse_qsl, quote

from smithy_aws_event_stream.events import EventMessage

from nova_sonic_emulator.errors import Refusal, StreamError

SERVICE = "bedrock"

_PAYLOAD_HASH = "STREAMING-AWS4-HMAC-SHA256-EVENTS"
_TIMESTAMP = "%Y%m%dT%H%M%SZ"
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key_id>[^/,]+)/(?P<day>\d{8})/(?P<region>[^/,]+)"
    r"/(?P<service>[^/,]+)/aws4_request, ?SignedHeaders=(?P<headers>[^,]+), ?"
    r"Signature=(?P<signature>[0-9a-f]{64})"
)
_MUST_BE_SIGNED = {"host", "x-amz-date"}
_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method. "
    "Consult the service documentation for details."
)


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request as it was signed.

    Attributes:
        method: In upper case.
        path: As on the wire, escapes and all, without the query.
        query: As on the wire, without the question mark.
        headers: Names in lower case, `host` among them.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]


class ChunkVerifier:
    """Verifies one stream's messages, in the order in which they arrive."""

    def __init__(self, *, secret: str, region: str, signature: str, skew_seconds: float) -> None:
        self._secret = secret
        self._region = region
        self._prior = signature
        self._skew_seconds = skew_seconds
        self._day = ""
        self._key = b""

    def verify(self, message: EventMessage) -> None:
        """Check a message's signature and carry the chain on.

        Raises:
            StreamError: The signature is missing, wrong, or made at another time than now.
        """
        date = message.headers.get(":date")
        signature = message.headers.get(":chunk-signature")
        if not isinstance(date, datetime) or not isinstance(signature, bytes):
            raise StreamError("InvalidSignatureException", "An event is not signed.")
        milliseconds = round(date.timestamp() * 1000)
        if abs(time.time() - milliseconds / 1000) > self._skew_seconds:
            raise StreamError("InvalidSignatureException", f"Event signature expired: {date}.")
        timestamp = date.strftime(_TIMESTAMP)
        if timestamp[:8] != self._day:
            self._day = timestamp[:8]
            self._key = signing_key(self._secret, self._day, self._region)
        header = b"\x05:date\x08" + struct.pack("!q", milliseconds)
        signed = (
            f"AWS4-HMAC-SHA256-PAYLOAD\n{timestamp}\n{_scope(self._day, self._region)}\n"
            f"{self._prior}\n{sha256(header).hexdigest()}\n{sha256(message.payload).hexdigest()}"
        )
        expected = hmac.digest(self._key, signed.encode(), "sha256")
        if not hmac.compare_digest(expected, signature):
            raise StreamError("InvalidSignatureException", _MISMATCH)
        self._prior = signature.hex()


def verify_request(
    request: Request,
    credentials: Mapping[str, str],
    *,
    region: str | None,
    skew_seconds: float,
) -> ChunkVerifier:
    """Check a request's signature.

    Args:
        request: What arrived.
        credentials: Secret access key of each access key id.
        region: The only region that the signature may name; None accepts any.
        skew_seconds: How far the client's clock may be from ours; AWS allows 5 minutes.

    Returns:
        The verifier of the messages that follow on this stream.

    Raises:
        Refusal: In the service's words, as the service orders its checks.
    """
    authorization = request.headers.get("authorization")
    if authorization is None:
        raise Refusal(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
    found = _AUTHORIZATION.fullmatch(authorization.strip())
    date = request.headers.get("x-amz-date", "")
    if found is None or not re.fullmatch(r"\d{8}T\d{6}Z", date):
        raise Refusal(
            403,
            "IncompleteSignatureException",
            "Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' "
            "parameters and an 'X-Amz-Date' header.",
        )
    secret = credentials.get(found["key_id"])
    if secret is None:
        raise Refusal(
            403,
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
        )
    _check_scope(found, date, region)
    _check_date(date, skew_seconds)
    names = found["headers"].split(";")
    if not set(names) >= _MUST_BE_SIGNED:
        raise Refusal(
            403,
            "InvalidSignatureException",
            "'Host' and 'X-Amz-Date' must be signed headers in the AWS Authorization.",
        )
    canonical = _canonical_request(request, names)
    signed = (
        f"AWS4-HMAC-SHA256\n{date}\n{_scope(found['day'], found['region'])}\n"
        f"{sha256(canonical.encode()).hexdigest()}"
    )
    key = signing_key(secret, found["day"], found["region"])
    expected = hmac.digest(key, signed.encode(), "sha256").hex()
    if not hmac.compare_digest(expected, found["signature"]):
        raise Refusal(403, "InvalidSignatureException", _MISMATCH)
    return ChunkVerifier(
        secret=secret,
        region=found["region"],
        signature=found["signature"],
        skew_seconds=skew_seconds,
    )


def signing_key(secret: str, day: str, region: str) -> bytes:
    """The key that signs on one day (YYYYMMDD), in one region, for Bedrock."""
    key = f"AWS4{secret}".encode()
    for part in (day, region, SERVICE, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _scope(day: str, region: str) -> str:
    return f"{day}/{region}/{SERVICE}/aws4_request"


def _check_scope(found: re.Match[str], date: str, region: str | None) -> None:
    if found["service"] != SERVICE:
        problem = f"Credential should be scoped to correct service: '{SERVICE}'. "
    elif region is not None and found["region"] != region:
        problem = f"Credential should be scoped to a valid region, not '{found['region']}'. "
    elif found["day"] != date[:8]:
        problem = "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date."
    else:
        return
    raise Refusal(403, "InvalidSignatureException", problem)


def _check_date(date: str, skew_seconds: float) -> None:
    now = datetime.now(UTC)
    try:
        ahead = (datetime.strptime(date, _TIMESTAMP).replace(tzinfo=UTC) - now).total_seconds()
    except ValueError as error:
        raise Refusal(
            403, "IncompleteSignatureException", "Date must be in ISO-8601 'basic format'."
        ) from error
    if ahead < -skew_seconds:
        problem = f"Signature expired: {date} is now earlier than {now:{_TIMESTAMP}} less the skew."
    elif ahead > skew_seconds:
        problem = (
            f"Signature not yet current: {date} is later than {now:{_TIMESTAMP}} and the skew."
        )
    else:
        return
    raise Refusal(403, "InvalidSignatureException", problem)


def _canonical_request(request: Request, signed_names: list[str]) -> str:
    query = "&".join(
        f"{name}={value}"
        for name, value in sorted(
            (quote(name, safe=""), quote(value, safe=""))
            for name, value in parse_qsl(request.query, keep_blank_values=True)
        )
    )
    headers = "".join(
        f"{name}:{' '.join(request.headers.get(name, '').split())}\n" for name in signed_names
    )
    return "\n".join(
        (
            request.method,
            # Every service but S3 signs the escaped path escaped once more.
            quote(request.path, safe="/-_.~"),
            query,
            headers,
            ";".join(signed_names),
            request.headers.get("x-amz-content-sha256", _PAYLOAD_HASH),
        )
    )
