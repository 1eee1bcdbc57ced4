"""A whole call through the three containers, with a real browser."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import BrowserType

from tests.end_to_end.caller import calling
from tests.images.conftest import Backend
from tests.images.engine import Network
from tests.images.forwarder import Forwarder
from tests.images.task import Task
from tests.speech import compose

pytestmark = pytest.mark.browser

TRUST = "/trust/trust.pem"


@pytest.fixture(scope="module")
def page_url(tasks: dict[str, Task], joined: Network, backend: Backend) -> Iterator[str]:
    """The page of a deployment whose two load balancers are ports of this machine."""
    with ExitStack() as stack:
        page_balancer, api_balancer = (stack.enter_context(Forwarder()) for _ in range(2))
        page, api = (f"http://localhost:{each.port}" for each in (page_balancer, api_balancer))
        variables = {
            "client": {"VITE_BASE_URL": api},
            "server": backend.environment | {"PUBLIC_URL": api, "CORS_ORIGINS": page},
            "bot": backend.environment | {"CORS_ORIGINS": page, "SSL_CERT_FILE": TRUST},
        }
        trusting = ("--volume", f"{backend.trust.parent}:{Path(TRUST).parent}:ro")
        targets = {}
        for service, task in tasks.items():
            container = stack.enter_context(
                task.with_options(*trusting).run(joined, **variables[service])
            )
            targets[service] = (container.address, task.port)
        page_balancer.targets = {"/": targets["client"]}
        api_balancer.targets = {"/": targets["server"], "/ws": targets["bot"]}
        yield page


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
