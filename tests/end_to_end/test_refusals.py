"""What the page says when a call cannot be: plainly, and with what to do."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserType, Route, WebSocketRoute, expect

from tests.end_to_end.caller import calling
from tests.local_stack import LocalStack
from tests.speech import compose

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def small_stack() -> Iterator[LocalStack]:
    with LocalStack(environment={"MAX_SESSIONS": "1", "SPARE_SESSIONS": "1"}) as running:
        yield running


def test_a_denied_microphone_is_said_with_the_way_out(
    stack: LocalStack, browser_type: BrowserType
) -> None:
    deny = ("--deny-permission-prompts",)
    with calling(browser_type, stack.page_url, allow_microphone=False, switches=deny) as caller:
        caller.page.get_by_role("button", name="Start call").click()
        caller.wait_for_phase("failed")
        expect(caller.page.get_by_role("alert")).to_contain_text("microphone", ignore_case=True)
        caller.assert_accessible()


def test_a_missing_microphone_is_said(stack: LocalStack, browser_type: BrowserType) -> None:
    with calling(browser_type, stack.page_url) as caller:
        caller.page.evaluate(
            "() => { navigator.mediaDevices.getUserMedia = () => "
            "Promise.reject(new DOMException('none', 'NotFoundError')); }"
        )
        caller.page.get_by_role("button", name="Start call").click()
        caller.wait_for_phase("failed")
        expect(caller.page.get_by_role("alert")).to_contain_text("microphone", ignore_case=True)


def test_an_unknown_agent_is_named_with_the_ones_there_are_to_choose_from(
    stack: LocalStack, browser_type: BrowserType
) -> None:
    with calling(browser_type, f"{stack.page_url}/?agent=no-such-agent") as caller:
        page = caller.page
        page.get_by_role("button", name="Start call").click()
        caller.wait_for_phase("failed")
        expect(page.get_by_role("alert")).to_contain_text("order-desk")
        page.get_by_role("button", name="Settings", exact=True).click()
        agent = page.get_by_role("combobox", name="Agent")
        expect(agent).to_have_value("no-such-agent")
        expect(agent.locator("option").first).to_have_text("Order desk")
        agent.select_option("It help desk")
        page.get_by_role("button", name="Close settings").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("It help desk")
        with page.expect_request("**/connect") as asked:
            page.get_by_role("button", name="Try again").click()
        assert asked.value.post_data_json["agent"] == "it-help-desk"


def test_only_what_the_service_offers_can_be_chosen(
    stack: LocalStack, browser_type: BrowserType
) -> None:
    with calling(browser_type, stack.page_url) as caller:
        caller.page.get_by_role("button", name="Settings", exact=True).click()
        expect(caller.page.get_by_role("radio", name="WebSocket")).to_be_checked()
        expect(caller.page.get_by_role("radio", name="WebRTC", exact=False).first).to_be_visible()
        expect(caller.page.locator("input[value=daily]")).to_be_hidden()


def test_a_connection_that_is_not_offered_is_said_with_where_to_choose_another(
    stack: LocalStack, browser_type: BrowserType
) -> None:
    with calling(browser_type, f"{stack.page_url}/?transport=daily") as caller:
        caller.page.get_by_role("button", name="Start call").click()
        caller.wait_for_phase("failed")
        expect(caller.page.get_by_role("alert")).to_contain_text("Choose one in Settings")
        caller.assert_accessible()
        caller.choose("websocket")
        caller.page.get_by_role("button", name="Try again").click()
        caller.wait_for_phase("live")


def test_a_service_that_is_missing_for_a_moment_is_tried_again(
    stack: LocalStack, browser_type: BrowserType
) -> None:
    with calling(browser_type, stack.page_url) as caller:
        page = caller.page
        fails = iter(["server", "bot", ""])
        failing = next(fails)
        said: list[str] = []

        def ask(route: Route) -> None:
            nonlocal failing
            said.append(page.locator("#status-detail").inner_text())
            if failing == "server":
                failing = next(fails)
                route.fulfill(status=502, body="<h1>502 Bad Gateway</h1>")
            else:
                route.fallback()

        def dial(socket: WebSocketRoute) -> None:
            nonlocal failing
            if failing == "bot":
                failing = next(fails)
                socket.close(code=1011)
            else:
                socket.connect_to_server()

        page.route("**/connect", ask)
        page.route_web_socket("**/ws?*", dial)
        page.get_by_role("button", name="Start call").click()
        caller.wait_for_phase("live")
    assert said == ["", *["Nothing answered yet. Trying again."] * 2]


def test_a_service_that_stays_away_is_said_with_a_way_on(
    stack: LocalStack, browser_type: BrowserType
) -> None:
    with calling(browser_type, stack.page_url) as caller:
        caller.page.route("**/connect", lambda route: route.abort())
        caller.page.get_by_role("button", name="Start call").click()
        caller.wait_for_phase("failed", seconds=30)
        expect(caller.page.get_by_role("alert")).to_contain_text("cannot be reached")
        caller.page.unroute("**/connect")
        caller.page.get_by_role("button", name="Try again").click()
        caller.wait_for_phase("live")


def test_callers_of_a_full_bot_wait_and_get_in_when_a_slot_is_free(
    small_stack: LocalStack, browser_type: BrowserType, tmp_path: Path
) -> None:
    microphone = compose(tmp_path, [60.0])
    url = small_stack.page_url
    with calling(browser_type, url, microphone=microphone) as second:
        with calling(browser_type, url, microphone=microphone) as first:
            first.start()
            first.wait_to_hear(since=first.began)
            second.page.get_by_role("button", name="Start call").click()
            second.wait_for_phase("busy")
            expect(second.page.locator("#status-title")).to_have_text("All agents are busy")
            first.hang_up()
        second.wait_for_phase("live", seconds=30)
        second.wait_to_hear(since=second.began)
