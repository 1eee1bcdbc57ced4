"""POST /connect and GET /status, as callers and bots see them."""

import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from services.common.errors import TicketRefused
from services.common.sessions import SessionStore
from services.common.settings import CommonSettings
from services.server.app import create_app
from services.server.settings import ServerSettings
from tests.common.conftest import Clock
from tests.server.conftest import API_KEY, client_of


def ticket_in(url: str) -> str:
    return parse_qs(urlsplit(url).query)["ticket"][0]


def check_problem(answer: httpx.Response, status: int, slug: str) -> dict[str, object]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"]
    problem: dict[str, object] = answer.json()
    assert (problem["type"], problem["status"]) == (f"/problems/{slug}", status)
    assert str(problem["detail"]).endswith(".")
    assert API_KEY not in answer.text
    return problem


async def test_a_web_socket_call_gets_an_address_that_opens_it_once(
    http: httpx.AsyncClient, store: SessionStore
) -> None:
    answer = await http.post("/connect", json={"transport": "websocket"})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert set(body) == {"session_id", "bot_id", "resume", "wsUrl"}
    assert body["wsUrl"].startswith("ws://localhost:8000/ws?ticket=")
    session = await store.take(ticket_in(body["wsUrl"]))
    assert (session.session_id, session.bot_id) == (body["session_id"], body["bot_id"])
    assert (session.agent, session.transport) == ("order-desk", "websocket")
    with pytest.raises(TicketRefused):
        await store.take(ticket_in(body["wsUrl"]))


async def test_a_web_rtc_call_gets_an_endpoint_for_its_offer(
    http: httpx.AsyncClient, store: SessionStore
) -> None:
    answer = await http.post("/connect", json={"transport": "webrtc", "agent": "it-help-desk"})
    body = answer.json()
    assert set(body) == {"session_id", "bot_id", "resume", "webrtcRequestParams", "iceConfig"}
    assert body["iceConfig"] == {"iceServers": []}
    endpoint = body["webrtcRequestParams"]["endpoint"]
    assert endpoint.startswith("http://localhost:8000/webrtc?ticket=")
    session = await store.take(ticket_in(endpoint), over="webrtc")
    assert (session.agent, session.transport) == ("it-help-desk", "webrtc")


@pytest.mark.parametrize(
    ("public_url", "headers", "expected"),
    [
        (None, {"host": "voice.example.com"}, "ws://voice.example.com/ws"),
        (None, {"host": "[::1]:8000"}, "ws://[::1]:8000/ws"),
        (
            None,
            {"host": "voice.example.com", "x-forwarded-proto": "https"},
            "wss://voice.example.com/ws",
        ),
        (None, {"x-forwarded-proto": "https, http"}, "wss://localhost:8000/ws"),
        (None, {"x-forwarded-proto": "javascript"}, "ws://localhost:8000/ws"),
        ("https://api.example.com/", {"host": "10.0.0.7"}, "wss://api.example.com/ws"),
        ("https://api.example.com/voice", {"host": "x y"}, "wss://api.example.com/voice/ws"),
    ],
)
async def test_the_address_is_the_one_the_caller_sees(
    server_settings: ServerSettings,
    store: SessionStore,
    monkeypatch: pytest.MonkeyPatch,
    public_url: str | None,
    headers: dict[str, str],
    expected: str,
) -> None:
    if public_url:
        monkeypatch.setenv("PUBLIC_URL", public_url)
    async with client_of(create_app(ServerSettings(), store)) as http:
        answer = await http.post("/connect", json={"transport": "websocket"}, headers=headers)
    assert answer.json()["wsUrl"].partition("?")[0] == expected


@pytest.mark.parametrize("host", ["", "a b", "evil.example/x?", "a@b", "x:99999999", 'h"', "[::1"])
async def test_a_host_that_is_none_is_refused(http: httpx.AsyncClient, host: str) -> None:
    answer = await http.post("/connect", json={"transport": "websocket"}, headers={"host": host})
    check_problem(answer, 400, "invalid-request")


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer wrong", "Basic eDp5", "Bearer é"])
async def test_without_the_key_nothing_is_opened(
    http: httpx.AsyncClient, authorization: str
) -> None:
    answer = await http.post(
        "/connect",
        json={"transport": "websocket"},
        headers={"Authorization": authorization.encode("latin-1")},
    )
    check_problem(answer, 401, "unauthorized")
    assert answer.headers["www-authenticate"].startswith("Bearer ")


