"""The fleet's budget of calls against a real DynamoDB interface (moto over HTTP)."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from services.common import aws, budget
from services.common.dynamodb import Table
from services.common.errors import FleetFull
from services.common.sessions import Opened, SessionStore
from services.common.settings import CommonSettings
from tests.common.answers import Raw
from tests.common.callers import assert_full, call, open_one
from tests.common.conftest import Clock, Replica


async def test_over_the_limit_nobody_gets_in_until_a_call_ends(
    replica: Replica, places: Callable[[], int]
) -> None:
    store, other = replica(2), replica(2)
    first = await call(store)
    await call(other)
    await assert_full(store)
    await assert_full(other)
    assert places() == 2

    await other.end(first, reason="caller-left")
    await store.end(first, reason="caller-left")
    assert places() == 1
    await open_one(store)
    await assert_full(store)


async def test_of_many_callers_at_once_as_many_get_in_as_there_are_places(
    replica: Replica, places: Callable[[], int]
) -> None:
    replicas = [replica(7), replica(7)]
    opening = (open_one(replicas[n % 2]) for n in range(20))
    results = await asyncio.gather(*opening, return_exceptions=True)
    assert sum(isinstance(result, Opened) for result in results) == 7
    assert sum(isinstance(result, FleetFull) for result in results) == 13
    assert places() == 7


async def test_without_a_limit_nothing_is_counted(
    replica: Replica, places: Callable[[], int]
) -> None:
    store = replica(0)
    await store.end(await call(store), reason="caller-left")
    await store.sweep()
    assert places() == 0


async def test_a_call_keeps_its_place_while_its_caller_comes_back(
    replica: Replica, places: Callable[[], int], clock: Clock
) -> None:
    store = replica(1)
    opened = await open_one(store)
    session = await store.activate(await store.take(opened.ticket))
    await store.release(session, seconds=60)
    clock.forward(59)
    await assert_full(store)
    again = await store.reopen(opened.resume, ticket_seconds=60)
    await assert_full(store)
    resumed = await store.activate(await store.take(again.ticket))
    await assert_full(store)
    await store.end(resumed, reason="caller-left")
    assert places() == 0


async def test_a_call_ends_though_somebody_took_its_place_away_by_hand(
    settings: CommonSettings, replica: Replica
) -> None:
    store = replica(1)
    session = await call(store)
    client = boto3.client("dynamodb")
    for item in (f"place#{session.session_id}", "meta"):
        key = {"session_id": {"S": budget.PARTITION}, "item": {"S": item}}
        client.delete_item(TableName=settings.sessions_table, Key=key)
    await store.end(session, reason="caller-left")
    over = await store.get(session.session_id)
    assert over is not None
    assert over.reason == "caller-left"
    await open_one(store)
    await assert_full(store)


async def test_a_limit_that_was_lowered_or_lifted_counts_on(
    replica: Replica, places: Callable[[], int]
) -> None:
    first, second, _ = [await call(replica(3)) for _ in range(3)]
    lowered, lifted = replica(2), replica(0)
    await lowered.end(first, reason="caller-left")
    await assert_full(lowered)
    await lifted.end(second, reason="caller-left")
    assert places() == 1
    await call(lifted)
    assert places() == 1
    await open_one(lowered)
    await assert_full(lowered)


async def test_refused_callers_are_told_when_it_may_be_their_turn(
    replica: Replica, clock: Clock
) -> None:
    store = replica(4)
    calls = [await call(store) for _ in range(4)]
    clock.forward(20)
    for session in calls:
        await store.renew(session)
    clock.forward(20)
    for session in calls:
        await store.end(session, reason="caller-left")
        await open_one(store)
    # Calls last 40 s, so a place of 4 is free every 10 s; whoever was told before comes first.
    assert [await assert_full(store) for _ in range(5)] == [10, 20, 30, 30, 30]
    clock.forward(20)
    assert await assert_full(store) == 30
    clock.forward(30)
    assert await assert_full(store) == 10


async def test_the_mean_length_follows_the_calls_that_ended_lately(
    replica: Replica, clock: Clock
) -> None:
    store = replica(4)

    async def ended_calls(many: int, seconds: int) -> int:
        for _ in range(many):
            session = await call(store)
            clock.forward(seconds)
            await store.end(session, reason="caller-left")
        kept = [await call(store) for _ in range(4)]
        wait = await assert_full(store)
        for session in kept:
            await store.end(session, reason="caller-left")
        clock.forward(60)
        return wait

    assert await ended_calls(1, 70) == 18
    assert 1 <= await ended_calls(30, 4) <= 2


async def test_before_any_call_ended_the_wait_is_a_guess_within_bounds(replica: Replica) -> None:
    store = replica(1)
    await call(store)
    assert await assert_full(store) == 30
    many = replica(1000)
    assert many._budget._retry_after({"mean_seconds": 4}) == 1


async def test_an_opening_that_meets_a_transaction_is_tried_again(
    settings: CommonSettings, places: Callable[[], int]
) -> None:
    client: Any = aws.dynamodb("us-east-1")
    store = SessionStore(Table(client, settings.sessions_table), max_calls=1)
    refused: list[str] = []

    def conflict_twice(request: Any, **_: object) -> AWSResponse | None:  # noqa: ANN401
        if len(refused) == 2:
            return None
        refused.append(request.url)
        error = {
            "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
            "CancellationReasons": [{"Code": "TransactionConflict"}, {"Code": "None"}],
        }
        return AWSResponse(request.url, 400, HTTPHeaders(), Raw(json.dumps(error).encode()))

    client.meta.events.register("before-send.dynamodb.TransactWriteItems", conflict_twice)
    await open_one(store)
    assert (len(refused), places()) == (2, 1)


async def test_an_opening_whose_answer_got_lost_takes_one_place(
    settings: CommonSettings, places: Callable[[], int]
) -> None:
    client: Any = aws.dynamodb("us-east-1")
    store = SessionStore(Table(client, settings.sessions_table), max_calls=1)
    lost: list[bytes] = []

    def lose_first_answer(request: Any, **_: object) -> AWSResponse | None:  # noqa: ANN401
        if lost:
            return None
        answer = client._endpoint.http_session.send(request)
        lost.append(answer.content)
        return AWSResponse(request.url, 500, HTTPHeaders(), answer.raw)

    client.meta.events.register("before-send.dynamodb.TransactWriteItems", lose_first_answer)
    session = await call(store)
    assert lost
    assert places() == 1
    lost.clear()
    await store.end(session, reason="caller-left")
    assert places() == 0
