"""The sound check in the settings: plain advice, before a call."""

from pathlib import Path

import pytest
from playwright.sync_api import BrowserType, Page, expect

from tests.end_to_end.caller import calling
from tests.local_stack import LocalStack
from tests.speech import compose

pytestmark = pytest.mark.browser

_ROOM = (Path(__file__).parent / "acoustic_loop.js").read_text()


def test_a_microphone_and_an_echo_are_judged_in_plain_words(
    stack: LocalStack, browser_type: BrowserType, tmp_path: Path
) -> None:
    microphone = compose(tmp_path, [3.4, "hello", 60.0])
    with calling(
        browser_type,
        stack.page_url,
        microphone=microphone,
        prepare=_put_into_a_room,
    ) as caller:
        page = caller.page
        result = page.locator("#check-result")
        page.get_by_role("button", name="Settings", exact=True).click()
        page.get_by_role("button", name="Test microphone").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("meter", name="Loudness")).to_be_visible(timeout=20_000)
        expect(result).to_contain_text("easy to understand", timeout=30_000)
        caller.assert_accessible()
        page.get_by_role("button", name="Test echo").click()
        expect(result).to_contain_text("Use a headset", timeout=40_000)
        caller.assert_accessible()
        assert caller.problems == []


def test_a_call_is_not_disturbed_by_a_sound_check(
    stack: LocalStack, browser_type: BrowserType, tmp_path: Path
) -> None:
    with calling(browser_type, stack.page_url, microphone=compose(tmp_path, [60.0])) as caller:
        caller.start()
        caller.page.get_by_role("button", name="Settings", exact=True).click()
        expect(caller.page.get_by_role("button", name="Test echo")).to_be_disabled()
        expect(caller.page.locator("#check-result")).to_have_text("Not during a call.")


def _put_into_a_room(page: Page) -> None:
    page.add_init_script(_ROOM)
