"""The queue that bots pull calls from, and where jobs end that nobody can serve."""

from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

_TAKES = 3
"""A job that three bots died of is nobody's any more."""

_LONGEST_IN_QUEUE = Duration.hours(6)
"""A job in flight ages too, so this is more than the longest call with each of three bots; it is
far less than SQS keeps by itself, because a caller has hung up long before."""

_LONGEST_WAIT = Duration.seconds(10)
"""For a job: a bot that waits cannot leave meanwhile. Bots say so themselves:
``services.common.jobs.LONGEST_WAIT_SECONDS``."""


@dataclass(frozen=True, kw_only=True)
class JobsProps:
    """What the queue needs.

    Attributes:
        key: What it is encrypted with.
        lease: After how long a job whose bot died comes back; the bot renews it.
    """

    key: kms.IKey
    lease: Duration


class JobsQueue(Construct):
    """Calls that wait for a bot, each in flight for as long as it lasts."""

    def __init__(self, scope: Construct, id: str, *, props: JobsProps) -> None:
        """Makes the queue and its dead-letter queue."""
        super().__init__(scope, id)
        self.key = props.key
        self.dead_letters = sqs.Queue(
            self,
            "DeadLetters",
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=props.key,
            enforce_ssl=True,
            retention_period=Duration.days(14),
        )
        self.queue = sqs.Queue(
            self,
            "Queue",
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=props.key,
            enforce_ssl=True,
            visibility_timeout=props.lease,
            retention_period=_LONGEST_IN_QUEUE,
            receive_message_wait_time=_LONGEST_WAIT,
            dead_letter_queue=sqs.DeadLetterQueue(
                queue=self.dead_letters, max_receive_count=_TAKES
            ),
        )
