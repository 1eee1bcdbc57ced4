"""boto3 clients whose every call ends in seconds.

The standard variables are honoured by boto3 itself: credentials and profiles, and
``AWS_ENDPOINT_URL`` or ``AWS_ENDPOINT_URL_<SERVICE>``, by which the laptop's stand-ins are found.
"""

from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_ssm import SSMClient

TIMEOUT_SECONDS = 2
"""For connecting, and again for each read; in-region calls take milliseconds."""

ATTEMPTS = 3
"""In all, with the SDK's jittered backoff between them."""


def dynamodb(region: str) -> "DynamoDBClient":
    """A DynamoDB client; safe to share between threads."""
    return boto3.client("dynamodb", region_name=region, config=_bounded())


def ssm(region: str) -> "SSMClient":
    """A Parameter Store client."""
    return boto3.client("ssm", region_name=region, config=_bounded())


def _bounded() -> Config:
    return Config(
        connect_timeout=TIMEOUT_SECONDS,
        read_timeout=TIMEOUT_SECONDS,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
    )
