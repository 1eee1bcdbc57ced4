"""The errors of ``services.common``, each saying whether trying again can help.

    ServiceError
    ├── SettingsError        the environment or Parameter Store holds something unusable
    ├── StoreError           DynamoDB did not do what was asked
    │   ├── StoreUnavailable     unreachable, slow, throttled or failing: retry
    │   └── StoreRefused         no such table, no permission, bad request: a person must act
    ├── SessionError         the session is not in a state that allows this
    │   ├── TicketRefused        unknown, used or expired
    │   ├── SessionEnded         it is over and cannot be taken up again
    │   └── GenerationLost       a newer process has this session

SDK errors are wrapped where they enter and never leave this package.
"""

# ruff: noqa: N818 - they are named for what happened

from typing import ClassVar, Literal


class ServiceError(Exception):
    """Base of every error that this package raises."""

    retryable: ClassVar[bool] = False
    """Whether the same call may succeed a moment later."""


class SettingsError(ServiceError):
    """The settings are unusable.

    Attributes:
        problems: One sentence per variable; each begins with the variable's name.
    """

    def __init__(self, problems: list[str]) -> None:
        """Collects the ``problems``, one sentence per variable."""
        super().__init__("; ".join(problems))
        self.problems = problems


class StoreError(ServiceError):
    """DynamoDB did not do what was asked.

    Attributes:
        code: DynamoDB's error code, or the name of the SDK's error.
    """

    def __init__(self, code: str) -> None:
        """Keeps the error's ``code``."""
        super().__init__(code)
        self.code = code


class StoreUnavailable(StoreError):
    """DynamoDB is unreachable, slow, throttling or failing."""

    retryable = True


class StoreRefused(StoreError):
    """DynamoDB refuses for a reason that no retry changes: permission, table, credentials."""


class SessionError(ServiceError):
    """The session is not in a state that allows what was asked."""


TicketFault = Literal["unknown", "used", "expired"]


class TicketRefused(SessionError):
    """A ticket or resume token opens nothing.

    Attributes:
        reason: ``unknown`` also covers malformed and replaced ones.
    """

    def __init__(self, reason: TicketFault) -> None:
        """Keeps the ``reason``; never the ticket."""
        super().__init__(reason)
        self.reason: TicketFault = reason


class SessionEnded(SessionError):
    """The session is over."""


class GenerationLost(SessionError):
    """A newer process has this session (or its record is gone): stop, and write nothing more."""
