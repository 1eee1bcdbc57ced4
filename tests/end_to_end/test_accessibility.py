"""The page for everybody: no axe violation in any state, and a call by keyboard alone."""

from pathlib import Path

import pytest
from playwright.sync_api import BrowserType, expect

from tests.end_to_end.caller import calling
from tests.local_stack import LocalStack
from tests.speech import compose

pytestmark = pytest.mark.browser

_PHONE = {"width": 390, "height": 844}


@pytest.mark.parametrize("colour_scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "viewport", [{"width": 1280, "height": 800}, _PHONE], ids=["desk", "phone"]
)
def test_every_state_of_the_page_passes_axe(
    stack: LocalStack,
    browser_type: BrowserType,
    tmp_path: Path,
    colour_scheme: str,
    viewport: dict[str, int],
) -> None:
    microphone = compose(tmp_path, [60.0])
    with calling(
        browser_type,
        stack.page_url,
        microphone=microphone,
        color_scheme=colour_scheme,
        viewport=viewport,
    ) as caller:
        caller.assert_accessible()
        caller.page.get_by_role("button", name="Settings", exact=True).click()
        caller.assert_accessible()
        caller.page.get_by_role("button", name="Close settings").click()
        caller.page.get_by_role("button", name="Start call").click()
        caller.wait_for_phase("live")
        caller.wait_to_be_greeted()
        caller.assert_accessible()
        caller.page.get_by_role("button", name="Debug log", exact=True).click()
        caller.assert_accessible()
        caller.page.get_by_role("button", name="Close debug log").click()
        caller.hang_up()
        caller.assert_accessible()
        width = caller.page.evaluate("document.documentElement.scrollWidth")
        assert width <= viewport["width"], "nothing sticks out sideways"


def test_a_call_needs_no_mouse(
    stack: LocalStack, browser_type: BrowserType, tmp_path: Path
) -> None:
    microphone = compose(tmp_path, [60.0])
    with calling(browser_type, stack.page_url, microphone=microphone) as caller:
        page = caller.page
        page.get_by_role("button", name="Start call").focus()
        page.keyboard.press("Enter")
        caller.wait_for_phase("live")
        expect(page.get_by_role("button", name="End call")).to_be_focused()
        page.keyboard.press("m")
        expect(page.locator("#call")).to_have_attribute("data-muted", "true")
        page.keyboard.press("m")
        expect(page.locator("#call")).to_have_attribute("data-muted", "false")
        page.keyboard.press("Enter")
        caller.wait_for_phase("ended")
