"""How the service says no: before a stream is open, and on it.

EmulatorError
├── Refusal          an HTTP error response, before the stream's own response headers
├── StreamException  a modeled exception event, which ends the stream
└── StreamError      an unmodeled error event, which ends the stream
"""

from __future__ import annotations

from typing import Literal

ExceptionName = Literal[
    "internalServerException",
    "modelStreamErrorException",
    "modelTimeoutException",
    "serviceUnavailableException",
    "throttlingException",
    "validationException",
]
"""The exceptions that the operation's output event stream models."""


class EmulatorError(Exception):
    """Base of what the emulator raises to answer as the service does."""


class Refusal(EmulatorError):  # noqa: N818 - the domain's word
    """The request is answered with an HTTP error instead of a stream.

    Attributes:
        status: HTTP status code.
        code: The service's error type, as the `x-amzn-errortype` header carries it.
        message: The sentence for people.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


class StreamException(EmulatorError):  # noqa: N818 - the service's word
    """A modeled exception event.

    Attributes:
        name: Which exception, by its member name in the output union.
        message: The sentence for people.
    """

    def __init__(self, name: ExceptionName, message: str) -> None:
        super().__init__(message)
        self.name = name
        self.message = message

    @classmethod
    def invalid(cls, reason: str) -> StreamException:
        """A ValidationException in the service's words, with the reason that it keeps to itself."""
        return cls(
            "validationException",
            f"Invalid input request, please fix your input and try again. [{reason}]",
        )


class StreamError(EmulatorError):
    """An unmodeled error event.

    Attributes:
        code: The service's error type.
        message: The sentence for people.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
