"""Who has the floor: a caller who interrupts, one who coughs, and a loudspeaker nearby."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserType, Page

from tests.coughs import VOICED, cough
from tests.end_to_end.caller import Caller, calling
from tests.local_stack import LocalStack
from tests.speech import compose

pytestmark = pytest.mark.browser

_ROOM = (Path(__file__).parent / "acoustic_loop.js").read_text()
_SCENARIO = "[endpointing]\nonset_ms = 400\n"
"""A Nova Sonic that is not interrupted by a cough, which the emulator is by default."""


@pytest.fixture(scope="module")
def patient_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    scenario = tmp_path_factory.mktemp("emulator") / "patient.toml"
    scenario.write_text(_SCENARIO)
    with LocalStack("--scenario", str(scenario)) as running:
        yield running


def test_after_a_cough_the_agent_goes_on_where_it_stopped(
    patient_stack: LocalStack, browser_type: BrowserType, tmp_path: Path
) -> None:
    microphone = compose(tmp_path, [6.0, "tell_me_a_story", 5.0, cough(VOICED), 60.0])
    with calling(browser_type, patient_stack.page_url, microphone=microphone) as caller:
        caller.start()
        caller.wait_to_read("user", "story")
        _wait_for_log(caller.page, "server-message", '"resume"')
        caller.wait_to_hear()
        caller.wait_to_read("assistant", "packed it into a basket")
        # The greeting may be: on a busy machine the caller speaks before it is over.
        assert _interrupted(caller, "Once upon a time") == 0
        assert caller.problems == []


def test_a_loudspeaker_near_the_microphone_interrupts_nobody_and_a_caller_does(
    patient_stack: LocalStack, browser_type: BrowserType, tmp_path: Path
) -> None:
    # Without a canceller the agent never gets beyond a few words; a story takes it 24 s.
    microphone = compose(tmp_path, [7.0, "tell_me_a_story", 16.0, "wait_stop_please", 60.0])
    with calling(
        browser_type,
        patient_stack.page_url,
        microphone=microphone,
        prepare=_put_into_a_room,
    ) as caller:
        caller.start()
        caller.page.locator("#transcript [data-interrupted=true]").filter(
            has_text="Once upon a time"
        ).wait_for(timeout=60_000)
        asked = caller.page.locator("#transcript [data-role=user]")
        asked.nth(1).wait_for(timeout=30_000)
        story, *more = [text for role, text in caller.transcript() if "Once upon" in text]
        assert "watched the gulls fly past" in story, "it did not stop itself before"
        assert not more
        assert asked.count() == 2, "it did not hear itself"
        assert caller.problems == []


def _interrupted(caller: Caller, text: str) -> int:
    cut = caller.page.locator("#transcript [data-interrupted=true]")
    return cut.filter(has_text=text).count()


def _wait_for_log(page: Page, text: str, detail: str) -> None:
    """Wait until the debug log has such an entry."""
    page.get_by_role("button", name="Debug log", exact=True).click()
    entry = page.locator("#log-entries p").filter(has_text=text).filter(has_text=detail)
    entry.first.wait_for(timeout=40_000)
    page.get_by_role("button", name="Close debug log").click()


def _put_into_a_room(page: Page) -> None:
    page.add_init_script(_ROOM)
