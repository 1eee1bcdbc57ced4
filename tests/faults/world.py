"""A small fleet in a small cloud: everything that a call goes through."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
import httpx

from local.seed import seed
from nova_sonic_emulator import Emulator
from services.common.dynamodb import Table
from services.common.sessions import SessionStore
from tests.bot.conftest import BRISK, Bot
from tests.daily_sdk import FOLDER
from tests.daily_stand_in import DAILY_KEY, Daily, serve_daily
from tests.faults import processes
from tests.faults.aws_proxy import AwsProxy, serve
from tests.trust import BUNDLE, CA_DIR

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_sqs import SQSClient

REGION = "us-east-1"
SESSIONS_TABLE, ORDERS_TABLE = "voice-sessions", "voice-orders"
BOTS = 2
#: One process waits for callers at the door, one for a job.
SPARES = 2
#: A busy machine holds a renewal up for a second and more, and 2 s go to clocks that differ.
LEASE_SECONDS = 8
MAX_CALLS = 2
CALL_SECONDS = 5
#: Letters and digits that only look like keys.
_FIRST_KEYS = ("AKIDFAULTS0", "the-first-secret-of-the-fault-matrix")

Keys = tuple[str, str]


@dataclass(slots=True)
class World:
    """One of everything, and two bots.

    Attributes:
        settings: What every service is told.
        aws: The network to moto.
        emulator: Nova Sonic.
        daily: Daily.
        sqs: A client that no trouble reaches.
        dynamodb: Another.
        sessions_table: The sessions' table, as no trouble reaches it.
        server: The connect server.
        bots: Every bot that is in the load balancer's target group, dead ones included.
        spoiled: Whether a row failed, and may have left something behind.
    """

    settings: dict[str, str]
    aws: AwsProxy
    emulator: Emulator
    daily: Daily
    sqs: SQSClient
    dynamodb: DynamoDBClient
    jobs_url: str
    dead_letters_url: str
    sessions_table: Table
    sessions: SessionStore
    server: Bot
    bots: list[Bot] = field(default_factory=list)
    spoiled: bool = False
    _turn: itertools.count[int] = field(default_factory=itertools.count)

    @property
    def living(self) -> list[Bot]:
        """The bots whose supervisors run."""
        return [bot for bot in self.bots if bot.process.returncode is None]

    async def hire(self, module: str = "services.bot", **settings: str) -> Bot:
        """Starts one more bot."""
        bot = await processes.start_bot(self.settings | settings, module)
        self.bots.append(bot)
        await bot.slots(idle=SPARES)
        return bot

    async def staff(self) -> None:
        """Sees that there are as many bots as there should be, all of them idle and none hidden."""
        if self.spoiled:
            await self._start_over()
        self.bots = self.living
        missing = BOTS - len(self.bots)
        async with asyncio.TaskGroup() as hiring:
            for _ in range(missing):
                hiring.create_task(self.hire())

    async def dismiss(self, *bots: Bot) -> None:
        """Ends bots, without a word."""
        for bot in bots:
            await bot.kill()
        self.bots = [bot for bot in self.bots if bot not in bots]

    async def _start_over(self) -> None:
        """Clears away what a row that failed has left."""
        await self.dismiss(*self.bots)
        for url in (self.jobs_url, self.dead_letters_url):
            await self.purge(url)
        await forget_calls(self.dynamodb, self.sessions_table)
        for name in self.daily.names():
            await self.lose_room(name)
        self.spoiled = False

    async def purge(self, url: str) -> None:
        """Empties a queue, which SQS does once a minute."""
        async with asyncio.timeout(90):
            while True:
                try:
                    await asyncio.to_thread(self.sqs.purge_queue, QueueUrl=url)
                except self.sqs.exceptions.PurgeQueueInProgress:
                    await asyncio.sleep(1)
                else:
                    return

    def doors(self) -> list[Bot]:
        """The bots in the order in which a load balancer tries them for the next connection."""
        bots = self.living
        first = next(self._turn)
        return [bots[(first + place) % len(bots)] for place in range(len(bots))]

    def keys_rotate(self) -> None:
        """From now on the role's keys are others, and the old ones open nothing."""
        keys = (f"AKIDFAULTS{secrets.token_hex(4).upper()}", secrets.token_urlsafe(24))
        self.aws.keys = keys
        self.emulator.credentials = dict([keys])

    async def status(self, bot_id: str) -> dict[str, Any]:
        """What ``GET /status`` says."""
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.get(f"{self.server.url}/status/{bot_id}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def until_failed(self, bot_id: str) -> dict[str, Any]:
        """Waits until ``GET /status`` says that a call has failed."""
        async with asyncio.timeout(60):
            while (found := await self.status(bot_id))["status"] != "failed":  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        return found

    async def lose_room(self, name: str) -> None:
        """Somebody deletes a room on Daily, which puts out whoever is in it."""
        async with httpx.AsyncClient(trust_env=False) as client:
            key = {"Authorization": f"Bearer {DAILY_KEY}"}
            answer = await client.delete(f"{self.daily.url}/rooms/{name}", headers=key)
        assert answer.status_code == 200, answer.text

    def jobs(self, url: str) -> int:
        """How many jobs a queue has, whether or not they are in flight."""
        kinds = ("", "NotVisible", "Delayed")
        names = [f"ApproximateNumberOfMessages{kind}" for kind in kinds]
        found = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        return sum(int(found[name]) for name in names)


@asynccontextmanager
async def world() -> AsyncIterator[World]:
    """Makes one."""
    async with AsyncExitStack() as resources:
        moto_url = await resources.enter_async_context(processes.moto())
        seed(
            endpoint_url=moto_url,
            region=REGION,
            sessions_table=SESSIONS_TABLE,
            orders_table=ORDERS_TABLE,
            parameter_prefix="/faults",
            secrets={},
        )
        aws = AwsProxy(moto_url, _FIRST_KEYS)
        aws_url = resources.enter_context(serve(aws))
        emulator = await resources.enter_async_context(
            Emulator(scenario=BRISK, credentials=dict([_FIRST_KEYS]), ca_dir=CA_DIR)
        )
        daily = resources.enter_context(serve_daily(meet=True))
        keys = {"aws_access_key_id": "tests", "aws_secret_access_key": "tests"}
        sqs = boto3.client("sqs", endpoint_url=moto_url, region_name=REGION, **keys)
        dynamodb = boto3.client("dynamodb", endpoint_url=moto_url, region_name=REGION, **keys)
        dead_letters, jobs = _queues(sqs)
        jobs = jobs.replace(moto_url, aws_url)
        settings = _settings(aws_url, emulator.url, daily.url, jobs)
        table = Table(dynamodb, SESSIONS_TABLE)
        await forget_calls(dynamodb, table)
        server = await processes.start_server(settings)
        resources.push_async_callback(server.kill)
        made = World(
            settings=settings,
            aws=aws,
            emulator=emulator,
            daily=daily,
            sqs=sqs,
            dynamodb=dynamodb,
            jobs_url=jobs,
            dead_letters_url=dead_letters,
            sessions_table=table,
            sessions=SessionStore(table),
            server=server,
        )
        try:
            await made.staff()
            yield made
        finally:
            await made.dismiss(*made.bots)


async def forget_calls(dynamodb: DynamoDBClient, table: Table) -> None:
    """Leaves nothing but the budget, as after many short calls: nobody shall wait for long ones."""
    names = {"TableName": SESSIONS_TABLE, "ProjectionExpression": "session_id, #item"}
    found = dynamodb.scan(**names, ExpressionAttributeNames={"#item": "item"})
    for key in found["Items"]:
        dynamodb.delete_item(TableName=SESSIONS_TABLE, Key=key)
    count = {"session_id": "budget", "item": "meta", "taken": 0, "mean_seconds": CALL_SECONDS}
    await table.put(count)


def _queues(sqs: SQSClient) -> tuple[str, str]:
    """As `cdk.data.jobs` makes them."""
    dead_letters = sqs.create_queue(QueueName="dead-letters")["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=dead_letters, AttributeNames=["QueueArn"])
    redrive = {"deadLetterTargetArn": found["Attributes"]["QueueArn"], "maxReceiveCount": 3}
    attributes = {"VisibilityTimeout": str(LEASE_SECONDS), "RedrivePolicy": json.dumps(redrive)}
    jobs = sqs.create_queue(QueueName="jobs", Attributes=attributes)["QueueUrl"]  # type: ignore[arg-type]
    return dead_letters, jobs


def _settings(aws_url: str, nova_url: str, daily_url: str, jobs_url: str) -> dict[str, str]:
    return {
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL": aws_url,
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{aws_url}/credentials",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": nova_url,
        "SSL_CERT_FILE": str(BUNDLE),
        "SESSIONS_TABLE": SESSIONS_TABLE,
        "ORDERS_TABLE": ORDERS_TABLE,
        "HOST": "127.0.0.1",
        "PORT": "0",
        "ADMIN_PORT": "0",
        "CONNECT_AUTH": "none",
        "TRANSPORTS": "websocket,daily",
        "JOBS_QUEUE_URL": jobs_url,
        "DAILY_API_KEY": DAILY_KEY,
        "DAILY_API_URL": daily_url,
        # Rooms made ahead would hide that Daily has trouble.
        "ROOM_POOL": "0",
        "PYTHONPATH": FOLDER,
        "LEASE_SECONDS": str(LEASE_SECONDS),
        "RESUME_SECONDS": "45",
        "MAX_CALLS": str(MAX_CALLS),
        "MAX_SESSIONS": "6",
        "SPARE_SESSIONS": str(SPARES // 2),
        "DRAIN_SECONDS": "1",
        "OVERLOAD_LAG_MS": "0",
        "NOVA_ENDPOINTING": "HIGH",
    }
