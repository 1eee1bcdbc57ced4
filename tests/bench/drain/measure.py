"""`make bench BENCH=drain`: a queue of calls and the bots that drain it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict
from functools import partial
from unittest import mock

import boto3

from local import probe
from services.bot.settings import BotSettings
from services.common.sessions import SessionStatus, table_definition
from tests.bench.drain.drain import Drained, drain
from tests.bench.figures import LOAD_COLUMN, SPREAD_COLUMNS, Expectation, Figure, Spread
from tests.bench.processes import LoadMeter
from tests.bench.run import Run
from tests.bench.stack import REGION, plain_environment, python_part
from tests.queues import create_queue, dead_letters, letters

SLOTS = 4
SPARE = 2
LEASE_SECONDS = 5
"""The shortest that the settings allow."""

_TABLE = "drained-sessions"
_START_SECONDS = 60


async def measure(run: Run) -> list[Figure]:
    """Has simulated bots drain a queue."""
    size = run.scale.drain
    run.say("starting moto")
    async with _aws() as queue_url:
        settings = bot_settings(_TABLE, queue_url, slots=SLOTS)
        run.say(f"{size.calls} calls on the queue, {size.bots} bots, {size.deaths} of them to die")
        meter = LoadMeter()
        drained = await drain(size, settings, partial(letters, queue_url))
        load = meter.read()
        dead = await letters(dead_letters(queue_url))
    ledger = drained.ledger
    most = max(ledger.most_at_once().values())
    waits = Spread.of(ledger.waits())
    gaps = ledger.gaps()
    rows = [["on the queue until a bot has the call", *waits.cells()]]
    if gaps:
        rows.append(["without a bot after one died", *Spread.of(gaps).cells()])
    return [
        Figure(
            title=f"{size.calls} queued calls drained by a simulated fleet, in s",
            measured=(
                f"All calls are on the queue when {size.bots} bots of {SLOTS} places come; "
                f"{size.deaths} of them die within their first calls, and every fifth job is there "
                "twice. Queue, records and what a bot's processes do with them are the product's; "
                f"a call is a pause of 1.5 s on average, the lease is {LEASE_SECONDS} s, and "
                "moto answers one request at a time."
            ),
            columns=("", *SPREAD_COLUMNS),
            rows=rows,
            expectations=[
                Expectation(
                    "calls of a bot at once: never more than its places", str(most), most <= SLOTS
                ),
                Expectation(
                    "calls that two living bots had: none",
                    str(len(ledger.shared())),
                    not ledger.shared(),
                ),
                Expectation(
                    "calls served, nothing left on the queue or with the dead letters",
                    f"{served(drained)} of {size.calls}, {dead} dead letters",
                    served(drained) == size.calls and not dead,
                ),
            ],
            notes=[
                *load.caution,
                "The last place of a bot is for callers who come over a socket.",
                f"{size.calls / drained.seconds:.0f} calls a second, "
                f"{drained.seconds:.1f} s in all; {LOAD_COLUMN}: {load}.",
            ],
            data={
                "calls": size.calls,
                "bots": size.bots,
                "seconds": drained.seconds,
                "most_at_once": ledger.most_at_once(),
                "waits": asdict(waits),
                "gaps": gaps,
                "load": asdict(load),
            },
        )
    ]


def served(drained: Drained) -> int:
    """How many calls were served to their end."""
    return sum(each.status is SessionStatus.ENDED for each in drained.records)


def bot_settings(table: str, queue_url: str, *, slots: int, max_calls: int = 0) -> BotSettings:
    """The settings of simulated bots.

    Args:
        table: Of the session records.
        queue_url: Of the jobs.
        slots: Of one bot.
        max_calls: Of the whole fleet; with many calls none, because moto copies the whole table for
            every transaction.
    """
    return BotSettings(
        sessions_table=table,
        jobs_queue_url=queue_url,
        max_sessions=slots,
        spare_sessions=SPARE,
        lease_seconds=LEASE_SECONDS,
        max_calls=max_calls,
        daily_api_key="nobody-asks-for-it",
        aws_region=REGION,
    )


@asynccontextmanager
async def _aws() -> AsyncIterator[str]:
    """moto, with a table and a queue; this process's AWS is there meanwhile."""
    (port,) = probe.free_ports(1)
    url = f"http://127.0.0.1:{port}"
    answers = probe.http(f"{url}/moto-api/")
    arguments = ("local.aws", "-H", "127.0.0.1", "-p", str(port))
    moto = python_part("aws", plain_environment(), answers, *arguments)
    variables = {
        "AWS_ENDPOINT_URL": url,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
    }
    async with AsyncExitStack() as resources:
        resources.push_async_callback(moto.stop)
        await moto.start(lambda _part, _line: None)
        await moto.until_healthy(_START_SECONDS)
        resources.enter_context(mock.patch.dict(os.environ, variables))
        boto3.client("dynamodb").create_table(**table_definition(_TABLE))
        yield create_queue("drained-jobs")
