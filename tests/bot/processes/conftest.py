"""Bots that pull calls from a queue."""

import secrets
from collections.abc import AsyncIterator

import pytest

from nova_sonic_emulator import Emulator
from services.common.jobs import JobQueue
from services.common.sessions import SessionStore
from services.common.settings import CommonSettings
from tests.bot.conftest import BRISK, NOVA_KEY_ID, NOVA_SECRET, Bot, StartBot, launch
from tests.bot.processes.queue_calls import LEASE_SECONDS, Queue
from tests.bot.rooms.server import Rooms
from tests.queues import create_queue


@pytest.fixture
async def queue(aws: dict[str, str], sessions: SessionStore) -> AsyncIterator[Queue]:
    """A queue and rooms of the test's own."""
    url = create_queue(f"jobs-{secrets.token_hex(4)}")
    jobs = JobQueue.connect(CommonSettings(jobs_queue_url=url))
    async with Rooms() as rooms:
        yield Queue(url, jobs, sessions, rooms)


@pytest.fixture
async def start_pulling(aws: dict[str, str], queue: Queue) -> AsyncIterator[StartBot]:
    """Starts bots on the queue and on a brisk Nova Sonic of their own; each ends with the test."""
    bots: list[Bot] = []
    pulls = {
        "JOBS_QUEUE_URL": queue.url,
        "DAILY_API_KEY": "there-is-no-daily-here",
        "LEASE_SECONDS": str(LEASE_SECONDS),
        "MAX_SESSIONS": "4",
        "SPARE_SESSIONS": "1",
    }

    async with Emulator(scenario=BRISK, credentials={NOVA_KEY_ID: NOVA_SECRET}) as emulator:
        pulls["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"] = emulator.url
        pulls["SSL_CERT_FILE"] = str(emulator.ca_file)

        async def start(**settings: str) -> Bot:
            bots.append(await launch({**aws, **pulls, **settings}, module="tests.bot.rooms"))
            return bots[-1]

        yield start
        for bot in bots:
            await bot.kill()
