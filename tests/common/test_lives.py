"""Lives of calls, made up by hypothesis, against a model: leases, fencing, the fleet's budget.

Processes die, stand still and come back, callers drop and return, servers sweep, time passes. Two
stores stand for two replicas. What the table holds is compared with the model after every step.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from moto import mock_aws

from local.aws import one_at_a_time
from services.common import aws, budget
from services.common.dynamodb import Table
from services.common.errors import (
    FleetFull,
    GenerationLost,
    SessionEnded,
    SessionHeld,
    TicketRefused,
)
from services.common.records import read_session
from services.common.sessions import (
    Opened,
    SessionStatus,
    SessionStore,
    Transport,
    table_definition,
)
from tests.common.conftest import Clock
from tests.common.life import GRACE, LEASE, OVER, REGION, Life, act, contents, places

LIMIT = 3
SECONDS = st.sampled_from((1, 5, 14, 15, 16, 30, 60, 75))
REPLICA = st.integers(0, 1)
PICK = st.integers(0, 99)
DEEDS = st.sampled_from(("renew", "activate", "say", "release", "end", "fail", "lose"))


@pytest.fixture(scope="module", autouse=True)
def in_process_aws() -> Iterator[None]:
    """In this process, where a call takes milliseconds."""
    with pytest.MonkeyPatch.context() as patch, mock_aws(), one_at_a_time():
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        yield


class Lives(RuleBasedStateMachine):
    """What may happen to calls."""

    @initialize()
    def begin(self) -> None:
        """A table, two replicas, no call."""
        self.name = f"sessions-{secrets.token_hex(4)}"
        client = aws.dynamodb(REGION)
        client.create_table(**table_definition(self.name))
        self.clock = Clock()
        self.runner = asyncio.Runner()
        table = Table(client, self.name)
        self.stores = [
            SessionStore(table, lease=LEASE, grace=GRACE, max_calls=LIMIT, clock=self.clock)
            for _ in range(2)
        ]
        self.lives: list[Life] = []

    def teardown(self) -> None:
        """All leases end, and one sweep finds whatever is left."""
        if not hasattr(self, "runner"):
            return
        self.clock.forward(3600)
        self.run(self.stores[0]._budget.sweep())
        assert places(contents(self.name)) == set()
        self.runner.close()

    @rule(replica=REPLICA, transport=st.sampled_from(("websocket", "daily")), seconds=SECONDS)
    def open(self, replica: int, transport: Transport, seconds: int) -> None:
        """Somebody calls."""
        store, living = self.stores[replica], self.living()
        due = store._budget._last_swept(budget.REFUSING_SWEEP_SECONDS)
        taken = len(places(contents(self.name)))
        try:
            opened = self.run(
                store.open(transport=transport, agent="order-desk", ticket_seconds=seconds)
            )
        except FleetFull as full:
            assert taken == LIMIT
            assert len(living) == LIMIT or not due
            assert 1 <= full.retry_after <= 30
        else:
            assert len(living) < LIMIT
            self.note(opened, transport, seconds)

    @rule(seconds=SECONDS)
    def rush(self, seconds: int) -> None:
        """Many call at once while both servers sweep."""
        room = LIMIT - len(self.living())
        rush = [
            self.stores[n % 2].open(
                transport="websocket", agent="order-desk", ticket_seconds=seconds
            )
            for n in range(4)
        ]
        sweeps = [store._budget.sweep() for store in self.stores]

        async def at_once() -> list[Any]:
            return await asyncio.gather(*rush, *sweeps, return_exceptions=True)

        results = self.run(at_once())
        let_in = [result for result in results if isinstance(result, Opened)]
        assert all(isinstance(result, Opened | FleetFull | int) for result in results), results
        assert len(let_in) <= room
        for opened in let_in:
            self.note(opened, "websocket", seconds)

    @precondition(lambda self: self.lives)
    @rule(pick=PICK, replica=REPLICA, resumable=st.booleans())
    def take(self, pick: int, replica: int, resumable: bool) -> None:
        """The caller shows a ticket."""
        life = self.life(pick)
        ticket = life.opened.ticket
        now = self.clock()
        good = (
            life.transport == "websocket"
            and ticket in life.tickets
            and life.lease_until is None
            and life.status(now) is SessionStatus.WAITING
        )
        took = self.attempt(self.stores[replica].take(ticket, resumable=resumable), TicketRefused)
        assert (took is not None) == good
        if took:
            life.hold(took, now, resumable=resumable)

    @precondition(lambda self: any(life.transport == "daily" for life in self.lives))
    @rule(pick=PICK, replica=REPLICA)
    def take_job(self, pick: int, replica: int) -> None:
        """A bot gets the job, perhaps again."""
        life = self.life(pick, transport="daily")
        now = self.clock()
        status = life.status(now)
        took = self.attempt(self.stores[replica].take_job(life.id), SessionHeld, SessionEnded)
        assert (took is not None) == (status is SessionStatus.WAITING)
        if took:
            life.strikes += life.lease_until is not None
            life.hold(took, now, resumable=True)

    @precondition(lambda self: any(life.holder for life in self.lives))
    @rule(pick=PICK, replica=REPLICA, what=DEEDS, seconds=SECONDS)
    def go_on(self, pick: int, replica: int, what: str, seconds: int) -> None:
        """The process that has a call does something, perhaps after it stood still."""
        life = self.life(pick, held=True)
        now, session = self.clock(), life.holder
        assert session
        over = life.status(now) in OVER
        deed = act(self.stores[replica], session, what, seconds)
        if over:
            self.attempt(deed, GenerationLost, SessionEnded)
            return
        self.run(deed)
        if what == "renew":
            life.lease_until = now + LEASE
        elif what == "release":
            life.wait(now + timedelta(seconds=seconds))
        elif what == "lose" and not (life.last_strike or not life.grace):
            life.wait(now + life.grace)
            life.strikes += life.transport == "daily"
        elif what not in ("activate", "say"):
            life.ended = SessionStatus.ENDED if what == "end" else SessionStatus.FAILED
            life.forget_holder()
            assert life.id not in places(contents(self.name))

    @precondition(lambda self: any(life.holder for life in self.lives))
    @rule(pick=PICK)
    def crash(self, pick: int) -> None:
        """A process dies without a word, or stands still for long."""
        self.life(pick, held=True).forget_holder()

    @precondition(lambda self: any(life.fenced for life in self.lives))
    @rule(pick=PICK, replica=REPLICA, what=DEEDS)
    def haunt(self, pick: int, replica: int, what: str) -> None:
        """A process that lost its call to another wakes up: nothing may change."""
        ghosts = [ghost for life in self.lives for ghost in life.fenced]
        before = contents(self.name)
        with pytest.raises(GenerationLost):
            self.run(act(self.stores[replica], ghosts[pick % len(ghosts)], what, 60))
        assert contents(self.name) == before

    @precondition(lambda self: self.lives)
    @rule(pick=PICK, replica=REPLICA, seconds=SECONDS, old=st.booleans())
    def reopen(self, pick: int, replica: int, seconds: int, old: bool) -> None:
        """The caller comes back."""
        life = self.life(pick)
        now = self.clock()
        shown = life.resume[0] if old else life.resume[-1]
        alive = life.status(now) not in OVER
        again = self.attempt(
            self.stores[replica].reopen(shown, ticket_seconds=seconds), SessionEnded, TicketRefused
        )
        assert alive or not again
        assert again or not alive or shown != life.resume[-1]
        if again:
            life.come_back(again, now + timedelta(seconds=seconds))

    @rule(seconds=SECONDS)
    def pass_time(self, seconds: int) -> None:
        """The clock moves."""
        self.clock.forward(seconds)

    @rule(replica=REPLICA)
    def sweep(self, replica: int) -> None:
        """A server sweeps; it finds all there is, as there are few places."""
        self.run(self.stores[replica]._budget.sweep())
        assert places(contents(self.name)) == {life.id for life in self.living()}

    @invariant()
    def table_is_as_the_model(self) -> None:
        """Every call reads as it should, has a place while it lives, and the count is right."""
        if not hasattr(self, "lives"):
            return
        now, items = self.clock(), contents(self.name)
        taken = places(items)
        count = items.get((budget.PARTITION, "meta"), {"taken": 0})["taken"]
        assert count == len(taken) <= LIMIT
        assert taken >= {life.id for life in self.living()}
        for life in self.lives:
            status = read_session(items[life.id, "meta"], now).status
            expected = life.status(now)
            running = (SessionStatus.CONNECTING, SessionStatus.ACTIVE)
            assert status in running if expected is None else status is expected, life

    def run[T](self, awaitable: Awaitable[T]) -> T:
        """Awaits, as a process would."""

        async def main() -> T:
            return await awaitable

        return self.runner.run(main())

    def attempt[T](self, awaitable: Awaitable[T], *refusals: type[Exception]) -> T | None:
        """What comes of it; None where it is refused."""
        try:
            return self.run(awaitable)
        except refusals:
            return None

    def note(self, opened: Opened, transport: Transport, seconds: int) -> None:
        """Somebody got in."""
        until = self.clock() + timedelta(seconds=seconds)
        self.lives.append(Life(opened, transport, until, [opened.ticket], [opened.resume]))

    def life(self, pick: int, *, held: bool = False, transport: str | None = None) -> Life:
        """One of the calls, mostly one that is not over."""
        some = [
            life
            for life in self.lives
            if (life.holder or not held) and transport in (None, life.transport)
        ]
        living = [life for life in some if life in self.living()]
        some = living if living and pick >= 20 else some
        return some[pick % len(some)]

    def living(self) -> list[Life]:
        """The calls that are not over."""
        return [life for life in self.lives if life.status(self.clock()) not in OVER]


Lives.TestCase.settings = hypothesis_settings(
    max_examples=20, stateful_step_count=40, deadline=None
)
TestLives = Lives.TestCase
