"""POST /connect for a call over Daily: a room made ahead against one made on demand."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict

import boto3
import httpx

from local import probe
from local.part import Part
from services.common.sessions import table_definition
from tests.bench.figures import LOAD_COLUMN, SPREAD_COLUMNS, Figure, Spread, below
from tests.bench.processes import LoadMeter
from tests.bench.run import Run
from tests.bench.stack import REGION, plain_environment, python_part

#: What the stand-in takes for an answer. Daily's own time depends on where one is; in a Region near
#: its API a request takes a quarter of a second or so (a guess: it has not been measured).
DAILY_SECONDS = 0.25

_POOL = 2
_TABLE = "voice-sessions"
_QUEUE = "voice-jobs"
_START_SECONDS = 60
_WAIT_SECONDS = 30
_PROMISED_MS = 50


async def measure(run: Run) -> list[Figure]:
    """Measures both, each with a server of its own."""
    spreads: dict[str, Spread] = {}
    run.say("starting moto, Daily's stand-in and the server")
    async with _surroundings() as (environment, daily_url):
        meter = LoadMeter()
        for kind, pool in (("room made ahead", _POOL), ("room made on demand", 0)):
            run.say(f"{run.scale.connects} callers, {kind}")
            async with _server(environment, pool) as url, httpx.AsyncClient() as client:
                taken = await _answers(client, url, daily_url, run.scale.connects, pool)
            spreads[kind] = Spread.of(taken)
        load = meter.read()
    warm = spreads["room made ahead"]
    return [
        Figure(
            title="POST /connect for a call over Daily, in ms",
            measured=(
                "A program posts /connect to the server, one caller after the other, each as soon "
                f"as {_POOL} rooms are ready, or with no room made ahead. Daily's stand-in takes "
                f"{1000 * DAILY_SECONDS:.0f} ms for every answer."
            ),
            columns=("", *SPREAD_COLUMNS),
            rows=[[kind, *spread.cells()] for kind, spread in spreads.items()],
            expectations=[below("p99, with rooms ready", warm.p99, _PROMISED_MS, "ms")],
            notes=[
                *load.caution,
                f"{LOAD_COLUMN} over the whole run: {load}.",
                "A caller waits for two writes, to DynamoDB and SQS, which moto plays.",
            ],
            data={"spreads": {kind: asdict(spread) for kind, spread in spreads.items()}},
        )
    ]


async def _answers(
    client: httpx.AsyncClient, url: str, daily_url: str, callers: int, pool: int
) -> list[float]:
    """How long each caller waited, in ms, after one who does not count."""
    before = await _rooms(client, daily_url)
    waited: list[float] = []
    for caller in range(callers + 1):
        await _until_ready(client, daily_url, before + caller + pool)
        began = time.monotonic()
        answer = await client.post(f"{url}/connect", json={"transport": "daily"})
        waited.append(1000 * (time.monotonic() - began))
        answer.raise_for_status()
    return waited[1:]


async def _until_ready(client: httpx.AsyncClient, daily_url: str, rooms: int) -> None:
    async with asyncio.timeout(_WAIT_SECONDS):
        while await _rooms(client, daily_url) < rooms:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    # The answer with which the stand-in made the last room has arrived by then.
    await asyncio.sleep(0.05)


async def _rooms(client: httpx.AsyncClient, daily_url: str) -> int:
    """How many rooms were made so far."""
    asked = (await client.get(f"{daily_url}/_admin/requests")).json()
    return sum((one["method"], one["status"]) == ("POST", 200) for one in asked)


@asynccontextmanager
async def _surroundings() -> AsyncIterator[tuple[dict[str, str], str]]:
    """The variables that the server needs, and where Daily's stand-in is."""
    aws, daily = probe.free_ports(2)
    aws_url, daily_url = f"http://127.0.0.1:{aws}", f"http://127.0.0.1:{daily}"
    key = secrets.token_urlsafe(24)
    base = plain_environment()
    async with AsyncExitStack() as parts:
        answers = probe.http(f"{aws_url}/moto-api/")
        moto = ("local.aws", "-H", "127.0.0.1", "-p", str(aws))
        await _run(parts, python_part("aws", base, answers, *moto))
        answers = probe.http(f"{daily_url}/_admin/health")
        stand_in = ("local.daily", "--port", str(daily), "--api-key", key)
        slow = ("--slow", str(DAILY_SECONDS))
        await _run(parts, python_part("daily", base, answers, *stand_in, *slow))
        queue_url = await asyncio.to_thread(_create, aws_url)
        yield (
            base
            | {
                "AWS_ENDPOINT_URL": aws_url,
                "AWS_REGION": REGION,
                "AWS_ACCESS_KEY_ID": "local",
                "AWS_SECRET_ACCESS_KEY": "local",
                "SESSIONS_TABLE": _TABLE,
                "JOBS_QUEUE_URL": queue_url,
                "DAILY_API_KEY": key,
                "DAILY_API_URL": f"{daily_url}/v1",
                "TRANSPORTS": "daily",
                "CONNECT_AUTH": "none",
                "HOST": "127.0.0.1",
            },
            daily_url,
        )


@asynccontextmanager
async def _server(environment: dict[str, str], pool: int) -> AsyncIterator[str]:
    (port,) = probe.free_ports(1)
    url = f"http://127.0.0.1:{port}"
    own = {"PORT": str(port), "ROOM_POOL": str(pool)}
    async with AsyncExitStack() as parts:
        answers = probe.http(f"{url}/health")
        await _run(parts, python_part("server", environment | own, answers, "services.server"))
        yield url


async def _run(parts: AsyncExitStack, part: Part) -> None:
    parts.push_async_callback(part.stop)
    await part.start(lambda _part, _line: None)
    await part.until_healthy(_START_SECONDS)


def _create(aws_url: str) -> str:
    """Makes the table and the queue; tells the queue's URL."""
    session = boto3.Session("local", "local", region_name=REGION)
    session.client("dynamodb", endpoint_url=aws_url).create_table(**table_definition(_TABLE))
    queue = session.client("sqs", endpoint_url=aws_url).create_queue(QueueName=_QUEUE)
    return queue["QueueUrl"]
