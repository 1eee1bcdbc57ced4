"""boto3 clients whose every call ends in seconds.

The standard variables are honoured by boto3 itself: credentials and profiles, and
``AWS_ENDPOINT_URL`` or ``AWS_ENDPOINT_URL_<SERVICE>``, by which the laptop's stand-ins are found.
"""

from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import (
    ConnectionError as NoConnectionError,
)
from botocore.exceptions import (
    CredentialRetrievalError,
    HTTPClientError,
    MetadataRetrievalError,
)

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_s3 import S3Client
    from types_boto3_sqs import SQSClient
    from types_boto3_ssm import SSMClient

TIMEOUT_SECONDS = 2
"""For connecting, and again for each read; in-region calls take milliseconds."""

ATTEMPTS = 3
"""In all, with the SDK's jittered backoff between them."""

FLEETING = (NoConnectionError, HTTPClientError, CredentialRetrievalError, MetadataRetrievalError)
"""The SDK's own errors that may be gone a moment later."""


def dynamodb(region: str) -> "DynamoDBClient":
    """A DynamoDB client; safe to share between threads."""
    return boto3.client("dynamodb", region_name=region, config=_bounded())


def ssm(region: str) -> "SSMClient":
    """A Parameter Store client."""
    return boto3.client("ssm", region_name=region, config=_bounded())


def s3(region: str) -> "S3Client":
    """A bucket's client; its users try again themselves."""
    return boto3.client("s3", region_name=region, config=_bounded(attempts=1))


def sqs(region: str, *, wait_seconds: int = 0) -> "SQSClient":
    """A queue's client; one whose calls wait for a message leaves trying again to its user."""
    attempts = 1 if wait_seconds else ATTEMPTS
    return boto3.client("sqs", region_name=region, config=_bounded(wait_seconds, attempts))


def _bounded(wait_seconds: int = 0, attempts: int = ATTEMPTS) -> Config:
    return Config(
        connect_timeout=TIMEOUT_SECONDS,
        read_timeout=TIMEOUT_SECONDS + wait_seconds,
        retries={"mode": "standard", "total_max_attempts": attempts},
    )
