"""POST /connect for calls over Daily, against the stand-in and moto over HTTP."""

import asyncio
import json
import secrets
import time
from collections.abc import AsyncIterator

import boto3
import httpx
import pytest
from fastapi import FastAPI
from loguru import logger

from services.common import log
from services.common.jobs import JobQueue
from services.common.sessions import SessionStore
from services.common.settings import read_settings
from services.server.app import create_app
from services.server.settings import ServerSettings
from tests.common.test_daily import claims_of
from tests.daily_stand_in import DAILY_KEY, Daily, daily
from tests.server.conftest import client_of
from tests.server.test_connect import check_problem
from tests.server.test_rooms import until

__all__ = ["daily"]

WANTED = {"transport": "daily"}


@pytest.fixture
def daily_settings(
    server_settings: ServerSettings, daily: Daily, monkeypatch: pytest.MonkeyPatch
) -> ServerSettings:
    """A server for calls over Daily and over WebSocket."""
    queue = boto3.client("sqs").create_queue(QueueName=f"jobs-{secrets.token_hex(4)}")
    for name, value in {
        "TRANSPORTS": "daily,websocket",
        "DAILY_API_KEY": DAILY_KEY,
        "DAILY_API_URL": daily.url,
        "DAILY_GEO": "eu-central-1",
        "JOBS_QUEUE_URL": queue["QueueUrl"],
    }.items():
        monkeypatch.setenv(name, value)
    return read_settings(ServerSettings)


@pytest.fixture
def jobs(daily_settings: ServerSettings) -> JobQueue:
    """The queue, as bots see it."""
    return JobQueue.connect(daily_settings)


@pytest.fixture
def server(daily_settings: ServerSettings, store: SessionStore) -> FastAPI:
    """One replica that is not running in the background, as in Lambda."""
    return create_app(daily_settings, store)


