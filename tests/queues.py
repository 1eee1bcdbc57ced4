"""Queues as `cdk.data.jobs` makes them."""

import asyncio
import json

import boto3

TAKES = 3
"""As often a job is delivered before it is a dead letter."""


def create_queue(name: str) -> str:
    """Creates a queue and, beside it, its dead-letter queue; tells the queue's URL."""
    sqs = boto3.client("sqs")
    dead = sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])
    redrive = {
        "deadLetterTargetArn": attributes["Attributes"]["QueueArn"],
        "maxReceiveCount": TAKES,
    }
    return sqs.create_queue(QueueName=name, Attributes={"RedrivePolicy": json.dumps(redrive)})[
        "QueueUrl"
    ]


def dead_letters(url: str) -> str:
    """The URL of a queue's dead-letter queue."""
    return f"{url}-dead"


async def letters(url: str) -> int:
    """How many jobs a queue has, in flight or not."""
    names = (
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesDelayed",
    )
    sqs = boto3.client("sqs")
    answer = await asyncio.to_thread(
        sqs.get_queue_attributes, QueueUrl=url, AttributeNames=list(names)
    )
    return sum(int(answer["Attributes"][name]) for name in names)
