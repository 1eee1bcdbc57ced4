"""What `tests.common.test_lives` tells of: how a call should stand, and what the table holds."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from services.common.expressions import unmarshal
from services.common.records import MOST_STRIKES
from services.common.sessions import Opened, Session, SessionStatus, SessionStore, Transport
from tests.common.callers import SPOKEN

REGION = "us-east-1"

LEASE = timedelta(seconds=15)
GRACE = timedelta(seconds=60)
OVER = (SessionStatus.ENDED, SessionStatus.FAILED)


@dataclass
class Life:
    """One call as it should stand."""

    opened: Opened
    transport: Transport
    until: datetime
    tickets: list[str]
    resume: list[str]
    lease_until: datetime | None = None
    grace: timedelta = GRACE
    strikes: int = 0
    ended: SessionStatus | None = None
    holder: Session | None = None
    gone: list[Session] = field(default_factory=list)
    fenced: list[Session] = field(default_factory=list)

    @property
    def id(self) -> str:
        return self.opened.session.session_id

    @property
    def last_strike(self) -> bool:
        return self.transport == "daily" and self.strikes + 1 >= MOST_STRIKES

    def status(self, now: datetime) -> SessionStatus | None:
        """What it reads as; None where a process has it, be it connecting or active."""
        if self.ended:
            return self.ended
        if self.lease_until is None:
            return SessionStatus.WAITING if self.until > now else SessionStatus.ENDED
        if self.lease_until > now:
            return None
        if self.last_strike or not self.grace:
            return SessionStatus.FAILED
        late = self.lease_until + self.grace <= now
        return SessionStatus.ENDED if late else SessionStatus.WAITING

    def wait(self, until: datetime) -> None:
        """Nobody has it."""
        self.lease_until, self.until = None, until
        self.forget_holder()

    def come_back(self, again: Opened, until: datetime) -> None:
        """The caller has it, and nobody who had it before."""
        self.wait(until)
        self.fence()
        self.opened = again
        self.tickets = [again.ticket]
        self.resume.append(again.resume)

    def hold(self, session: Session, now: datetime, *, resumable: bool) -> None:
        """A process took it."""
        self.forget_holder()
        self.fence()
        self.holder, self.tickets = session, []
        self.grace = GRACE if resumable else timedelta(0)
        self.lease_until = now + LEASE

    def forget_holder(self) -> None:
        """Whoever had it let go of it, died, or stands still."""
        if self.holder:
            self.gone.append(self.holder)
        self.holder = None

    def fence(self) -> None:
        """Whoever had it has it no more, whatever they believe."""
        self.fenced += self.gone
        self.gone = []


def act(store: SessionStore, session: Session, what: str, seconds: int) -> Awaitable[object]:
    """What a process may do to the call that it has, or believes to have."""
    deeds: dict[str, Callable[[], Awaitable[object]]] = {
        "renew": lambda: store.renew(session),
        "activate": lambda: store.activate(session),
        "say": lambda: store.append_turn(session, SPOKEN),
        "release": lambda: store.release(session, seconds=seconds),
        "end": lambda: store.end(session, reason="caller-left"),
        "fail": lambda: store.end(session, reason="failed", failed=True),
        "lose": lambda: store.lose(session),
    }
    return deeds[what]()


def contents(table: str) -> dict[tuple[str, str], Any]:
    """Every item, by its key. Asking moto itself is ten times faster than a request."""
    items = dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables[table].all_items()
    found = [item for one in items if (item := unmarshal(one.to_json()["Attributes"]))]
    return {(item["session_id"], item["item"]): item for item in found}


def places(items: dict[tuple[str, str], Any]) -> set[str]:
    """The sessions that have a place in the fleet."""
    return {name.removeprefix("place#") for _, name in items if name.startswith("place#")}
