"""The connect server as a Lambda function, asked the way a load balancer asks."""

import importlib
import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from loguru import logger

from services.server.settings import ServerSettings
from tests.daily_stand_in import Daily, daily
from tests.server.conftest import API_KEY
from tests.server.test_connect_daily import daily_settings

__all__ = ["daily", "daily_settings"]

type Handler = Callable[[dict[str, Any], object], dict[str, Any]]


@pytest.fixture
def handler(server_settings: ServerSettings) -> Iterator[Handler]:
    """A fresh instance of the function."""
    sys.modules.pop("services.server.function", None)
    found: Handler = importlib.import_module("services.server.function").handler
    yield found
    sys.modules.pop("services.server.function", None)
    logger.remove()


def ask(
    handler: Handler, method: str, path: str, body: object = None, **headers: str
) -> tuple[int, dict[str, list[str]], Any]:
    """What comes back for one request: status, headers, decoded JSON."""
    event = {
        "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:x"}},
        "httpMethod": method,
        "path": path,
        "multiValueQueryStringParameters": {},
        "multiValueHeaders": {
            "host": ["voice-api.example.com"],
            "content-type": ["application/json"],
            "x-forwarded-for": ["203.0.113.7"],
            "x-forwarded-port": ["443"],
            "x-forwarded-proto": ["https"],
            **{name: [value] for name, value in headers.items()},
        },
        "body": "" if body is None else json.dumps(body),
        "isBase64Encoded": False,
    }
    answer = handler(event, object())
    assert answer["isBase64Encoded"] is False
    return answer["statusCode"], answer["multiValueHeaders"], json.loads(answer["body"])


def test_it_is_healthy(handler: Handler) -> None:
    status, _, body = ask(handler, "GET", "/health")
    assert (status, body) == (200, {"status": "ok", "service": "server"})


def test_it_opens_a_session_and_tells_how_it_stands(handler: Handler) -> None:
    status, _, opened = ask(
        handler, "POST", "/connect", {"transport": "websocket"}, authorization=f"Bearer {API_KEY}"
    )
    assert status == 200
    assert opened["wsUrl"].startswith("wss://voice-api.example.com/ws?ticket=")
    status, _, found = ask(handler, "GET", f"/status/{opened['bot_id']}")
    assert (status, found["status"]) == (200, "waiting")


def test_calls_over_daily_get_rooms_made_on_demand_request_after_request(
    daily_settings: ServerSettings, daily: Daily, request: pytest.FixtureRequest
) -> None:
    handler: Handler = request.getfixturevalue("handler")
    for number in (1, 2):
        status, _, opened = ask(
            handler, "POST", "/connect", {"transport": "daily"}, authorization=f"Bearer {API_KEY}"
        )
        assert (status, len(daily.names())) == (200, number)
        assert opened["room_url"] == f"https://voice.daily.co/{daily.names()[0]}"


def test_a_caller_without_the_key_gets_a_problem(handler: Handler) -> None:
    status, headers, body = ask(handler, "POST", "/connect", {"transport": "websocket"})
    assert status == 401
    assert headers["content-type"] == ["application/problem+json"]
    assert body["type"] == "/problems/unauthorized"