@pytest.fixture
async def http(server: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A caller with the key."""
    async with client_of(server) as client:
        yield client


async def waiting_jobs(jobs: JobQueue) -> list[str]:
    """The session ids of all jobs on the queue."""
    found = []
    while received := await jobs.receive(wait_seconds=0, lease_seconds=30):
        found.append(received.job.session_id)
    return found


async def test_a_call_over_daily_gets_a_room_a_token_and_a_job(
    http: httpx.AsyncClient, daily: Daily, store: SessionStore, jobs: JobQueue
) -> None:
    answer = await http.post("/connect", json=WANTED | {"agent": "it-help-desk"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert set(body) == {"session_id", "bot_id", "resume", "room_url", "token"}
    (name,) = daily.names()
    assert body["room_url"] == f"https://voice.daily.co/{name}"
    session = await store.get(body["session_id"])
    assert session is not None
    assert (session.status, session.transport) == ("waiting", "daily")
    assert (session.agent, session.room and session.room.name) == ("it-help-desk", name)
    assert await waiting_jobs(jobs) == [body["session_id"]]


async def test_the_callers_token_is_short_and_no_owners(
    http: httpx.AsyncClient, daily: Daily, daily_settings: ServerSettings
) -> None:
    body = (await http.post("/connect", json=WANTED)).json()
    claims = await claims_of(daily, body["token"])
    assert claims["is_owner"] is False
    assert claims["user_id"] == "caller"
    assert body["room_url"].endswith(str(claims["room_name"]))
    assert isinstance(claims["exp"], int)
    assert claims["exp"] <= time.time() + daily_settings.ticket_seconds


async def test_with_rooms_made_ahead_nothing_is_asked_of_daily(
    server: FastAPI, daily: Daily, http: httpx.AsyncClient
) -> None:
    async with server.router.lifespan_context(server):
        await until(lambda: server.state.daily.rooms.ready == 2)
        asked = len(daily.stand_in.asked)
        daily.fail(500, times=999)
        answers = await asyncio.gather(*(http.post("/connect", json=WANTED) for _ in range(2)))
        assert [answer.status_code for answer in answers] == [200, 200]
        # Only the background asked, for the rooms of the next callers.
        assert {a.method for a in daily.stand_in.asked[asked:]} <= {"POST"}
        daily.stand_in.faults.clear()


async def test_the_end_of_a_server_leaves_the_rooms_of_calls_and_no_others(
    server: FastAPI, daily: Daily, http: httpx.AsyncClient
) -> None:
    async with server.router.lifespan_context(server):
        await until(lambda: server.state.daily.rooms.ready == 2)
        body = (await http.post("/connect", json=WANTED)).json()
    assert [f"https://voice.daily.co/{name}" for name in daily.names()] == [body["room_url"]]


@pytest.mark.parametrize(
    ("fault", "status", "slug"),
    [
        ({"status": 429}, 502, "daily-unavailable"),
        ({"status": 500}, 502, "daily-unavailable"),
        ({"status": 401}, 502, "daily-refused"),
        ({"status": 400}, 502, "daily-refused"),
        ({"status": None}, 504, "daily-timeout"),
    ],
)
async def test_daily_failing_is_said_plainly_and_leaves_nothing(
    http: httpx.AsyncClient,
    daily: Daily,
    jobs: JobQueue,
    fault: dict[str, object],
    status: int,
    slug: str,
) -> None:
    daily.fail(times=99, **fault)  # type: ignore[arg-type]
    answer = await http.post("/connect", json=WANTED)
    problem = check_problem(answer, status, slug)
    assert "Daily" in str(problem["detail"])
    assert DAILY_KEY not in answer.text
    assert ("retry-after" in answer.headers) == (slug != "daily-refused")
    daily.stand_in.faults.clear()
    assert daily.names() == []
    assert await waiting_jobs(jobs) == []


async def test_a_pause_that_daily_wishes_for_is_passed_on(
    http: httpx.AsyncClient, daily: Daily
) -> None:
    daily.fail(429, retry_after="40")
    answer = await http.post("/connect", json=WANTED)
    check_problem(answer, 502, "daily-unavailable")
    assert answer.headers["retry-after"] == "40"


async def test_passing_trouble_is_not_noticed(http: httpx.AsyncClient, daily: Daily) -> None:
    daily.fail(429, times=1)
    daily.fail(503, times=1)
    assert (await http.post("/connect", json=WANTED)).status_code == 200


async def test_a_job_that_cannot_be_sent_ends_the_session_and_its_room(
    daily: Daily,
    daily_settings: ServerSettings,
    store: SessionStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = daily_settings.jobs_queue_url + "-gone"
    settings = daily_settings.model_copy(update={"jobs_queue_url": url})
    async with client_of(create_app(settings, store)) as http:
        opened: list[str] = []
        keep(store, monkeypatch, opened)
        answer = await http.post("/connect", json=WANTED)
    check_problem(answer, 503, "queue-unavailable")
    assert answer.headers["retry-after"] == "2"
    (session_id,) = opened
    session = await store.get(session_id)
    assert session is not None
    assert (session.status, session.reason) == ("failed", "no-agent-called")
    assert daily.names() == []


def keep(store: SessionStore, monkeypatch: pytest.MonkeyPatch, opened: list[str]) -> None:
    """Notes which sessions are opened: nobody is told of one that fails."""
    original = store.open

    async def noting(**wanted: object) -> object:
        result = await original(**wanted)  # type: ignore[arg-type]
        opened.append(result.session.session_id)
        return result

    monkeypatch.setattr(store, "open", noting)


async def test_a_record_that_cannot_be_written_ends_the_room(
    daily: Daily, daily_settings: ServerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SESSIONS_TABLE", "no-such-table")
    store = SessionStore.connect(read_settings(ServerSettings))
    async with client_of(create_app(daily_settings, store)) as http:
        check_problem(await http.post("/connect", json=WANTED), 500, "internal-error")
    assert daily.names() == []


async def test_a_full_fleet_gives_its_room_to_the_next_caller(
    daily: Daily, daily_settings: ServerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAX_CALLS", "1")
    settings = read_settings(ServerSettings)
    store = SessionStore.connect(settings)
    async with client_of(create_app(settings, store)) as http:
        first = (await http.post("/connect", json=WANTED)).json()
        for _ in range(3):
            check_problem(await http.post("/connect", json=WANTED), 503, "fleet-full")
        assert len(daily.names()) == 2
        await store.end(await store.take_job(first["session_id"]), reason="caller-left")
        assert (await http.post("/connect", json=WANTED)).status_code == 200
    assert len(daily.names()) == 2


async def test_no_secret_is_logged(
    http: httpx.AsyncClient,
    daily: Daily,
    daily_settings: ServerSettings,
    capsys: pytest.CaptureFixture[str],
) -> None:
    log.configure("DEBUG", "json", secrets=daily_settings.secrets)
    try:
        body = (await http.post("/connect", json=WANTED)).json()
        daily.fail(401, times=9)
        await http.post("/connect", json=WANTED)
        logger.info("joining with {} and {}", body["token"], DAILY_KEY)
    finally:
        logger.remove()
    shown = capsys.readouterr().err
    assert "daily refuses" in shown
    for hidden in (DAILY_KEY, *body["token"].split(".")[1:], body["resume"].partition(".")[2]):
        assert hidden not in shown
    assert all(json.loads(line) for line in shown.splitlines())


async def test_answers_fit_what_openapi_says(http: httpx.AsyncClient) -> None:
    schemas = (await http.get("/openapi.json")).json()["components"]["schemas"]
    opened = (await http.post("/connect", json=WANTED)).json()
    assert set(schemas["DailyConnection"]["example"]) == set(opened)
    assert set(schemas["DailyConnection"]["required"]) == set(opened)
