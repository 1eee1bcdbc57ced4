"""The errors of ``services.common``, each saying whether trying again can help.

    ServiceError
    ├── SettingsError        the environment or Parameter Store holds something unusable
    ├── StoreError           DynamoDB did not do what was asked
    │   ├── StoreUnavailable     unreachable, slow, throttled or failing: retry
    │   └── StoreRefused         no such table, no permission, bad request: a person must act
    ├── QueueError           SQS did not do what was asked
    │   ├── QueueUnavailable     unreachable, slow, throttled or failing: retry
    │   └── QueueRefused         no such queue, no permission, not in flight: no retry helps
    ├── ArchiveError         S3 did not do what was asked
    │   ├── ArchiveUnavailable   unreachable, slow, throttling or failing: retry
    │   └── ArchiveRefused       no such bucket, no permission: a person must act
    ├── DailyError           Daily's REST API did not do what was asked
    │   ├── DailyUnavailable     unreachable, slow, limiting or failing: retry
    │   └── DailyRefused         wrong key, bad request: a person must act
    ├── SessionError         the session is not in a state that allows this
    │   ├── TicketRefused        unknown, used, expired or for another transport
    │   ├── FleetFull            every call that the fleet may hold is taken: retry later
    │   ├── SessionEnded         it is over and cannot be taken up again
    │   ├── SessionHeld          a process that lives has it: retry when its lease has run out
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


class QueueError(ServiceError):
    """SQS did not do what was asked.

    Attributes:
        code: SQS's error code, or the name of the SDK's error.
    """

    def __init__(self, code: str) -> None:
        """Keeps the error's ``code``."""
        super().__init__(code)
        self.code = code


class QueueUnavailable(QueueError):
    """SQS is unreachable, slow, throttling or failing."""

    retryable = True


class QueueRefused(QueueError):
    """SQS refuses for a reason that no retry changes: permission, queue, a job's old receipt."""


class ArchiveError(ServiceError):
    """S3 did not do what was asked.

    Attributes:
        code: S3's error code, or the name of the SDK's error.
    """

    def __init__(self, code: str) -> None:
        """Keeps the error's ``code``."""
        super().__init__(code)
        self.code = code


class ArchiveUnavailable(ArchiveError):
    """S3 is unreachable, slow, throttling or failing."""

    retryable = True


class ArchiveRefused(ArchiveError):
    """S3 refuses for a reason that no retry changes: permission, bucket, credentials."""


class DailyError(ServiceError):
    """Daily's REST API did not do what was asked.

    Attributes:
        code: Daily's ``error``, such as ``rate-limit-error``, or the name of what went wrong on the
            way there; ``timeout`` where no answer came in time.
    """

    def __init__(self, code: str) -> None:
        """Keeps the error's ``code``."""
        super().__init__(code)
        self.code = code


class DailyUnavailable(DailyError):
    """Daily is unreachable, slow, failing, or says that we ask too often.

    Attributes:
        retry_after: Seconds that Daily asked us to wait; None where it did not.
    """

    retryable = True

    def __init__(self, code: str, *, retry_after: float | None = None) -> None:
        """Keeps the error's ``code`` and how long to wait."""
        super().__init__(code)
        self.retry_after = retry_after


class DailyRefused(DailyError):
    """Daily refuses for a reason that no retry changes: the key, the request."""


class SessionError(ServiceError):
    """The session is not in a state that allows what was asked."""


TicketFault = Literal["unknown", "used", "expired", "for another transport"]


class TicketRefused(SessionError):
    """A ticket or resume token opens nothing.

    Attributes:
        reason: ``unknown`` also covers malformed and replaced ones.
    """

    def __init__(self, reason: TicketFault) -> None:
        """Keeps the ``reason``; never the ticket."""
        super().__init__(reason)
        self.reason: TicketFault = reason


class FleetFull(SessionError):
    """The fleet holds as many calls as it may.

    Attributes:
        retry_after: In how many seconds it may be the caller's turn.
    """

    retryable = True

    def __init__(self, retry_after: int) -> None:
        """Keeps in how many seconds to ask again."""
        super().__init__("full")
        self.retry_after = retry_after


class SessionEnded(SessionError):
    """The session is over, or there is none."""


class SessionHeld(SessionError):
    """A process that may still live has the session.

    Attributes:
        seconds: After how long its lease will have run out, unless it is renewed.
    """

    retryable = True

    def __init__(self, seconds: float) -> None:
        """Keeps for how many ``seconds`` the lease still holds."""
        super().__init__("held")
        self.seconds = seconds


class GenerationLost(SessionError):
    """A newer process has this session (or its record is gone): stop, and write nothing more."""
