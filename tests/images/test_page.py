"""How Nginx serves the page."""

import gzip
import re
from collections.abc import Iterator

import httpx
import pytest

from tests.images.engine import Network
from tests.images.task import Task

API = "https://voice-api.example.com"


@pytest.fixture(scope="module")
def page(tasks: dict[str, Task], joined: Network) -> Iterator[httpx.Client]:
    with (
        tasks["client"].run(joined, VITE_BASE_URL=API, TRANSPORTS="websocket") as container,
        httpx.Client(base_url=f"http://{container.address}:{tasks['client'].port}") as client,
    ):
        yield client


def script(page: httpx.Client) -> str:
    """The address of the page's own script."""
    found = re.search(r'<script[^>]+src="(/assets/[^"]+\.js)"', page.get("/").text)
    assert found
    return found[1]


def directive(policy: str, name: str) -> set[str]:
    """The sources that a Content-Security-Policy names for something."""
    (sources,) = (rule.split()[1:] for rule in policy.split(";") if rule.split()[:1] == [name])
    return set(sources)


@pytest.mark.parametrize("path", ["/", "/favicon.svg", "/health", "/no-such-file", "SCRIPT"])
def test_every_answer_tells_the_browser_what_the_page_may_do(page: httpx.Client, path: str) -> None:
    headers = page.get(script(page) if path == "SCRIPT" else path).headers
    policy = headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert directive(policy, "script-src") == {"'self'"}
    assert directive(policy, "connect-src") == {"'self'", API, "wss://voice-api.example.com"}
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["strict-transport-security"].startswith("max-age=")
    assert headers["referrer-policy"] == "no-referrer"
    assert "microphone=(self)" in headers["permissions-policy"]
    assert "camera=()" in headers["permissions-policy"]
    assert headers["server"] == "nginx", "without its version"


def test_calls_over_daily_open_the_page_to_daily_and_to_nobody_else(
    tasks: dict[str, Task], joined: Network
) -> None:
    told = {"TRANSPORTS": "websocket,daily", "AGENTS": "order-desk,it-help-desk"}
    with tasks["client"].run(joined, VITE_BASE_URL=API, **told) as container:
        answer = httpx.get(f"http://{container.address}:{tasks['client'].port}")
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert directive(policy, "script-src") == {"'self'", "https://c.daily.co"}
    assert directive(policy, "worker-src") == {"'self'", "blob:"}
    assert {"https://*.daily.co", "wss://*.daily.co"} < directive(policy, "connect-src")
    for name, value in told.items():
        assert f'name="{name.lower()}" content="{value}"' in answer.text


def test_the_page_is_told_where_the_connect_server_is(page: httpx.Client) -> None:
    answer = page.get("/")
    assert f'name="base-url" content="{API}"' in answer.text
    assert answer.headers["cache-control"] == "no-cache"


def test_what_never_changes_is_kept_for_ever_and_comes_compressed(page: httpx.Client) -> None:
    path = script(page)
    with page.stream("GET", path, headers={"accept-encoding": "gzip"}) as answer:
        raw = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    plain = page.get(path, headers={"accept-encoding": "identity"})
    assert gzip.decompress(raw) == plain.content
    assert plain.headers["content-type"].startswith(("text/javascript", "application/javascript"))


def test_what_is_not_there_is_not_kept(page: httpx.Client) -> None:
    answer = page.get("/assets/gone-12345678.js")
    assert answer.status_code == 404
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/%2e%2e/etc/passwd", "/assets/", "/.npmrc", "/serve"])
def test_nothing_but_the_page_is_served(page: httpx.Client, path: str) -> None:
    assert page.get(path).status_code in (400, 403, 404)


def test_nothing_can_be_sent_to_it(page: httpx.Client) -> None:
    assert page.post("/", content=b"x").status_code == 405


def test_it_is_healthy(page: httpx.Client) -> None:
    assert page.get("/health").json() == {"status": "ok", "service": "client"}
