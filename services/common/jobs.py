"""The queue from which bots pull calls, called from asyncio: our values, our errors, a deadline.

A job stays in flight for as long as its call lasts: its visibility timeout is extended by the
process that serves it. Should that process die, the job comes back by itself. SQS may deliver a job
twice; which process has the call is decided by the session's record alone.

boto3 blocks, so each call runs in a thread.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from botocore.exceptions import BotoCoreError, ClientError
from loguru import logger
from pydantic import BaseModel, ConfigDict, ValidationError

from services.common import aws
from services.common.errors import QueueError, QueueRefused, QueueUnavailable
from services.common.records import Session
from services.common.settings import CommonSettings

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

DEADLINE_SECONDS = 5.0
"""Of one call with all its attempts, besides the time that a receiver waits for a job."""

LONGEST_WAIT_SECONDS = 10
"""For a job; SQS's own limit is 20. Whoever waits cannot leave meanwhile."""

THREADS = 4
"""Calls at once. A process waits for a job, or extends the one that it has; a server sends."""

_FLEETING = ("OverLimit", "RequestThrottled", "KmsThrottled", "Throttling", "ThrottlingException")
"""Codes of refusals that pass, as those with status 500 and above do."""


class Job(BaseModel):
    """A call that waits for a bot.

    Attributes:
        opening: Which opening of the session it belongs to. A caller who comes back brings a new
            job, and an old one that is still around is worth nothing.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    session_id: str
    opening: str = ""

    @classmethod
    def of(cls, session: Session) -> Self:
        """The job of a session that was just opened, or opened again."""
        return cls(session_id=session.session_id, opening=session.opening)


@dataclass(frozen=True, slots=True)
class Received:
    """A job in flight.

    Attributes:
        receipt: What SQS knows this delivery by; a later delivery makes it worthless.
        receive_count: How often the job was delivered, by SQS's approximate count.
    """

    job: Job
    receipt: str
    receive_count: int


class JobQueue:
    """One SQS queue, with a deadline on every call.

    Every method raises `QueueUnavailable` or `QueueRefused`.
    """

    def __init__(self, client: "SQSClient", waiting: "SQSClient", url: str) -> None:
        """Uses the queue at ``url``; ``waiting`` is the client whose calls may last longer."""
        self._client = client
        self._waiting = waiting
        self._url = url
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="jobs")

    @classmethod
    def connect(cls, settings: CommonSettings) -> Self:
        """The queue that the settings name. Opens no connection yet."""
        region = settings.aws_region
        waiting = aws.sqs(region, wait_seconds=LONGEST_WAIT_SECONDS)
        return cls(aws.sqs(region), waiting, settings.jobs_queue_url)

    async def send(self, job: Job, *, delay_seconds: int = 0) -> None:
        """Puts a job on the queue, to be received after ``delay_seconds`` (900 at most)."""
        await self._call(
            lambda: self._client.send_message(
                QueueUrl=self._url, MessageBody=job.model_dump_json(), DelaySeconds=delay_seconds
            )
        )

    async def receive(self, *, wait_seconds: int, lease_seconds: int) -> Received | None:
        """The next job, which is in flight for ``lease_seconds`` then; None if there is none.

        Do not cancel it: a job that arrives then is nobody's until its lease is over.

        Args:
            wait_seconds: How long to wait for one, `LONGEST_WAIT_SECONDS` at most.
            lease_seconds: After how long it comes back, unless it is extended or deleted.
        """
        answer = await self._call(
            lambda: self._waiting.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=1,
                WaitTimeSeconds=wait_seconds,
                VisibilityTimeout=lease_seconds,
                MessageSystemAttributeNames=["ApproximateReceiveCount"],
            ),
            wait_seconds=wait_seconds,
        )
        for message in answer.get("Messages", ()):
            try:
                job = Job.model_validate_json(message["Body"])
            except ValidationError:
                # It comes back some times and then ends with the dead letters.
                logger.bind(message_id=message["MessageId"]).error("job cannot be read")
                continue
            count = message.get("Attributes", {}).get("ApproximateReceiveCount", "1")
            return Received(job, message["ReceiptHandle"], int(count))
        return None

    async def extend(self, received: Received, *, seconds: int) -> None:
        """Keeps a job in flight for ``seconds`` from now; with 0 it comes back at once.

        Raises:
            QueueRefused: Also where the job was delivered again, or is no longer in flight.
        """
        await self._call(
            lambda: self._client.change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=received.receipt, VisibilityTimeout=seconds
            )
        )

    async def delete(self, received: Received) -> None:
        """Takes a job off the queue: its call is over."""
        await self._call(
            lambda: self._client.delete_message(QueueUrl=self._url, ReceiptHandle=received.receipt)
        )

    async def give_back(self, received: Received, *, delay_seconds: int = 0) -> None:
        """Lets another process have a job of which none died.

        It goes back as a new job, because SQS counts deliveries: a call that was handed over some
        times must not end with the dead letters. Should only the first of the two steps succeed,
        the job is there twice, which does no harm.
        """
        await self.send(received.job, delay_seconds=delay_seconds)
        await self.delete(received)

    async def _call[T](self, operation: Callable[[], T], *, wait_seconds: int = 0) -> T:
        try:
            async with asyncio.timeout(wait_seconds + DEADLINE_SECONDS):
                return await asyncio.get_running_loop().run_in_executor(self._threads, operation)
        except TimeoutError as error:
            raise QueueUnavailable("DeadlineExceeded") from error
        except ClientError as error:
            raise _meaning(error) from error
        except BotoCoreError as error:
            kind = QueueUnavailable if isinstance(error, aws.FLEETING) else QueueRefused
            raise kind(type(error).__name__) from error


def _meaning(error: ClientError) -> QueueError:
    code = str(error.response.get("Error", {}).get("Code", "Unknown"))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
    passes = status >= 500 or code.rpartition(".")[2] in _FLEETING
    return QueueUnavailable(code) if passes else QueueRefused(code)
