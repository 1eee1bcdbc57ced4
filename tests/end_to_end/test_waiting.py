"""A fleet that may hold one call: the second caller waits in line."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import BrowserType, expect

from tests.end_to_end.caller import calling
from tests.local_stack import LocalStack
from tests.speech import compose

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def fleet_of_one() -> Iterator[LocalStack]:
    with LocalStack(environment={"MAX_CALLS": "1"}) as running:
        yield running


def test_a_caller_of_a_full_fleet_waits_in_line_visibly_and_gets_in(
    fleet_of_one: LocalStack, browser_type: BrowserType, tmp_path: Path
) -> None:
    microphone = compose(tmp_path, [60.0])
    url = fleet_of_one.page_url
    with (
        calling(browser_type, url, microphone=microphone) as first,
        calling(browser_type, url, microphone=microphone) as second,
    ):
        # After a call of some seconds, whoever waits is told to come back as soon.
        first.start()
        first.hang_up()
        fleet_of_one.wait_for("session ended.*reason=caller-left", 15)
        first.page.get_by_role("button", name="Call again").click()
        first.wait_for_phase("live")
        refused = httpx.post(f"{url}/connect", json={"transport": "websocket"})
        assert (refused.status_code, refused.json()["type"]) == (503, "/problems/fleet-full")
        assert 1 <= int(refused.headers["Retry-After"]) <= 30

        second.page.get_by_role("button", name="Start call").click()
        second.wait_for_phase("busy")
        expect(second.page.locator("#status-title")).to_have_text("All agents are busy")
        detail = second.page.locator("#status-detail")
        expect(detail).to_have_text(re.compile(r"^Trying again in \d+ s\."))
        expect(second.page.locator("#announcement")).to_contain_text("All agents are busy")
        expect(second.page.get_by_role("alert")).to_be_empty()
        expect(detail).to_have_text(re.compile(r"You have been waiting for 0:\d\d\.$"))
        second.assert_accessible()

        second.page.get_by_role("button", name="Cancel").click()
        second.wait_for_phase("idle")
        second.page.get_by_role("button", name="Start call").click()
        second.wait_for_phase("busy")
        first.hang_up()
        second.wait_for_phase("live", seconds=45)
        second.wait_to_hear(since=second.began)
