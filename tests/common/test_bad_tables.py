"""Tables that answer late, wrongly or not at all."""

import socket

import pytest
from botocore.awsrequest import AWSRequest, AWSResponse

from services.common import aws, dynamodb
from services.common.errors import (
    StoreRefused,
    StoreUnavailable,
)
from services.common.sessions import (
    SessionStatus,
    SessionStore,
)
from services.common.settings import CommonSettings
from tests.common.answers import Raw
from tests.common.callers import open_one, taken


async def test_a_take_whose_answer_got_lost_is_still_ours(
    settings: CommonSettings,
) -> None:
    client = aws.dynamodb("us-east-1")
    store = SessionStore(dynamodb.Table(client, settings.sessions_table))
    opened = await open_one(store)
    lost: list[bytes] = []

    def lose_first_answer(request: AWSRequest, **_: object) -> AWSResponse | None:
        if lost:
            return None
        answer = client._endpoint.http_session.send(request)
        lost.append(answer.content)
        return AWSResponse(request.url, 500, {}, answer.raw)

    client.meta.events.register("before-send.dynamodb.UpdateItem", lose_first_answer)
    session = await store.take(opened.ticket)
    assert lost
    assert (session.status, session.generation) == (SessionStatus.CONNECTING, 1)


async def test_a_write_that_meets_a_transaction_is_tried_again(settings: CommonSettings) -> None:
    client = aws.dynamodb("us-east-1")
    store = SessionStore(dynamodb.Table(client, settings.sessions_table))
    _, session = await taken(store)
    refused: list[str] = []

    def conflict_twice(request: AWSRequest, **_: object) -> AWSResponse | None:
        if len(refused) == 2:
            return None
        refused.append(request.url)
        error = b'{"__type": "com.amazonaws.dynamodb.v20120810#TransactionConflictException"}'
        return AWSResponse(request.url, 400, {}, Raw(error))

    client.meta.events.register("before-send.dynamodb.UpdateItem", conflict_twice)
    assert (await store.activate(session)).status is SessionStatus.ACTIVE
    assert len(refused) == 2


async def test_a_missing_table_is_refused_and_not_worth_a_retry(aws: str) -> None:
    store = SessionStore.connect(CommonSettings(sessions_table="no-such-table"))
    with pytest.raises(StoreRefused) as refused:
        await open_one(store)
    assert (refused.value.code, refused.value.retryable) == ("ResourceNotFoundException", False)


async def test_an_unreachable_table_is_unavailable_and_worth_a_retry(
    aws: str, monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{unused_tcp_port}")
    store = SessionStore.connect(CommonSettings())
    with pytest.raises(StoreUnavailable) as unavailable:
        await open_one(store)
    assert unavailable.value.retryable


async def test_a_silent_table_is_given_up_at_the_deadline(
    aws: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dynamodb, "DEADLINE_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(StoreUnavailable) as given_up:
            await open_one(SessionStore.connect(CommonSettings()))
    assert given_up.value.code == "DeadlineExceeded"
