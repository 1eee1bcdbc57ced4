"""Session records against a real DynamoDB interface (moto over HTTP)."""

import asyncio
import io
import socket
import string
from collections.abc import Iterator
from datetime import UTC, datetime

import boto3
import pytest
from botocore.awsrequest import AWSRequest, AWSResponse
from hypothesis import given
from hypothesis import strategies as st

from services.common import aws, dynamodb, room_names, tickets
from services.common.errors import (
    GenerationLost,
    SessionEnded,
    StoreRefused,
    StoreUnavailable,
    TicketRefused,
)
from services.common.records import ABANDONED
from services.common.sessions import (
    Opened,
    Room,
    Session,
    SessionStatus,
    SessionStore,
    Turn,
)
from services.common.settings import CommonSettings
from tests.common.conftest import Clock

SPOKEN = Turn(
    number=1,
    role="user",
    text="Where is my order?",
    started_at=datetime(2026, 11, 21, 12, 0, tzinfo=UTC),
)


class Raw(io.BytesIO):
    """The body of an answer, as the SDK reads it."""

    def stream(self) -> Iterator[bytes]:
        yield self.read()


async def open_one(store: SessionStore) -> Opened:
    return await store.open(transport="websocket", agent="order-desk", ticket_seconds=60)


async def taken(store: SessionStore) -> tuple[Opened, Session]:
    opened = await open_one(store)
    return opened, await store.take(opened.ticket)


async def test_a_call_goes_through_its_statuses(timed: SessionStore, clock: Clock) -> None:
    opened = await open_one(timed)
    assert opened.session.status is SessionStatus.WAITING
    assert opened.session.bot_id.removeprefix("bot_") == opened.session.session_id[4:]

    session = await timed.take(opened.ticket)
    assert (session.status, session.generation) == (SessionStatus.CONNECTING, 1)

    clock.forward(1)
    session = await timed.activate(session)
    assert (session.status, session.started_at) == (SessionStatus.ACTIVE, clock.now)

    for _ in range(9):
        clock.forward(10)
        session = await timed.renew(session)
    await timed.end(session, reason="caller-left")
    over = await timed.get(session.session_id)
    assert over is not None
    assert (over.status, over.reason, over.ended_at) == ("ended", "caller-left", clock.now)


async def test_a_second_replica_sees_every_change_at_once(
    store: SessionStore, settings: CommonSettings
) -> None:
    other = SessionStore.connect(settings)
    opened = await open_one(store)
    assert await other.find_bot(opened.session.bot_id) == opened.session
    session = await other.activate(await other.take(opened.ticket))
    assert await store.find_bot(session.bot_id) == session


async def test_of_twenty_takers_of_one_ticket_exactly_one_wins(
    store: SessionStore, settings: CommonSettings
) -> None:
    replicas = [store, SessionStore.connect(settings)]
    opened = await open_one(store)
    taking = (replicas[n % 2].take(opened.ticket) for n in range(20))
    results = await asyncio.gather(*taking, return_exceptions=True)
    refused = [r.reason for r in results if isinstance(r, TicketRefused)]
    assert refused == ["used"] * 19
    assert [r.generation for r in results if isinstance(r, Session)] == [1]


async def test_a_ticket_is_good_until_its_deadline(timed: SessionStore, clock: Clock) -> None:
    opened = await open_one(timed)
    clock.forward(60)
    with pytest.raises(TicketRefused) as refused:
        await timed.take(opened.ticket)
    assert refused.value.reason == "expired"


async def test_a_ticket_with_a_wrong_secret_opens_nothing(store: SessionStore) -> None:
    opened = await open_one(store)
    forged = tickets.mint(opened.session.session_id, "ticket")
    with pytest.raises(TicketRefused) as refused:
        await store.take(forged)
    assert refused.value.reason == "unknown"
    assert (await store.take(opened.ticket)).status is SessionStatus.CONNECTING


async def test_a_ticket_of_no_session_creates_none(store: SessionStore) -> None:
    session_id = "ses_" + "A" * 22
    with pytest.raises(TicketRefused):
        await store.take(tickets.mint(session_id, "ticket"))
    assert await store.get(session_id) is None


async def test_a_resume_token_is_no_ticket_nor_a_ticket_a_resume_token(
    store: SessionStore,
) -> None:
    opened = await open_one(store)
    with pytest.raises(TicketRefused):
        await store.take(opened.resume)
    with pytest.raises(TicketRefused):
        await store.reopen(opened.ticket, ticket_seconds=60)


@given(text=st.text(max_size=100) | st.text(string.ascii_letters + ".-_\n", min_size=60))
def test_garbage_is_neither_ticket_nor_resume_token(text: str) -> None:
    assert tickets.Presented.parse(text, "ticket") is None
    assert tickets.Presented.parse(text, "resume") is None


async def test_the_table_holds_no_ticket(store: SessionStore, settings: CommonSettings) -> None:
    opened = await open_one(store)
    stored = str(boto3.client("dynamodb").scan(TableName=settings.sessions_table))
    for token in (opened.ticket, opened.resume):
        assert token.partition(".")[2] not in stored


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


async def test_a_released_call_is_resumed_with_its_turns_and_its_start(
    timed: SessionStore, clock: Clock
) -> None:
    opened, session = await taken(timed)
    session = await timed.activate(session)
    started = clock.now
    await timed.append_turn(session, SPOKEN)
    await timed.release(session, seconds=60)
    clock.forward(59)

    again = await timed.reopen(opened.resume, ticket_seconds=60)
    assert again.session.session_id == session.session_id
    resumed = await timed.activate(await timed.take(again.ticket))
    assert resumed.started_at == started
    assert resumed.generation > session.generation
    assert await timed.turns(resumed.session_id) == [SPOKEN]


