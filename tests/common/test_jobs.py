"""The jobs queue against a real SQS interface (moto over HTTP)."""

import asyncio
import secrets
import socket
from collections.abc import Iterator

import boto3
import pytest

from services.common import jobs
from services.common.errors import QueueRefused, QueueUnavailable
from services.common.jobs import Job, JobQueue, Received
from services.common.settings import CommonSettings
from tests.queues import create_queue, letters

JOB = Job(session_id="ses_" + "A" * 22)


@pytest.fixture
def url(aws: str) -> str:
    """A fresh queue."""
    return create_queue(f"jobs-{secrets.token_hex(4)}")


@pytest.fixture
def queue(url: str) -> JobQueue:
    """The queue as a process sees it."""
    return JobQueue.connect(CommonSettings(jobs_queue_url=url))


async def receive(queue: JobQueue) -> Received | None:
    return await queue.receive(wait_seconds=0, lease_seconds=30)


async def received(queue: JobQueue, *, lease_seconds: int = 30) -> Received:
    found = await queue.receive(wait_seconds=10, lease_seconds=lease_seconds)
    assert found is not None
    return found


async def test_a_job_is_in_flight_until_it_is_deleted(queue: JobQueue, url: str) -> None:
    await queue.send(JOB)
    found = await received(queue)
    assert (found.job, found.receive_count) == (JOB, 1)
    assert await receive(queue) is None
    await queue.delete(found)
    assert await letters(url) == 0


async def test_a_job_that_is_not_extended_comes_back_and_its_old_receipt_is_worth_nothing(
    queue: JobQueue,
) -> None:
    await queue.send(JOB)
    first = await received(queue, lease_seconds=1)
    second = await received(queue)
    assert (second.job, second.receive_count) == (JOB, 2)
    assert second.receipt != first.receipt
    await queue.delete(second)
    with pytest.raises(QueueRefused):
        await queue.extend(first, seconds=30)


async def test_an_extended_job_stays_in_flight(queue: JobQueue) -> None:
    await queue.send(JOB)
    found = await received(queue, lease_seconds=1)
    await queue.extend(found, seconds=30)
    assert await receive(queue) is None


async def test_a_job_whose_process_died_comes_back_at_once(queue: JobQueue) -> None:
    await queue.send(JOB)
    await queue.extend(await received(queue), seconds=0)
    assert (await received(queue)).receive_count == 2


async def test_a_job_that_was_handed_over_any_number_of_times_is_no_dead_letter(
    queue: JobQueue, url: str
) -> None:
    await queue.send(JOB)
    for _ in range(5):
        found = await received(queue)
        assert found.receive_count == 1
        await queue.give_back(found)
    assert await letters(url) == 1


async def test_a_job_given_back_for_later_comes_later(queue: JobQueue) -> None:
    await queue.send(JOB)
    await queue.give_back(await received(queue), delay_seconds=1)
    assert await receive(queue) is None
    assert (await received(queue)).job == JOB


async def test_what_is_no_job_is_nobody_s(queue: JobQueue, url: str) -> None:
    boto3.client("sqs").send_message(QueueUrl=url, MessageBody="hello?")
    assert await receive(queue) is None


async def test_a_missing_queue_is_refused_and_not_worth_a_retry(aws: str) -> None:
    nowhere = JobQueue.connect(CommonSettings(jobs_queue_url=f"{aws}/123456789012/no-such-queue"))
    with pytest.raises(QueueRefused) as refused:
        await nowhere.send(JOB)
    assert not refused.value.retryable


async def test_an_unreachable_queue_is_unavailable_and_worth_a_retry(
    aws: str, monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int
) -> None:
    nowhere = f"http://127.0.0.1:{unused_tcp_port}"
    monkeypatch.setenv("AWS_ENDPOINT_URL", nowhere)
    queue = JobQueue.connect(CommonSettings(jobs_queue_url=f"{nowhere}/1/jobs"))
    with pytest.raises(QueueUnavailable) as unavailable:
        await queue.send(JOB)
    assert unavailable.value.retryable


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch, aws: str) -> Iterator[JobQueue]:
    """A queue that takes connections and never answers."""
    monkeypatch.setattr(jobs, "DEADLINE_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        yield JobQueue.connect(CommonSettings(jobs_queue_url=f"{url}/1/jobs"))


async def test_a_silent_queue_is_given_up_at_the_deadline(silent: JobQueue) -> None:
    calls = (
        silent.receive(wait_seconds=0, lease_seconds=30),
        silent.extend(Received(JOB, "receipt", 1), seconds=30),
    )
    for given_up in await asyncio.gather(*calls, return_exceptions=True):
        assert isinstance(given_up, QueueUnavailable)
        assert given_up.code == "DeadlineExceeded"
