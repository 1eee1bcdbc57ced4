"""When a recording begins, that it goes on in another process, and that a no stands."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest

from services.bot.recording.description import RecordingWanted
from services.bot.recording.recording import Recording
from services.bot.sound.front_end import FrontEnd
from services.common import aws as clients
from services.common.calls.archive import Archive
from services.common.calls.kept import Part
from services.common.calls.store import CallStore
from services.common.dynamodb import Table
from services.common.sessions import Session, SessionStore, Turn
from tests.bot.kept.conftest import Bucket, bucket

__all__ = ["bucket"]

pytestmark = pytest.mark.asyncio(loop_scope="module")

WANTED = RecordingWanted(announcement="This call is recorded.")
GREETED = Turn(
    number=1, role="assistant", text="This call is recorded. Hello!", started_at=datetime.now(UTC)
)


class Process:
    """A process that has a call, and its clock."""

    def __init__(self, calls: CallStore, bucket: Bucket, session: Session) -> None:
        self.now = 1000.0
        self.front_end = FrontEnd(lambda: self.now)
        self.front_end.start(16_000)
        self.later: list[Callable[[], Awaitable[None]]] = []
        self.recording = Recording(
            WANTED,
            session,
            self.front_end,
            calls=calls,
            archive=Archive(clients.s3("us-east-1"), bucket.name),
            keep=lambda _, write: self.later.append(write),
        )

    def talk(self, seconds: float) -> None:
        for _ in range(round(seconds * 50)):
            self.now += 0.02
            self.front_end.near(b"\x10\x20" * 320)

    async def write(self) -> None:
        for write in self.later:
            await write()


@pytest.fixture
def calls(aws: dict[str, str]) -> CallStore:
    return CallStore(Table(clients.dynamodb("us-east-1"), aws["SESSIONS_TABLE"]))


@pytest.fixture
async def session(sessions: SessionStore, calls: CallStore) -> Session:
    opened = await sessions.open(transport="websocket", agent="order-desk", ticket_seconds=30)
    session = await sessions.take(opened.ticket)
    await calls.begin(session, Part(generation=session.generation, started_at=datetime.now(UTC)))
    return session


async def pieces(calls: CallStore, session: Session) -> list[str]:
    kept = await calls.read(session.session_id)
    assert kept is not None
    return [segment.key for segment in kept.segments]


async def test_nothing_is_recorded_before_the_announcement_was_heard(
    calls: CallStore, bucket: Bucket, session: Session
) -> None:
    process = Process(calls, bucket, session)
    process.talk(1)
    process.recording.heard("This call")
    process.talk(1)
    await process.recording.close()
    assert process.front_end.tape is None
    assert await pieces(calls, session) == []


async def test_a_recording_goes_on_in_the_next_process(
    calls: CallStore, bucket: Bucket, session: Session
) -> None:
    first, second = (Process(calls, bucket, session) for _ in range(2))
    await first.recording.go_on([])
    first.recording.heard(GREETED.text)
    first.talk(1)
    await first.recording.close()
    await second.recording.go_on([GREETED])
    second.talk(1)
    await second.recording.close()
    keys = await pieces(calls, session)
    assert len(keys) == 2
    assert [len(bucket.read(key)) for key in keys] == pytest.approx([64_044] * 2, abs=700)


async def test_a_no_deletes_what_every_process_recorded_and_stands(
    calls: CallStore, bucket: Bucket, session: Session
) -> None:
    first, second, third = (Process(calls, bucket, session) for _ in range(3))
    first.recording.heard(GREETED.text)
    first.talk(1)
    await first.recording.close()
    await second.recording.go_on([GREETED])
    second.talk(1)
    await second.recording.stop()
    await second.write()
    second.talk(1)
    await second.recording.close()
    await third.recording.go_on([GREETED])
    third.recording.heard(GREETED.text)
    third.talk(1)
    await third.recording.close()
    kept = await calls.read(session.session_id)
    assert kept is not None
    assert kept.declined
    assert [name for name in bucket.names("recordings/") if session.session_id in name] == []
