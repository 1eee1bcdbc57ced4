"""A queue drained by simulated bots, some of which die."""

import secrets
from collections.abc import Iterator
from functools import partial

import boto3
import pytest

from services.common import budget
from services.common.sessions import SessionStatus, table_definition
from tests.bench.drain.drain import drain
from tests.bench.drain.measure import bot_settings
from tests.bench.drain.size import Size
from tests.moto_server import moto_server
from tests.queues import create_queue, dead_letters, letters


@pytest.fixture
def queue_and_table(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, str]]:
    with moto_server() as url:
        for name, value in {
            "AWS_ENDPOINT_URL": url,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
        }.items():
            monkeypatch.setenv(name, value)
        table = f"sessions-{secrets.token_hex(4)}"
        boto3.client("dynamodb").create_table(**table_definition(table))
        yield create_queue(f"jobs-{secrets.token_hex(4)}"), table


async def test_every_call_is_served_by_one_bot_at_a_time_and_none_has_more_than_it_has_places_for(
    queue_and_table: tuple[str, str],
) -> None:
    queue, table = queue_and_table
    size, slots = Size(calls=40, bots=3, deaths=1), 4
    settings = bot_settings(table, queue, slots=slots, max_calls=size.calls)

    drained = await drain(size, settings, partial(letters, queue))

    ledger = drained.ledger
    assert len(drained.records) == size.calls
    assert {record.status for record in drained.records} == {SessionStatus.ENDED}
    assert max(ledger.most_at_once().values()) <= slots
    assert ledger.shared() == []
    assert {holding.session_id for holding in ledger.holdings} == set(ledger.sent)
    assert await letters(queue) == await letters(dead_letters(queue)) == 0
    assert places(table) == 0
    # The dead bot had calls, and others went on with them.
    assert ledger.gaps()
    assert {record.strikes for record in drained.records} == {0, 1}


def places(table: str) -> int:
    """Places of the fleet's budget that are taken."""
    key = {"session_id": {"S": budget.PARTITION}, "item": {"S": "meta"}}
    item = boto3.client("dynamodb").get_item(TableName=table, Key=key)["Item"]
    return int(item["taken"]["N"])
