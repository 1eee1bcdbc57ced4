"""What holds for every request: problems, limits, ids, logs, CORS, OpenAPI."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any

import boto3
import httpx
import pytest
from fastapi import FastAPI
from jsonschema import Draft202012Validator
from loguru import logger
from openapi_spec_validator import validate

from services.common import log
from services.common.sessions import SessionStore
from services.common.settings import CommonSettings
from services.server import boundary
from services.server.app import create_app
from services.server.settings import ServerSettings
from tests.server.conftest import API_KEY, client_of
from tests.server.test_connect import check_problem, ticket_in


@pytest.fixture
def logged(
    capsys: pytest.CaptureFixture[str], server_settings: ServerSettings
) -> Iterator[pytest.CaptureFixture[str]]:
    """The service's log as JSON lines, at its most talkative."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    log.configure("DEBUG", "json", service="server", secrets=server_settings.secrets)
    yield capsys
    root.handlers[:] = handlers
    root.setLevel(level)
    logger.remove()


async def test_an_unknown_address_is_not_found(http: httpx.AsyncClient) -> None:
    for path in ("/", "/connect/", "/status/", "/nowhere?ticket=x"):
        check_problem(await http.get(path), 404, "not-found")


async def test_a_wrong_method_says_which_is_right(http: httpx.AsyncClient) -> None:
    answer = await http.get("/connect")
    check_problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "POST"


async def test_health_names_the_service(http: httpx.AsyncClient) -> None:
    answer = await http.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "service": "server"})


