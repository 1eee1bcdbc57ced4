"""The stand-in refuses what Daily documents that it refuses, and keeps what it was given."""

import json
import time
from collections.abc import AsyncIterator

import httpx
import pytest

from local.daily import DOMAIN_ID
from local.daily.limits import Limit
from tests.daily_stand_in import DAILY_KEY, Daily, daily, serve_daily

__all__ = ["daily"]


def client_of(daily: Daily) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=daily.url, headers={"Authorization": f"Bearer {DAILY_KEY}"}, timeout=10
    )


@pytest.fixture
async def http(daily: Daily) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody with the key."""
    async with client_of(daily) as client:
        yield client


def check(answer: httpx.Response, status: int, error: str) -> dict[str, object]:
    assert answer.status_code == status, answer.text
    body: dict[str, object] = answer.json()
    assert body["error"] == error
    assert isinstance(body["info"], str)
    return body


@pytest.mark.parametrize(
    ("authorization", "status", "error"),
    [
        (None, 400, "authorization-header-error"),
        ("Basic eDp5", 400, "authorization-header-error"),
        ("Bearer", 400, "authorization-header-error"),
        ("Bearer another-key", 401, "authentication-error"),
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/"), ("GET", "/rooms"), ("POST", "/rooms"), ("DELETE", "/rooms/x")],
)
async def test_every_request_needs_the_key(
    daily: Daily, method: str, path: str, authorization: str | None, status: int, error: str
) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    async with httpx.AsyncClient(base_url=daily.url) as stranger:
        check(await stranger.request(method, path, headers=headers), status, error)
    assert daily.names() == []


async def test_the_domain_has_an_id(http: httpx.AsyncClient) -> None:
    domain = (await http.get("/")).json()
    assert (domain["domain_name"], domain["domain_id"]) == ("voice", DOMAIN_ID)


async def test_a_room_is_made_found_listed_and_deleted(http: httpx.AsyncClient) -> None:
    exp = int(time.time()) + 60
    wanted = {"name": "hello", "privacy": "private", "properties": {"exp": exp, "geo": "sa-east-1"}}
    made = (await http.post("/rooms", json=wanted)).json()
    assert made["url"] == "https://voice.daily.co/hello"
    assert (made["privacy"], made["api_created"]) == ("private", True)
    assert made["config"] == {"exp": exp, "geo": "sa-east-1"}
    assert (await http.get("/rooms/hello")).json() == made
    assert (await http.get("/rooms")).json() == {"total_count": 1, "data": [made]}
    assert (await http.delete("/rooms/hello")).json() == {"deleted": True, "name": "hello"}
    check(await http.delete("/rooms/hello"), 404, "not-found")
    check(await http.get("/rooms/hello"), 404, "not-found")


@pytest.mark.parametrize(
    "wanted",
    [
        {"name": "has a space"},
        {"name": "x" * 129},
        {"name": ""},
        {"privacy": "secret"},
        {"unknown": 1},
        {"properties": {"unknown": True}},
        {"properties": {"exp": str(int(time.time()) + 60)}},
        {"properties": {"exp": time.time() + 60.5}},
        {"properties": {"exp": int(time.time()) - 1}},
        {"properties": {"enable_chat": "false"}},
        {"properties": {"eject_at_room_exp": 1}},
        {"properties": {"geo": "eu-west-1"}},
        {"properties": {"enable_recording": "yes"}},
        {"properties": {"permissions": {"canSend": ["smell"]}}},
        {"properties": {"max_participants": 201}},
    ],
)
async def test_a_room_that_daily_does_not_make_is_refused(
    http: httpx.AsyncClient, daily: Daily, wanted: dict[str, object]
) -> None:
    check(await http.post("/rooms", json=wanted), 400, "invalid-request-error")
    assert daily.names() == []


async def test_what_is_not_json_is_refused(http: httpx.AsyncClient) -> None:
    check(await http.post("/rooms", content=b"{"), 400, "json-parsing-error")


async def test_two_rooms_of_one_name_are_refused(http: httpx.AsyncClient) -> None:
    await http.post("/rooms", json={"name": "hello"})
    body = check(await http.post("/rooms", json={"name": "hello"}), 400, "invalid-request-error")
    assert body["info"] == "a room named hello already exists"


async def test_a_room_is_gone_at_its_exp(http: httpx.AsyncClient, daily: Daily) -> None:
    exp = int(time.time()) + 60
    await http.post("/rooms", json={"name": "hello", "properties": {"exp": exp}})
    daily.stand_in.ahead_seconds = 61
    check(await http.get("/rooms/hello"), 404, "not-found")
    assert (await http.get("/rooms")).json() == {"total_count": 0, "data": []}
    body = check(await http.delete("/rooms/hello"), 404, "not-found")
    assert body["deleted"] is True


async def test_rooms_are_listed_in_pages_newest_first(http: httpx.AsyncClient) -> None:
    for number in range(5):
        await http.post("/rooms", json={"name": f"room-{number}"})
    first = (await http.get("/rooms", params={"limit": 2})).json()
    assert first["total_count"] == 5
    assert [room["name"] for room in first["data"]] == ["room-4", "room-3"]
    after = {"limit": 9, "starting_after": first["data"][-1]["id"]}
    rest = (await http.get("/rooms", params=after)).json()
    assert [room["name"] for room in rest["data"]] == ["room-2", "room-1", "room-0"]
    check(await http.get("/rooms", params={"limit": "all"}), 400, "invalid-request-error")


async def test_too_many_requests_are_limited_and_deletions_apart() -> None:
    with serve_daily(everything=Limit(3, 60), deletions=Limit(2, 60)) as daily:
        async with client_of(daily) as http:
            everything = [(await http.get("/rooms")).status_code for _ in range(4)]
            deletions = [(await http.delete("/rooms/x")).status_code for _ in range(3)]
            check(await http.get("/"), 429, "rate-limit-error")
    assert everything == [200, 200, 200, 429]
    assert deletions == [404, 404, 429]


@pytest.mark.parametrize("token", ["x", "a.b.c", "e30.e30.e30", "x" * 3000])
async def test_what_is_no_token_is_refused(http: httpx.AsyncClient, token: str) -> None:
    check(await http.get(f"/meeting-tokens/{token}"), 400, "invalid-request-error")


async def test_faults_come_on_order(http: httpx.AsyncClient, daily: Daily) -> None:
    admin = daily.url.removesuffix("/v1") + "/_admin"
    order = {"status": 429, "times": 2, "method": "GET", "retry_after": "3"}
    await http.post(f"{admin}/faults", json=order)
    await http.post(f"{admin}/faults", json={"status": 500, "after": True})
    assert (await http.post("/rooms", json={"name": "hello"})).status_code == 500
    assert daily.names() == ["hello"]
    for _ in range(2):
        limited = await http.get("/rooms")
        check(limited, 429, "rate-limit-error")
        assert limited.headers["retry-after"] == "3"
    assert (await http.get("/rooms")).status_code == 200
    told = json.loads((await http.get(f"{admin}/requests")).text)
    assert [asked["status"] for asked in told] == [500, 429, 429, 200]
