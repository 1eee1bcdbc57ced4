"""POST /connect where the whole fleet holds as many calls as it may."""

from collections.abc import Callable

import httpx
import pytest
from fastapi import FastAPI

from services.common.errors import StoreUnavailable
from services.common.sessions import SessionStore
from services.server.app import create_app
from services.server.settings import ServerSettings
from tests.common.conftest import Clock
from tests.server.conftest import client_of
from tests.server.test_connect import check_problem, ticket_in

WANTED = {"transport": "websocket"}


@pytest.fixture
def replica(
    server_settings: ServerSettings, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], FastAPI]:
    """Makes servers of a fleet for one call."""
    monkeypatch.setenv("MAX_CALLS", "1")

    def make() -> FastAPI:
        settings = ServerSettings()
        return create_app(settings, SessionStore.connect(settings, clock=clock))

    return make


async def test_over_the_limit_every_server_answers_503_with_when_to_come_back(
    replica: Callable[[], FastAPI],
) -> None:
    async with client_of(replica()) as http, client_of(replica()) as elsewhere:
        assert (await http.post("/connect", json=WANTED)).status_code == 200
        for full in (http, elsewhere):
            answer = await full.post("/connect", json=WANTED)
            problem = check_problem(answer, 503, "fleet-full")
            assert problem["title"] == "All agents are busy"
            assert answer.headers["retry-after"] == "30"
            assert answer.headers["cache-control"] == "no-store"


async def test_a_browser_on_another_origin_may_read_when_to_come_back(
    replica: Callable[[], FastAPI],
) -> None:
    async with client_of(replica()) as http:
        origin = {"Origin": "https://talk.example.com"}
        await http.post("/connect", json=WANTED, headers=origin)
        answer = await http.post("/connect", json=WANTED, headers=origin)
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers["access-control-expose-headers"]


async def test_whoever_is_in_a_call_comes_back_to_it_when_the_fleet_is_full(
    replica: Callable[[], FastAPI],
) -> None:
    app = replica()
    async with client_of(app) as http:
        opened = (await http.post("/connect", json=WANTED)).json()
        await app.state.store.take(ticket_in(opened["wsUrl"]))
        again = await http.post("/connect", json=WANTED | {"resume": opened["resume"]})
        assert again.status_code == 200
        check_problem(await http.post("/connect", json=WANTED), 503, "fleet-full")


async def test_the_next_caller_gets_in_when_a_call_ends_or_nobody_came_for_it(
    replica: Callable[[], FastAPI], clock: Clock
) -> None:
    app = replica()
    async with client_of(app) as http:
        opened = (await http.post("/connect", json=WANTED)).json()
        session = await app.state.store.take(ticket_in(opened["wsUrl"]))
        await app.state.store.end(session, reason="caller-left")
        assert (await http.post("/connect", json=WANTED)).status_code == 200
        clock.forward(60)
        assert (await http.post("/connect", json=WANTED)).status_code == 200


async def test_a_server_that_refuses_nobody_sweeps_after_its_answer(
    replica: Callable[[], FastAPI], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAX_CALLS", "9")
    app = create_app(ServerSettings(), SessionStore.connect(ServerSettings(), clock=clock))
    async with client_of(app) as http:
        abandoned = (await http.post("/connect", json=WANTED)).json()
        clock.forward(60)
        await http.post("/connect", json=WANTED)
    count = await app.state.store._table.get({"session_id": "budget", "item": "meta"})
    assert count["taken"] == 1
    record = await app.state.store._table.get(
        {"session_id": abandoned["session_id"], "item": "meta"}
    )
    assert record["status"] == "ended"


async def test_a_caller_is_not_troubled_by_a_sweep_that_fails(
    replica: Callable[[], FastAPI], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = replica()

    async def fail(*_: object) -> None:
        raise StoreUnavailable("ThrottlingException")

    monkeypatch.setattr(app.state.store._budget, "sweep", fail)
    async with client_of(app) as http:
        assert (await http.post("/connect", json=WANTED)).status_code == 200


async def test_the_description_shows_the_refusal(http: httpx.AsyncClient) -> None:
    described = (await http.get("/openapi.json")).json()
    busy = described["paths"]["/connect"]["post"]["responses"]["503"]["content"]
    example = busy["application/problem+json"]["examples"]["fleet-full"]["value"]
    assert (example["type"], example["status"]) == ("/problems/fleet-full", 503)
