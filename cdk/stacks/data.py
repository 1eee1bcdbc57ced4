"""The stack that keeps what callers leave behind."""

from aws_cdk import CfnOutput, Duration, RemovalPolicy, Stack
from aws_cdk import Environment as Target
from constructs import Construct

from cdk.config import Environment
from cdk.data import (
    AccessLogs,
    DataKey,
    JobsProps,
    JobsQueue,
    Records,
    RecordsProps,
    Transcripts,
    TranscriptsProps,
)


class DataStack(Stack):
    """Data that outlives every deployment."""

    def __init__(self, scope: Construct, *, config: Environment, env: Target) -> None:
        """Makes tables, buckets and queues."""
        super().__init__(
            scope,
            f"{config.prefix}-data",
            env=env,
            description=f"Voice agents, {config.name}: session records, transcripts, jobs, logs",
            termination_protection=config.protected,
        )
        operations = config.operations
        removal = RemovalPolicy.RETAIN if config.protected else RemovalPolicy.DESTROY
        self.key = DataKey(self, "Key", alias=f"{config.prefix}-data", removal=removal).key
        self.logs = AccessLogs(self, "Logs", days=operations.log_days, removal=removal).bucket
        self.records = Records(
            self, "Records", props=RecordsProps(key=self.key, protected=config.protected)
        )
        self.transcripts = Transcripts(
            self,
            "Transcripts",
            props=TranscriptsProps(
                key=self.key, logs=self.logs, days=operations.record_days, removal=removal
            ),
        ).bucket
        self.jobs = JobsQueue(
            self,
            "Jobs",
            props=JobsProps(key=self.key, lease=Duration.seconds(config.drain.lease_seconds)),
        )
        # For `make calls`.
        CfnOutput(self, "SessionsTable", value=self.records.sessions.table_name)
        CfnOutput(self, "TranscriptsBucket", value=self.transcripts.bucket_name)