async def test_without_auth_everybody_gets_in(
    server_settings: ServerSettings, store: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONNECT_AUTH", "none")
    monkeypatch.delenv("API_KEY")
    async with client_of(create_app(ServerSettings(), store)) as http:
        del http.headers["Authorization"]
        answer = await http.post("/connect", json={"transport": "websocket"})
    assert answer.status_code == 200


async def test_a_transport_that_is_off_is_refused_with_those_that_are_on(
    http: httpx.AsyncClient,
) -> None:
    problem = check_problem(
        await http.post("/connect", json={"transport": "daily"}), 422, "unknown-transport"
    )
    assert problem["detail"] == "This server offers websocket and webrtc."


async def test_an_agent_that_was_just_written_can_be_called_on_its_authors_machine(
    server_settings: ServerSettings, store: SessionStore, tmp_path: Path
) -> None:
    here = server_settings.model_copy(update={"agents_folder": tmp_path})
    wanted = {"transport": "websocket", "agent": "tea-shop"}
    async with client_of(create_app(here, store)) as http:
        check_problem(await http.post("/connect", json=wanted), 422, "unknown-agent")
        (tmp_path / "tea-shop.toml").write_text("")
        assert (await http.post("/connect", json=wanted)).status_code == 200
    assert here.agent_names() == ("order-desk", "it-help-desk", "tea-shop")


async def test_an_unknown_agent_is_refused_with_those_there_are(http: httpx.AsyncClient) -> None:
    wanted = {"transport": "websocket", "agent": "nobody"}
    problem = check_problem(await http.post("/connect", json=wanted), 422, "unknown-agent")
    assert problem["detail"] == "This server has order-desk, it-help-desk."


async def test_a_fault_in_the_body_is_pointed_at(http: httpx.AsyncClient) -> None:
    answer = await http.post("/connect", json={"agnet/~": "order-desk"})
    problem = check_problem(answer, 422, "invalid-request")
    assert problem["errors"] == [
        {"pointer": "/transport", "detail": "Field required"},
        {"pointer": "/agnet~1~0", "detail": "Extra inputs are not permitted"},
    ]


@pytest.mark.parametrize(
    ("body", "status", "slug"),
    [
        (b"", 422, "invalid-request"),
        (b"{", 422, "invalid-request"),
        (b"[" * 16_000, 400, "invalid-request"),
        (b'{"transport": "\xff"}', 400, "invalid-request"),
        (b'{"transport": "\\ud800"}', 422, "unknown-transport"),
        (b'{"\\ud800": 1}', 422, "invalid-request"),
        (b" " * 16_385, 413, "too-large"),
    ],
)
async def test_a_malformed_body_is_refused(
    http: httpx.AsyncClient, body: bytes, status: int, slug: str
) -> None:
    answer = await http.post("/connect", content=body, headers={"Content-Type": "application/json"})
    check_problem(answer, status, slug)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["transport", "agent", "x"]), inner)
    ),
    max_leaves=8,
)


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(body=JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=200))
async def test_whatever_is_sent_is_answered_with_a_problem(app: FastAPI, body: bytes) -> None:
    async with client_of(app) as http:
        answer = await http.post(
            "/connect", content=body, headers={"Content-Type": "application/json"}
        )
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.status_code in (400, 422)


async def test_a_dropped_call_is_resumed_over_another_replica(
    http: httpx.AsyncClient, store: SessionStore, settings: CommonSettings, app: FastAPI
) -> None:
    first = (await http.post("/connect", json={"transport": "webrtc"})).json()
    ticket = ticket_in(first["webrtcRequestParams"]["endpoint"])
    session = await store.take(ticket, over="webrtc")
    await store.release(await store.activate(session), seconds=60)

    other = create_app(app.state.settings, SessionStore.connect(settings))
    async with client_of(other) as elsewhere:
        wanted = {"transport": "websocket", "resume": first["resume"]}
        second = (await elsewhere.post("/connect", json=wanted)).json()
    assert second["session_id"] == first["session_id"]
    assert second["resume"] != first["resume"]
    resumed = await store.take(ticket_in(second["wsUrl"]))
    assert resumed.transport == "websocket"
    assert resumed.started_at is not None


async def test_a_call_that_is_over_is_not_resumed(
    http: httpx.AsyncClient, store: SessionStore
) -> None:
    opened = (await http.post("/connect", json={"transport": "websocket"})).json()
    await store.end(await store.take(ticket_in(opened["wsUrl"])), reason="caller-left")
    wanted = {"transport": "websocket", "resume": opened["resume"]}
    check_problem(await http.post("/connect", json=wanted), 409, "session-ended")


@given(token=st.text(max_size=90))
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
async def test_a_made_up_resume_token_opens_nothing(app: FastAPI, token: str) -> None:
    async with client_of(app) as http:
        wanted = {"transport": "websocket", "resume": token}
        check_problem(await http.post("/connect", json=wanted), 403, "ticket-refused")


async def test_status_follows_the_call_on_every_replica(
    http: httpx.AsyncClient, store: SessionStore, settings: CommonSettings, app: FastAPI
) -> None:
    opened = (await http.post("/connect", json={"transport": "websocket"})).json()
    path = f"/status/{opened['bot_id']}"
    other = create_app(app.state.settings, SessionStore.connect(settings))
    async with client_of(other) as elsewhere:
        assert (await elsewhere.get(path)).json() == {
            "bot_id": opened["bot_id"],
            "session_id": opened["session_id"],
            "status": "waiting",
            "reason": None,
            "started_at": None,
            "ended_at": None,
        }
        session = await store.take(ticket_in(opened["wsUrl"]))
        assert (await elsewhere.get(path)).json()["status"] == "connecting"
        session = await store.activate(session)
        assert (await elsewhere.get(path)).json()["started_at"] is not None
        await store.end(session, reason="longest-call")
        over = (await elsewhere.get(path)).json()
    assert (over["status"], over["reason"]) == ("ended", "longest-call")


async def test_a_call_nobody_came_for_reads_as_abandoned(
    server_settings: ServerSettings, timed: SessionStore, clock: Clock
) -> None:
    async with client_of(create_app(server_settings, timed)) as http:
        opened = (await http.post("/connect", json={"transport": "websocket"})).json()
        clock.forward(server_settings.ticket_seconds)
        status = (await http.get(f"/status/{opened['bot_id']}")).json()
    assert (status["status"], status["reason"]) == ("ended", "abandoned")


@pytest.mark.parametrize("bot_id", ["bot_nobody", "bot_" + "A" * 22, "%00", "é" * 200, "..%2f.."])
async def test_an_unknown_bot_is_not_found(http: httpx.AsyncClient, bot_id: str) -> None:
    answer = await http.get(f"/status/{bot_id}")
    slug = answer.json()["type"].rpartition("/")[2]
    assert slug in ("unknown-bot", "not-found")
    check_problem(answer, 404, slug)
