"""A real moto server over HTTP, and session stores on a table of their own."""

import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import boto3
import pytest

from services.common import budget
from services.common.sessions import SessionStore, table_definition
from services.common.settings import CommonSettings
from tests.moto_server import moto_server


@pytest.fixture(scope="session")
def moto_url() -> Iterator[str]:
    """Where moto listens."""
    with moto_server() as url:
        yield url


@pytest.fixture
def aws(moto_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Points the standard AWS variables at moto."""
    for name, value in {
        "AWS_ENDPOINT_URL": moto_url,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
    }.items():
        monkeypatch.setenv(name, value)
    return moto_url


@pytest.fixture
def settings(aws: str) -> CommonSettings:
    """Settings that name a fresh sessions table."""
    name = f"sessions-{secrets.token_hex(4)}"
    boto3.client("dynamodb").create_table(**table_definition(name))
    return CommonSettings(sessions_table=name)


@pytest.fixture
def store(settings: CommonSettings) -> SessionStore:
    """The sessions of one replica."""
    return SessionStore.connect(settings)


class Clock:
    """A clock that moves only when told."""

    def __init__(self) -> None:
        """Starts at a fixed moment."""
        self.now = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        """What time it is."""
        return self.now

    def forward(self, seconds: float) -> None:
        """Lets time pass."""
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    """A clock that moves only when told."""
    return Clock()


@pytest.fixture
def timed(settings: CommonSettings, clock: Clock) -> SessionStore:
    """A store that lives by ``clock``."""
    return SessionStore.connect(settings, clock=clock)


type Replica = Callable[[int], SessionStore]


@pytest.fixture
def replica(settings: CommonSettings, clock: Clock) -> Replica:
    """Makes stores of one table, each with a limit of its own, that live by one clock."""

    def make(limit: int) -> SessionStore:
        wanted = settings.model_copy(update={"max_calls": limit})
        return SessionStore.connect(wanted, clock=clock)

    return make


@pytest.fixture
def places(settings: CommonSettings) -> Callable[[], int]:
    """How many places are taken; the count and the places must agree."""

    def count() -> int:
        found = boto3.client("dynamodb").query(
            TableName=settings.sessions_table,
            ConsistentRead=True,
            KeyConditionExpression="session_id = :budget",
            ExpressionAttributeValues={":budget": {"S": budget.PARTITION}},
        )["Items"]
        taken = [int(item["taken"]["N"]) for item in found if item["item"]["S"] == "meta"]
        assert sum(taken) == sum(item["item"]["S"].startswith("place#") for item in found)
        return sum(taken)

    return count
