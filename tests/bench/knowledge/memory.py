"""How long it takes to know a caller: once from the table, then from the process's own memory."""

from __future__ import annotations

import logging
import time
from dataclasses import asdict

import boto3

from services.bot.memory import MemoryStore, Recollection, Remembering
from services.common.dynamodb import Table
from services.common.sessions import table_definition
from tests.bench.figures import SPREAD_COLUMNS, Figure, Spread, below
from tests.bench.run import Run
from tests.moto_server import moto_server

_FACTS = 20
_CALLERS = 50


async def measure_memory(run: Run) -> Figure:
    """Measures both, with as many facts as an agent keeps."""
    run.say("callers who are remembered")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # moto's line for every request
    wanted = Remembering(remember="everything.", most=_FACTS)
    loads: list[float] = []
    reads: list[float] = []
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
        for number in range(_FACTS):
            await store.add("anna", "desk", f"The caller said {number} of so many things.", days=1)
        for _ in range(min(_CALLERS, run.scale.searches)):
            known = Recollection(store, "anna", "desk", wanted)
            began = time.perf_counter()
            await known.load()
            loads.append((time.perf_counter() - began) * 1000)
            for _ in range(20):
                began = time.perf_counter()
                known.briefing()
                reads.append((time.perf_counter() - began) * 1000)
    load, read = Spread.of(loads), Spread.of(reads)
    return Figure(
        title=f"Knowing a caller of whom {_FACTS} facts are noted, in ms",
        measured=(
            "Loading: one query, before the greeting, from moto on this machine, which takes "
            "longer for it than DynamoDB does. Later: what a stream begins with, written anew."
        ),
        columns=("", *SPREAD_COLUMNS),
        rows=[["loaded when a call begins", *load.cells()], ["from then on", *read.cells()]],
        expectations=[below("in a call: p99 of what is known of its caller", read.p99, 2, "ms")],
        data={"load_ms": asdict(load), "read_ms": asdict(read)},
    )
