"""A whole call through the three containers, with a real browser."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import BrowserType

from tests.end_to_end.caller import calling
from tests.images.conftest import Backend
from tests.images.engine import Network, running
from tests.images.forwarder import Forwarder
from tests.images.task import Task
from tests.speech import compose

pytestmark = pytest.mark.browser

NGINX = "public.ecr.aws/nginx/nginx:stable"
TRUST = "/tmp/trust.pem"  # noqa: S108

BALANCER = """
server {{
    listen 80;
    proxy_http_version 1.1;
    location / {{ proxy_pass http://{server}; proxy_set_header Host $http_host; }}
    location /ws {{
        proxy_pass http://{bot};
        proxy_set_header Host $http_host;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $http_connection;
    }}
}}
"""
"""What the API's load balancer does with its two rules."""


@pytest.fixture(scope="module")
def page_url(
    tasks: dict[str, Task],
    joined: Network,
    backend: Backend,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """The page of a deployment whose two load balancers are ports of this machine."""
    with ExitStack() as stack:
        page, api = (stack.enter_context(Forwarder()) for _ in range(2))
        variables = {
            "client": {"VITE_BASE_URL": api.url},
            "server": {"PUBLIC_URL": api.url, "CORS_ORIGINS": page.url, **backend.environment},
            "bot": {"CORS_ORIGINS": page.url, "SSL_CERT_FILE": TRUST, **backend.environment},
        }
        files = {"bot": {TRUST: backend.trust}}
        address = {}
        for service, task in tasks.items():
            container = stack.enter_context(
                task.run(joined, files.get(service), **variables[service])
            )
            address[service] = f"{container.address}:{task.port}"
        rules = tmp_path_factory.mktemp("balancer") / "default.conf"
        rules.write_text(BALANCER.format_map(address))
        balancer = stack.enter_context(
            running(NGINX, joined=joined, files={"/etc/nginx/conf.d/default.conf": rules})
        )
        host, _, port = address["client"].partition(":")
        page.target = (host, int(port))
        api.target = (balancer.address, 80)
        yield page.url


def test_a_caller_with_the_key_asks_and_is_answered(
    page_url: str, backend: Backend, browser_type: BrowserType, tmp_path: Path
) -> None:
    microphone = compose(tmp_path, [8.0, "where_is_my_order_4217", 60.0])
    with calling(browser_type, page_url, microphone=microphone) as caller:
        caller.page.get_by_role("button", name="Start call").click()
        caller.page.get_by_label("Key", exact=True).fill(backend.api_key)
        caller.page.get_by_label("Key", exact=True).press("Enter")
        caller.wait_for_phase("live")
        caller.wait_to_hear()
        caller.wait_to_read("user", "where is my order (four two one seven|4217)")
        caller.wait_to_read("tool", "order")
        caller.wait_to_read("assistant", r"4217.*(shipped|kettle)")
        caller.wait_to_hear()
        caller.hang_up()
        # Chromium writes the 401 that makes the page ask for the key, and nothing else.
        assert [problem for problem in caller.problems if "401" not in problem] == []
