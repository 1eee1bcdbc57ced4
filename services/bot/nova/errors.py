"""What can go wrong between us and Nova Sonic, each saying whether trying again can help.

    NovaError
    ├── Throttled             too many requests or connections: retry, later
    ├── Unstable              the service failed on its side: retry
    ├── Unreachable           no connection within the deadline: retry
    ├── StreamLost            reset, dropped, ended or fallen silent in mid-call: retry
    ├── ModelTimeout          the connection reached its longest time: retry
    ├── CredentialsExpired    the next stream takes fresh ones: retry
    ├── CredentialsRefused    none found, unknown key, wrong signature, no permission
    ├── Untrusted             the endpoint's certificate is signed by nobody we trust
    └── Refused               the request is wrong: model, region or content

The SDK's errors are turned into these where they enter (`from_sdk`) and never leave this package.
"""

# ruff: noqa: N818 - they are named for what happened

import re
from typing import ClassVar

from smithy_aws_event_stream.exceptions import UnmodeledEventError
from smithy_core.exceptions import CallError, SmithyError, SmithyIdentityError


class NovaError(Exception):
    """Base of every error that this package raises."""

    retryable: ClassVar[bool] = False
    """Whether a new stream may succeed."""


class Throttled(NovaError):
    """Too many requests a minute or too many concurrent connections.

    Attributes:
        retry_after: Seconds that the service asks us to wait, if it says so.
    """

    retryable = True

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        """Keeps what the service asked for."""
        super().__init__(message)
        self.retry_after = retry_after


class Unstable(NovaError):
    """The service failed on its side."""

    retryable = True


class Unreachable(NovaError):
    """No connection to the endpoint within the deadline."""

    retryable = True


class StreamLost(NovaError):
    """An open stream was reset, dropped or ended, or fell silent."""

    retryable = True


class ModelTimeout(NovaError):
    """The connection reached the longest time that the service allows."""

    retryable = True


class CredentialsExpired(NovaError):
    """Temporary credentials ran out; the next stream is signed with fresh ones."""

    retryable = True


class CredentialsRefused(NovaError):
    """There are no credentials, or they do not open this model."""


class Untrusted(NovaError):
    """The endpoint's certificate cannot be verified."""


class Refused(NovaError):
    """The service will not serve this request, however often it is sent."""


_BY_NAME: dict[str, type[NovaError]] = {
    "ThrottlingException": Throttled,
    "ServiceQuotaExceededException": Throttled,
    "InternalServerException": Unstable,
    "ModelStreamErrorException": Unstable,
    "ModelErrorException": Unstable,
    "ModelNotReadyException": Unstable,
    "ServiceUnavailableException": Unstable,
    "ModelTimeoutException": ModelTimeout,
    "ExpiredTokenException": CredentialsExpired,
    "AccessDeniedException": CredentialsRefused,
    "UnrecognizedClientException": CredentialsRefused,
    "InvalidSignatureException": CredentialsRefused,
    "IncompleteSignatureException": CredentialsRefused,
    "MissingAuthenticationTokenException": CredentialsRefused,
    "ResourceNotFoundException": Refused,
    "ValidationException": Refused,
}

# ValidationExceptions that are not about what we sent (AWS re:Post, and FACTS seen by running).
_TRANSIENT_VALIDATION = re.compile(r"system instability|try your request again", re.IGNORECASE)
_IDLE = re.compile(r"timed out waiting for", re.IGNORECASE)

# How the SDK words an HTTP error whose type it does not know.
_UNKNOWN_ERROR = re.compile(r"status: (?P<status>\d{3})(?: - id: \S*#(?P<name>\w+))?")


def from_sdk(error: BaseException) -> NovaError:
    """The error of ours for whatever the SDK or asyncio raised."""
    if isinstance(error, NovaError):
        return error
    if isinstance(error, SmithyIdentityError):
        return CredentialsRefused(str(error))
    if isinstance(error, CallError):
        return _from_call(error)
    if isinstance(error, UnmodeledEventError):
        return named(error.code, error.message)
    if isinstance(error, KeyError):
        # What the SDK makes of an exception frame of a type it does not know.
        return named(str(error.args[0]), "")
    cause = error.__cause__
    if isinstance(error, SmithyError | OSError) and cause is not None:
        return from_sdk(cause)
    return StreamLost(f"{type(error).__name__}: {error}")


def _from_call(error: CallError) -> NovaError:
    name = type(error).__name__
    if name == "CallError" and (unknown := _UNKNOWN_ERROR.search(error.message)):
        name = unknown["name"] or ""
        if name not in _BY_NAME:
            return _from_status(int(unknown["status"]), error.message)
    if name == "CallError" and isinstance(error.__cause__, NovaError):
        return error.__cause__
    return named(name, error.message, error.retry_after)


def named(name: str, message: str, retry_after: float | None = None) -> NovaError:
    """The error of ours for an exception that the service names."""
    name = name[:1].upper() + name[1:]
    text = f"{name}: {message}" if message else name
    kind = _BY_NAME.get(name, Unstable)
    if kind is Throttled:
        return Throttled(text, retry_after)
    if kind is Refused and _TRANSIENT_VALIDATION.search(message):
        return Unstable(text)
    if kind is Refused and _IDLE.search(message):
        return StreamLost(text)
    if kind is CredentialsRefused and "expired" in message.lower():
        return CredentialsExpired(text)
    return kind(text)


def _from_status(status: int, message: str) -> NovaError:
    if status == 429:
        return Throttled(message)
    if status in (401, 403):
        return CredentialsRefused(message)
    if status in (408, 424) or status >= 500:
        return Unstable(message)
    return Refused(message)