async def test_a_caller_may_come_back_over_another_transport(store: SessionStore) -> None:
    opened, _ = await taken(store)
    again = await store.reopen(opened.resume, ticket_seconds=60, transport="webrtc")
    assert (await store.take(again.ticket, over="webrtc")).transport == "webrtc"


async def test_a_released_session_cannot_be_taken_with_the_old_ticket(store: SessionStore) -> None:
    opened, session = await taken(store)
    await store.release(session, seconds=60)
    with pytest.raises(TicketRefused) as refused:
        await store.take(opened.ticket)
    assert refused.value.reason == "used"


async def test_resuming_twice_before_connecting_leaves_only_the_last_ticket(
    store: SessionStore,
) -> None:
    opened, _ = await taken(store)
    lost = await store.reopen(opened.resume, ticket_seconds=60)
    kept = await store.reopen(opened.resume, ticket_seconds=60)
    with pytest.raises(TicketRefused):
        await store.take(lost.ticket)
    await store.take(kept.ticket)


async def test_a_resume_token_is_dead_once_its_successor_connected(store: SessionStore) -> None:
    opened, _ = await taken(store)
    again = await store.reopen(opened.resume, ticket_seconds=60)
    await store.take(again.ticket)
    with pytest.raises(TicketRefused):
        await store.reopen(opened.resume, ticket_seconds=60)


async def test_a_caller_who_comes_back_fences_off_the_bot_that_missed_the_drop(
    store: SessionStore,
) -> None:
    opened, session = await taken(store)
    old = await store.activate(session)
    again = await store.reopen(opened.resume, ticket_seconds=60)
    new = await store.take(again.ticket)

    for write in (
        store.activate(old),
        store.append_turn(old, SPOKEN),
        store.release(old, seconds=60),
        store.end(old, reason="caller-left"),
    ):
        with pytest.raises(GenerationLost):
            await write
    now = await store.get(old.session_id)
    assert now == new
    assert await store.turns(old.session_id) == []


async def test_an_ended_session_stays_as_it_first_ended(store: SessionStore) -> None:
    opened, session = await taken(store)
    await store.end(session, reason="caller-left")
    await store.end(session, reason="drained", failed=True)
    await store.release(session, seconds=60)
    over = await store.get(session.session_id)
    assert over is not None
    assert (over.status, over.reason) == (SessionStatus.ENDED, "caller-left")
    with pytest.raises(SessionEnded):
        await store.activate(session)
    with pytest.raises(SessionEnded):
        await store.reopen(opened.resume, ticket_seconds=60)


async def test_a_session_nobody_came_for_reads_as_abandoned(
    timed: SessionStore, clock: Clock
) -> None:
    opened = await open_one(timed)
    clock.forward(60)
    deadline = clock.now
    clock.forward(3600)
    over = await timed.find_bot(opened.session.bot_id)
    assert over is not None
    assert (over.status, over.reason, over.ended_at) == ("ended", ABANDONED, deadline)
    with pytest.raises(SessionEnded):
        await timed.reopen(opened.resume, ticket_seconds=60)


async def test_a_caller_who_comes_back_too_late_finds_the_session_ended(
    timed: SessionStore, clock: Clock
) -> None:
    opened, session = await taken(timed)
    await timed.release(session, seconds=60)
    clock.forward(60)
    with pytest.raises(SessionEnded):
        await timed.reopen(opened.resume, ticket_seconds=60)


async def test_turns_come_back_in_order_and_complete_however_many(store: SessionStore) -> None:
    _, session = await taken(store)
    spoken = [
        SPOKEN.model_copy(update={"number": n, "text": "w" * 200_000, "interrupted": n == 3})
        for n in range(1, 12)
    ]
    for turn in reversed(spoken):
        await store.append_turn(session, turn)
    assert await store.turns(session.session_id) == spoken


async def test_a_session_is_called_as_its_room_is(store: SessionStore) -> None:
    room = Room(name=room_names.new_name(), url="https://voice.daily.co/x")
    opened = await store.open(transport="daily", agent="a", room=room, ticket_seconds=60)
    assert opened.session.session_id == room_names.session_of(room.name)
    assert await store.get(opened.session.session_id) == opened.session
    assert (await store.take_job(opened.session.session_id)).room == room


async def test_a_session_that_nobody_came_for_can_be_called_off(store: SessionStore) -> None:
    session = (await open_one(store)).session
    await store.call_off(session, reason="no-agent-called")
    found = await store.get(session.session_id)
    assert found is not None
    assert (found.status, found.reason) == ("failed", "no-agent-called")


async def test_a_session_that_somebody_took_is_not_called_off(store: SessionStore) -> None:
    opened = await open_one(store)
    await store.take(opened.ticket)
    await store.call_off(opened.session, reason="no-agent-called")
    found = await store.get(opened.session.session_id)
    assert found is not None
    assert found.status == "connecting"


async def test_an_unknown_bot_is_none(store: SessionStore) -> None:
    for bot_id in ("bot_" + "A" * 22, "bot_", "ses_" + "A" * 22, "", "bot_" + "é" * 3000):
        assert await store.find_bot(bot_id) is None


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
