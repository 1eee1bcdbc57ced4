"""What outlives a deployment: session records, orders, transcripts, jobs, logs, their key."""

from cdk.data.jobs import JobsProps, JobsQueue
from cdk.data.keys import DataKey
from cdk.data.logs import AccessLogs
from cdk.data.records import Records, RecordsProps
from cdk.data.transcripts import Transcripts, TranscriptsProps

__all__ = [
    "AccessLogs",
    "DataKey",
    "JobsProps",
    "JobsQueue",
    "Records",
    "RecordsProps",
    "Transcripts",
    "TranscriptsProps",
]
