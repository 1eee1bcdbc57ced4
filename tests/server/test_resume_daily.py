"""Coming back to a call over Daily, against the stand-in and moto over HTTP."""

import httpx
import pytest
from fastapi import FastAPI

from services.common import room_names
from services.common.jobs import JobQueue
from services.common.sessions import SessionStore
from services.server.app import create_app
from services.server.settings import ServerSettings
from tests.common.test_daily import claims_of
from tests.daily_stand_in import Daily, daily
from tests.server.conftest import client_of
from tests.server.test_connect import check_problem
from tests.server.test_connect_daily import (
    WANTED,
    daily_settings,
    http,
    jobs,
    server,
    waiting_jobs,
)

__all__ = ["daily", "daily_settings", "http", "jobs", "server"]


async def dropped(http: httpx.AsyncClient, store: SessionStore) -> dict[str, str]:
    """A call that a bot took and whose caller dropped."""
    opened: dict[str, str] = (await http.post("/connect", json=WANTED)).json()
    session = await store.activate(await store.take_job(opened["session_id"]))
    await store.release(session, seconds=60)
    return opened


async def test_a_caller_comes_back_to_the_same_room_with_another_token(
    http: httpx.AsyncClient, daily: Daily, store: SessionStore, jobs: JobQueue
) -> None:
    first = await dropped(http, store)
    answer = await http.post("/connect", json=WANTED | {"resume": first["resume"]})
    second = answer.json()
    assert second["session_id"] == first["session_id"]
    assert second["room_url"] == first["room_url"]
    assert second["resume"] != first["resume"]
    assert (await claims_of(daily, second["token"]))["is_owner"] is False
    assert await waiting_jobs(jobs) == [first["session_id"]] * 2
    assert len(daily.names()) == 1
    assert (await store.take_job(first["session_id"])).started_at is not None


async def test_where_the_room_is_gone_the_call_goes_on_in_another(
    http: httpx.AsyncClient, daily: Daily, store: SessionStore
) -> None:
    first = await dropped(http, store)
    (gone,) = daily.names()
    daily.stand_in.rooms.delete(gone)
    second = (await http.post("/connect", json=WANTED | {"resume": first["resume"]})).json()
    (name,) = daily.names()
    assert name != gone
    assert second["room_url"].endswith(name)
    assert room_names.session_of(name) == first["session_id"]
    session = await store.get(first["session_id"])
    assert session is not None
    assert session.room is not None
    assert session.room.url == second["room_url"]


async def test_while_daily_is_down_a_caller_still_comes_back(
    server: FastAPI, http: httpx.AsyncClient, daily: Daily, store: SessionStore
) -> None:
    first = await dropped(http, store)
    daily.fail(503, times=99)
    second = (await http.post("/connect", json=WANTED | {"resume": first["resume"]})).json()
    assert second["room_url"] == first["room_url"]


async def test_a_call_goes_on_over_another_transport_and_back(
    http: httpx.AsyncClient, daily: Daily, store: SessionStore
) -> None:
    first = (await http.post("/connect", json={"transport": "websocket"})).json()
    over_daily = {**WANTED, "resume": first["resume"]}
    second = (await http.post("/connect", json=over_daily)).json()
    (name,) = daily.names()
    assert room_names.session_of(name) == first["session_id"]
    over_socket = {"transport": "websocket", "resume": second["resume"]}
    third = (await http.post("/connect", json=over_socket)).json()
    assert "wsUrl" in third
    assert third["session_id"] == first["session_id"]


async def test_a_resume_whose_job_cannot_be_sent_can_be_asked_for_again(
    http: httpx.AsyncClient,
    daily: Daily,
    daily_settings: ServerSettings,
    store: SessionStore,
) -> None:
    first = await dropped(http, store)
    wanted = WANTED | {"resume": first["resume"]}
    url = daily_settings.jobs_queue_url + "-gone"
    settings = daily_settings.model_copy(update={"jobs_queue_url": url})
    async with client_of(create_app(settings, store)) as broken:
        check_problem(await broken.post("/connect", json=wanted), 503, "queue-unavailable")
    assert (await http.post("/connect", json=wanted)).status_code == 200
    assert len(daily.names()) == 1


@pytest.mark.parametrize("token", ["", "nonsense", "r-ses_" + "A" * 22 + "." + "x" * 43])
async def test_a_made_up_resume_token_asks_nothing_of_daily(
    http: httpx.AsyncClient, daily: Daily, token: str
) -> None:
    answer = await http.post("/connect", json=WANTED | {"resume": token})
    check_problem(answer, 403, "ticket-refused")
    assert daily.stand_in.asked == []


async def test_a_stolen_session_id_leaves_no_room(
    http: httpx.AsyncClient, daily: Daily, store: SessionStore
) -> None:
    first = (await http.post("/connect", json={"transport": "websocket"})).json()
    forged = f"r-{first['session_id']}.{'x' * 43}"
    check_problem(
        await http.post("/connect", json=WANTED | {"resume": forged}), 403, "ticket-refused"
    )
    assert daily.names() == []


async def test_a_call_that_is_over_is_not_resumed(
    http: httpx.AsyncClient, store: SessionStore
) -> None:
    opened = (await http.post("/connect", json=WANTED)).json()
    await store.end(await store.take_job(opened["session_id"]), reason="caller-left")
    answer = await http.post("/connect", json=WANTED | {"resume": opened["resume"]})
    check_problem(answer, 409, "session-ended")
