"""Whatever the SDK raises becomes one of ours, which knows whether to try again."""

import pytest
from aws_sdk_bedrock_runtime.models import (
    AccessDeniedException,
    ModelTimeoutException,
    ThrottlingException,
    ValidationException,
)
from smithy_aws_event_stream.exceptions import UnmodeledEventError
from smithy_core.exceptions import CallError, SmithyError, SmithyIdentityError

from services.bot.nova.errors import (
    CredentialsExpired,
    CredentialsRefused,
    ModelTimeout,
    NovaError,
    Refused,
    StreamLost,
    Throttled,
    Unstable,
    from_sdk,
)

UNKNOWN = "Unknown error for operation x#y - status: {} - id: com.amazonaws.bedrockruntime#{}"


def caused[E: Exception](error: E, cause: Exception) -> E:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("raised", "ours", "retryable"),
    [
        (ThrottlingException(message="slow", retry_after=2.0), Throttled, True),
        (ModelTimeoutException(message="8 minutes"), ModelTimeout, True),
        (ValidationException(message="no such voice"), Refused, False),
        (ValidationException(message="System instability detected."), Unstable, True),
        (ValidationException(message="Timed out waiting for audio bytes"), StreamLost, True),
        (AccessDeniedException(message="not authorized"), CredentialsRefused, False),
        (CallError(message=UNKNOWN.format(403, "ExpiredTokenException")), CredentialsExpired, True),
        (
            CallError(message=UNKNOWN.format(403, "UnrecognizedClientException")),
            CredentialsRefused,
            False,
        ),
        (CallError(message="Unknown error for operation x#y - status: 429"), Throttled, True),
        (CallError(message="Unknown error for operation x#y - status: 503"), Unstable, True),
        (CallError(message="Unknown error for operation x#y - status: 404"), Refused, False),
        (UnmodeledEventError("InvalidSignatureException", "no"), CredentialsRefused, False),
        (UnmodeledEventError("SomethingNew", "hm"), Unstable, True),
        (KeyError("brandNewException"), Unstable, True),
        (SmithyIdentityError("no credentials"), CredentialsRefused, False),
        (caused(OSError("read"), StreamLost("reset")), StreamLost, True),
        (caused(SmithyError("w"), caused(OSError("r"), KeyError("newOne"))), Unstable, True),
        (OSError("Attempted to write to closed stream."), StreamLost, True),
    ],
)
def test_an_error_of_the_sdk(raised: Exception, ours: type[NovaError], retryable: bool) -> None:
    error = from_sdk(raised)
    assert type(error) is ours
    assert error.retryable is retryable


def test_a_throttled_request_says_when_to_come_back() -> None:
    error = from_sdk(ThrottlingException(message="slow", retry_after=2.0))
    assert isinstance(error, Throttled)
    assert error.retry_after == 2.0