async def test_an_unreachable_store_is_a_503_with_retry_after(
    server_settings: ServerSettings, monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{unused_tcp_port}")
    async with client_of(
        create_app(server_settings, SessionStore.connect(server_settings))
    ) as http:
        for answer in (
            await http.post("/connect", json={"transport": "websocket"}),
            await http.get("/status/bot_" + "A" * 22),
        ):
            check_problem(answer, 503, "store-unavailable")
            assert int(answer.headers["retry-after"]) > 0
        assert (await http.get("/health")).status_code == 200


async def test_a_missing_table_is_our_fault_and_logged_without_details_for_the_caller(
    app: FastAPI, settings: CommonSettings, logged: pytest.CaptureFixture[str]
) -> None:
    boto3.client("dynamodb").delete_table(TableName=settings.sessions_table)
    async with client_of(app) as http:
        answer = await http.post("/connect", json={"transport": "websocket"})
    check_problem(answer, 500, "internal-error")
    assert settings.sessions_table not in answer.text
    assert "ResourceNotFoundException" in logged.readouterr().err


async def test_a_crash_is_a_problem_too_and_its_line_has_the_request_id(
    app: FastAPI, logged: pytest.CaptureFixture[str]
) -> None:
    @app.get("/crash")
    async def crash() -> None:
        raise ZeroDivisionError(f"with {API_KEY}")

    async with client_of(app) as http:
        http.headers["Origin"] = "https://talk.example.com"
        answer = await http.get("/crash", headers={"X-Request-ID": "req-1"})
    check_problem(answer, 500, "internal-error")
    assert answer.headers["x-request-id"] == "req-1"
    assert answer.headers["access-control-allow-origin"] == "https://talk.example.com"
    shown = logged.readouterr().err
    assert API_KEY not in shown
    (crashed,) = [line for line in map(json.loads, shown.splitlines()) if line["level"] == "ERROR"]
    assert crashed["request_id"] == "req-1"
    assert "ZeroDivisionError" in crashed["exception"]


async def test_no_secret_is_logged(
    http: httpx.AsyncClient, logged: pytest.CaptureFixture[str]
) -> None:
    opened = (await http.post("/connect", json={"transport": "websocket"})).json()
    ticket = ticket_in(opened["wsUrl"])
    wanted = {"transport": "websocket", "resume": opened["resume"]}
    again = (await http.post(f"/connect?ticket={ticket}", json=wanted)).json()
    await http.get(f"/status/{opened['bot_id']}?key={API_KEY}")
    shown = logged.readouterr().err
    assert opened["session_id"] in shown
    secrets = (ticket, opened["resume"], again["resume"], ticket_in(again["wsUrl"]))
    for secret in (API_KEY, *(secret.rpartition(".")[2] for secret in secrets)):
        assert secret not in shown


async def test_a_request_id_that_could_forge_a_line_is_replaced(http: httpx.AsyncClient) -> None:
    for forged in ("a b", "x" * 129, "<script>", ""):
        answer = await http.get("/health", headers={"X-Request-ID": forged})
        assert answer.headers["x-request-id"] != forged
    traced = "Root=1-67891233-abcdef012345678912345678"
    answer = await http.get("/health", headers={"X-Amzn-Trace-Id": traced})
    assert answer.headers["x-request-id"] == traced


async def chunks(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b" " * 1024


async def test_a_body_of_unknown_length_is_cut_off(http: httpx.AsyncClient) -> None:
    answer = await http.post(
        "/connect", content=chunks(17), headers={"Content-Type": "application/json"}
    )
    check_problem(answer, 413, "too-large")


async def test_a_body_that_never_ends_is_given_up(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boundary, "REQUEST_SECONDS", 0.05)

    async def stuck() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    answer = await http.post(
        "/connect", content=stuck(), headers={"Content-Type": "application/json"}
    )
    check_problem(answer, 408, "request-timeout")


async def test_cors_lets_in_the_origins_in_the_settings_and_no_other(
    http: httpx.AsyncClient,
) -> None:
    preflight = {"Access-Control-Request-Method": "POST", "Origin": "https://talk.example.com"}
    asked = preflight | {"Access-Control-Request-Headers": "authorization,content-type"}
    answer = await http.options("/connect", headers=asked)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "https://talk.example.com"
    other = await http.options("/connect", headers=asked | {"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in other.headers


def check_fits(described: dict[str, Any], schema: str, value: object) -> None:
    document = {"$ref": f"#/components/schemas/{schema}", "components": described["components"]}
    Draft202012Validator(document).validate(value)


async def test_openapi_documents_every_refusal_with_an_example_that_fits(
    http: httpx.AsyncClient,
) -> None:
    described = (await http.get("/openapi.json")).json()
    validate(described)
    assert "HTTPValidationError" not in described["components"]["schemas"]
    responses = described["paths"]["/connect"]["post"]["responses"]
    statuses = "400 401 403 408 409 413 422 500 502 503 504"
    refusals = [*statuses.split(), "default"]
    assert set(responses) == {"200", *refusals}
    for status in refusals:
        problem = responses[status]["content"]["application/problem+json"]
        assert problem["schema"] == {"$ref": "#/components/schemas/Problem"}
        for example in problem.get("examples", {}).values():
            check_fits(described, "Problem", example["value"])
            assert example["value"]["status"] == int(status)


async def test_examples_and_real_answers_fit_what_openapi_says(http: httpx.AsyncClient) -> None:
    described = (await http.get("/openapi.json")).json()
    schemas = described["components"]["schemas"]
    for transport, name in (("websocket", "WebSocketConnection"), ("webrtc", "WebRTCConnection")):
        opened = (await http.post("/connect", json={"transport": transport})).json()
        assert set(schemas[name]["example"]) == set(opened)
        for body in (schemas[name]["example"], opened):
            check_fits(described, name, body)
    status = (await http.get(f"/status/{opened['bot_id']}")).json()
    assert set(schemas["BotStatus"]["example"]) == set(status)
    for body in (schemas["BotStatus"]["example"], status):
        check_fits(described, "BotStatus", body)
    check_fits(described, "Problem", (await http.get("/nowhere")).json())
    check_fits(described, "Problem", (await http.post("/connect", json={})).json())
    for body in schemas["ConnectRequest"]["examples"]:
        check_fits(described, "ConnectRequest", body)
