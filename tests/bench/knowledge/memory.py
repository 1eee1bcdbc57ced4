"""How long it takes to know a caller: once from the table, then from the process's own memory."""

from __future__ import annotations

import logging
import time
from dataclasses import asdict
from typing import Any

import boto3

from services.bot.memory import MemoryStore, Recollection, Remembering
from services.common.dynamodb import Table
from services.common.sessions import table_definition
from tests.bench.figures import SPREAD_COLUMNS, Figure, Spread, below
from tests.bench.run import Run
from tests.moto_server import moto_server

_FACTS = (1, 20, 50)  # an agent's file may say 50, and says 20 where it says nothing
_CALLS = 50
_READS = 20


async def measure_memory(run: Run) -> Figure:
    """Measures both, with as many facts as an agent keeps."""
    run.say("callers who are remembered")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # moto's line for every request
    rows: list[list[str]] = []
    data: dict[str, Any] = {}
    reads: list[Spread] = []
    with moto_server() as url:
        client = boto3.client(
            "dynamodb",
            endpoint_url=url,
            region_name="us-east-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )
        client.create_table(**table_definition("memories"))
        store = MemoryStore(Table(client, "memories"))
        for facts in _FACTS:
            load, read = await _measured(store, facts, min(_CALLS, run.scale.searches))
            reads.append(read)
            rows.append([f"{facts}, loaded when a call begins", *load.cells()])
            rows.append([f"{facts}, from then on", *read.cells()])
            data[str(facts)] = {"load_ms": asdict(load), "read_ms": asdict(read)}
    slowest = max(read.p99 for read in reads)
    return Figure(
        title="Knowing a caller of whom so many facts are noted, in ms",
        measured=(
            "Loading: one query, before the greeting, from moto on this machine, which takes "
            "longer for it than DynamoDB does. Later: what a stream begins with, written anew."
        ),
        columns=("facts", *SPREAD_COLUMNS),
        rows=rows,
        expectations=[below("in a call: p99 of what is known of its caller", slowest, 2, "ms")],
        data=data,
    )


async def _measured(store: MemoryStore, facts: int, calls: int) -> tuple[Spread, Spread]:
    caller = f"somebody of whom {facts} are known"
    wanted = Remembering(remember="everything.", most=facts)
    for number in range(facts):
        await store.add(caller, "desk", f"The caller said {number} of so many things.", days=1)
    loads: list[float] = []
    reads: list[float] = []
    for _ in range(calls):
        known = Recollection(store, caller, "desk", wanted)
        began = time.perf_counter()
        await known.load()
        loads.append((time.perf_counter() - began) * 1000)
        for _ in range(_READS):
            began = time.perf_counter()
            known.briefing()
            reads.append((time.perf_counter() - began) * 1000)
    return Spread.of(loads), Spread.of(reads)
