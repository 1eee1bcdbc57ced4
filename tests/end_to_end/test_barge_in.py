"""Who has the floor: a caller who interrupts, one who coughs, and a loudspeaker nearby."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import BrowserType, Page

from tests.coughs import VOICED, cough
from tests.end_to_end.caller import Caller, calling
from tests.local_stack import LocalStack

pytestmark = pytest.mark.browser

_ROOM = (Path(__file__).parent / "acoustic_loop.js").read_text()


def test_after_a_cough_the_agent_goes_on_where_it_stopped(
    stack: LocalStack, browser_type: BrowserType
) -> None:
    with calling(browser_type, stack.page_url, speaks=True) as caller:
        caller.start()
        caller.wait_to_be_greeted()
        asked = caller.say("tell_me_a_story")
        caller.wait_to_read("user", "story")
        caller.wait_to_hear(since=asked)
        # A page on a busy machine may swallow one.
        coughed = caller.say(cough(VOICED), 1.5, cough(VOICED), 1.5, cough(VOICED))
        _wait_for_log(caller.page, "server-message", '"resume"')
        caller.wait_to_hear(since=coughed)
        caller.wait_to_read("assistant", "packed it into a basket")
        assert _interrupted(caller) == 0
        assert caller.problems == []


def test_a_loudspeaker_near_the_microphone_interrupts_nobody_and_a_caller_does(
    stack: LocalStack, browser_type: BrowserType
) -> None:
    with calling(browser_type, stack.page_url, speaks=True, prepare=_put_into_a_room) as caller:
        caller.start()
        caller.wait_to_be_greeted()
        caller.say("tell_me_a_story")
        # Without a canceller the agent never gets beyond a few words.
        caller.wait_to_read("assistant", "sang all the way to the islands")
        caller.say("wait_stop_please")
        caller.page.locator("#transcript [data-interrupted=true]").filter(
            has_text="Once upon a time"
        ).wait_for(timeout=60_000)
        asked = caller.page.locator("#transcript [data-role=user]")
        asked.nth(1).wait_for(timeout=30_000)
        story, *more = [text for role, text in caller.transcript() if "Once upon" in text]
        assert "walked down to the harbour" in story, "it did not stop itself before"
        assert not more
        assert asked.count() == 2, "it did not hear itself"
        assert caller.problems == []


def _interrupted(caller: Caller) -> int:
    return caller.page.locator("#transcript [data-interrupted=true]").count()


def _wait_for_log(page: Page, text: str, detail: str) -> None:
    """Wait until the debug log has such an entry."""
    page.get_by_role("button", name="Debug log", exact=True).click()
    entry = page.locator("#log-entries p").filter(has_text=text).filter(has_text=detail)
    entry.first.wait_for(timeout=40_000)
    page.get_by_role("button", name="Close debug log").click()


def _put_into_a_room(page: Page) -> None:
    page.add_init_script(_ROOM)
