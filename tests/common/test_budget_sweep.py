"""Places of calls that nobody ended, given back by whoever comes by."""

import asyncio
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from services.common import aws, budget
from services.common.budget import Budget
from services.common.dynamodb import Table
from services.common.errors import GenerationLost, SessionEnded
from services.common.expressions import marshal
from services.common.records import ABANDONED
from services.common.sessions import Opened
from services.common.settings import CommonSettings
from tests.common.callers import SPOKEN, assert_full, call, open_one
from tests.common.conftest import Clock, Replica


async def test_a_refused_caller_gets_the_place_of_a_call_that_nobody_came_for(
    replica: Replica, places: Callable[[], int], clock: Clock
) -> None:
    store = replica(1)
    abandoned = await open_one(store)
    clock.forward(60)
    await open_one(store)
    assert places() == 1
    over = await store.get(abandoned.session.session_id)
    assert over is not None
    assert (over.status, over.reason) == ("ended", ABANDONED)


async def test_a_process_that_stood_still_finds_its_call_over_and_its_place_given_back_once(
    replica: Replica, places: Callable[[], int], clock: Clock
) -> None:
    store = replica(1)
    session = await call(store)
    clock.forward(15 + 59)
    await assert_full(store)
    clock.forward(1)
    await open_one(store)
    for write in (
        store.renew(session),
        store.activate(session),
        store.append_turn(session, SPOKEN),
        store.end(session, reason="caller-left"),
    ):
        with pytest.raises(GenerationLost):
            await write
    assert places() == 1


async def test_a_caller_cannot_come_back_to_a_call_whose_place_was_given_back(
    replica: Replica, clock: Clock
) -> None:
    store = replica(1)
    opened = await open_one(store)
    await store.take(opened.ticket)
    clock.forward(15 + 60)
    await open_one(store)
    with pytest.raises(SessionEnded):
        await store.reopen(opened.resume, ticket_seconds=60)


async def test_a_caller_who_comes_back_while_its_place_is_swept_keeps_it(
    settings: CommonSettings, replica: Replica, places: Callable[[], int]
) -> None:
    store, other = replica(1), replica(1)
    opened = await open_one(store)
    await store.take(opened.ticket)
    fast = Clock()
    fast.forward(15 + 60)
    client: Any = aws.dynamodb("us-east-1")
    sweeper = Budget(Table(client, settings.sessions_table), limit=1, clock=fast)
    again: list[Opened] = []

    def come_back_first(**_: object) -> None:
        if not again:
            again.append(asyncio.run(other.reopen(opened.resume, ticket_seconds=60)))

    client.meta.events.register("before-send.dynamodb.TransactWriteItems", come_back_first)
    assert await sweeper.sweep() == 0
    assert places() == 1
    assert (await store.take(again[0].ticket)).place


async def test_of_many_sweepers_each_place_is_given_back_by_one(
    settings: CommonSettings, replica: Replica, places: Callable[[], int], clock: Clock
) -> None:
    store = replica(20)
    living = [await call(store) for _ in range(3)]
    for _ in range(7):
        await call(store)
    clock.forward(74)
    for session in living:
        await store.renew(session)
    clock.forward(1)
    table = Table(aws.dynamodb("us-east-1"), settings.sessions_table)
    sweepers = [Budget(table, limit=20, clock=clock) for _ in range(4)]
    freed = await asyncio.gather(*(sweeper.sweep() for sweeper in sweepers))
    assert sum(freed) == 7
    assert places() == 3


async def test_a_sweep_reads_so_many_places_and_the_next_goes_on_behind_them(
    settings: CommonSettings,
    replica: Replica,
    places: Callable[[], int],
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(budget, "PLACES_A_SWEEP", 5)
    store = replica(20)
    for _ in range(8):
        await open_one(store)
    living = [await call(store) for _ in range(4)]
    clock.forward(60)
    for session in living:
        await store.renew(session)
    table = Table(aws.dynamodb("us-east-1"), settings.sessions_table)
    sweeper = Budget(table, limit=20, clock=clock)
    freed = [await sweeper.sweep() for _ in range(3)]
    assert max(freed) <= 5
    assert (sum(freed), places()) == (8, 4)


async def test_a_server_sweeps_now_and_then_however_often_it_is_asked(
    replica: Replica, places: Callable[[], int], clock: Clock
) -> None:
    store = replica(5)
    await open_one(store)
    clock.forward(60)
    await store.sweep()
    assert places() == 0

    await open_one(store)
    clock.forward(budget.IDLE_SWEEP_SECONDS - 1)
    await store.sweep()
    clock.forward(60 - budget.IDLE_SWEEP_SECONDS)
    assert places() == 1
    clock.forward(1)
    await store.sweep()
    assert places() == 0


async def test_a_place_whose_record_is_gone_is_given_back(
    settings: CommonSettings, replica: Replica, places: Callable[[], int]
) -> None:
    store = replica(1)
    session = await call(store)
    boto3.client("dynamodb").delete_item(
        TableName=settings.sessions_table,
        Key={"session_id": {"S": session.session_id}, "item": {"S": "meta"}},
    )
    await open_one(store)
    assert places() == 1


async def test_a_record_that_is_seen_later_than_its_place_keeps_it(
    settings: CommonSettings, replica: Replica, places: Callable[[], int], clock: Clock
) -> None:
    session = await call(replica(1))
    client: Any = aws.dynamodb("us-east-1")
    table = Table(client, settings.sessions_table)
    key = {"session_id": session.session_id, "item": "meta"}
    record = await table.get(key)
    assert record
    boto3.client("dynamodb").delete_item(TableName=settings.sessions_table, Key=marshal(key))

    def write_first(**_: object) -> None:
        boto3.client("dynamodb").put_item(TableName=settings.sessions_table, Item=marshal(record))

    client.meta.events.register("before-send.dynamodb.TransactWriteItems", write_first)
    assert await Budget(table, limit=1, clock=clock).sweep() == 0
    assert places() == 1
