"""A call through a room of Daily's, with a stand-in for Daily's half of it, and without it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import BrowserType, Route, expect

from tests.end_to_end.daily_caller import calling_over_daily
from tests.local_stack import LocalStack
from tests.speech import compose

pytestmark = pytest.mark.browser


def test_a_call_through_a_room_is_heard_read_and_seen(
    stack: LocalStack, browser_type: BrowserType, tmp_path: Path
) -> None:
    microphone = compose(tmp_path, [3.0, "tell_me_a_story", 60.0])
    with calling_over_daily(stack, browser_type, microphone=microphone) as daily:
        caller = daily.caller
        daily.start(agent="'first', {video: true}")
        joined = daily.room("joined")
        assert joined["url"] == "https://127.0.0.1:9/voice-1"
        assert joined["token"] == "token-1"
        assert joined["videoSource"] is False
        caller.wait_to_hear()
        caller.page.wait_for_function("() => window.rooms.at(-1).loudest > 0.1")
        expect(caller.page.locator("#face")).to_be_visible()
        expect(caller.page.locator("#avatar")).to_be_hidden()
        daily.room("say('first', 'user-transcription', {text: 'Tell me a story.', final: true})")
        daily.room("say('first', 'bot-output', {text: 'Once there was a fox.'})")
        caller.wait_to_read("user", "a story")
        caller.wait_to_read("assistant", "a fox")
        caller.assert_accessible()
        caller.hang_up()
        caller.page.wait_for_function("() => window.rooms.at(-1).left")
        assert daily.room("heard") == ["client-ready", "disconnect-bot"]
        expect(caller.page.locator("#avatar")).to_be_visible()
        assert daily.problems == []


def test_the_face_stands_still_for_those_who_asked_for_less_motion(
    stack: LocalStack, browser_type: BrowserType
) -> None:
    with calling_over_daily(stack, browser_type, reduced_motion="reduce") as daily:
        daily.start(agent="'first', {video: true}")
        daily.caller.wait_to_hear()
        expect(daily.caller.page.locator("#face")).to_be_hidden()
        expect(daily.caller.page.locator("#avatar")).to_be_visible()


def test_an_agent_that_leaves_is_replaced_in_the_same_room(
    stack: LocalStack, browser_type: BrowserType
) -> None:
    with calling_over_daily(stack, browser_type) as daily:
        daily.start()
        daily.room("say('first', 'server-message', {type: 'ended', reason: 'drained'})")
        daily.room("leave('first')")
        daily.wait_for_title("Another agent is joining…")
        daily.caller.assert_accessible()
        daily.room("join('second')")
        daily.wait_for_title("Listening")
        daily.caller.wait_to_hear()
        daily.room("say('first', 'server-message', {type: 'ended', reason: 'taken-over'})")
        daily.room("say('first', 'bot-output', {text: 'I am a ghost.'})")
        daily.room("say('second', 'bot-output', {text: 'I read what you said.'})")
        daily.caller.wait_to_read("assistant", "I read")
        assert [text for _, text in daily.caller.transcript()] == ["I read what you said."]
        assert daily.room("heard") == ["client-ready", "client-ready"]
        assert len(daily.asked) == 1, "nobody had to ask the server"
        daily.room("fail('connection-error')")
        daily.caller.wait_for_phase("reconnecting")
        assert daily.problems == []


def test_nobody_but_an_agent_is_listened_to(stack: LocalStack, browser_type: BrowserType) -> None:
    with calling_over_daily(stack, browser_type) as daily:
        daily.start(agent="'first', {gain: 0}")
        daily.room("join('stranger', {owner: false, video: true})")
        daily.room("say('stranger', 'bot-output', {text: 'I am an agent, too.'})")
        daily.room("say('first', 'bot-output', {text: 'Do not mind him.'})")
        daily.caller.wait_to_read("assistant", "Do not mind")
        daily.caller.wait_for_silence(for_ms=500)
        expect(daily.caller.page.locator("#face")).to_be_hidden()
        assert [text for _, text in daily.caller.transcript()] == ["Do not mind him."]
        assert daily.room("heard") == ["client-ready"]


def test_an_agent_that_says_goodbye_ends_the_call(
    stack: LocalStack, browser_type: BrowserType
) -> None:
    with calling_over_daily(stack, browser_type) as daily:
        daily.start()
        daily.room("say('first', 'server-message', {type: 'ended', reason: 'silence-limit'})")
        daily.room("leave('first')")
        daily.caller.wait_for_phase("ended")
        expect(daily.caller.page.locator("#status-detail")).to_contain_text("Nobody had spoken")
        daily.caller.page.wait_for_function("() => window.rooms.at(-1).left")
        assert daily.problems == []


def test_a_lost_room_is_left_for_the_one_that_the_server_names(
    stack: LocalStack, browser_type: BrowserType
) -> None:
    with calling_over_daily(stack, browser_type) as daily:
        daily.start()
        daily.caller.choose("websocket")  # which takes effect with the next call
        daily.room("fail('connection-error')")
        daily.caller.wait_for_phase("reconnecting")
        daily.wait_until_in_room(2)
        daily.room("join('second')")
        daily.caller.wait_for_phase("live")
        daily.caller.wait_to_read("note", "Connection restored")
        daily.caller.wait_to_hear()
        assert daily.asked[1] == {"transport": "daily", "resume": "resume-1"}
        assert daily.room("joined")["url"].endswith("voice-2")
        assert daily.room("microphone().readyState") == "live"
        assert daily.problems == []


@pytest.mark.parametrize("status", [403, 409, 410])
def test_a_call_that_is_over_for_the_server_is_over_on_the_page(
    stack: LocalStack, browser_type: BrowserType, status: int
) -> None:
    with calling_over_daily(stack, browser_type, refuse_return=status) as daily:
        daily.start()
        daily.room("fail('ejected')")
        daily.caller.wait_for_phase("ended")
        expect(daily.caller.page.get_by_role("button", name="Call again")).to_be_visible()
        daily.caller.assert_accessible()


@pytest.mark.parametrize(
    ("error", "title"),
    [
        ("no-room", "The room of this call is closed"),
        ("not-allowed", "Daily did not let you in"),
        ("connection-error", "Daily could not be reached"),
    ],
)
def test_a_room_that_lets_nobody_in_is_said_with_a_way_on(
    stack: LocalStack, browser_type: BrowserType, error: str, title: str
) -> None:
    with calling_over_daily(stack, browser_type) as daily:
        page = daily.caller.page
        page.evaluate(f"() => {{ window.roomRefuses = '{error}'; }}")
        page.get_by_role("button", name="Start call").click()
        daily.caller.wait_for_phase("failed")
        daily.wait_for_title(title)
        daily.caller.assert_accessible()
        page.evaluate("() => { window.roomRefuses = undefined; }")
        page.get_by_role("button", name="Try again").click()
        daily.wait_until_in_room(2)
        daily.room("join('first')")
        daily.caller.wait_for_phase("live")
        assert daily.problems == []


@pytest.mark.parametrize("hangs", [False, True])
def test_without_daily_the_page_says_so_and_offers_another_try(
    stack: LocalStack, browser_type: BrowserType, hangs: bool
) -> None:
    held: list[Route] = []
    cloud = held.append if hangs else Route.abort
    with calling_over_daily(stack, browser_type, cloud=cloud) as daily:
        daily.caller.page.get_by_role("button", name="Start call").click()
        daily.wait_for_title("Daily could not be reached")
        expect(daily.caller.page.get_by_role("alert")).to_contain_text("Settings")
        expect(daily.caller.page.get_by_role("button", name="Try again")).to_be_focused()
        daily.caller.assert_accessible()
        daily.cloud = None
        for route in held:
            route.abort()
        daily.caller.page.get_by_role("button", name="Try again").click()
        daily.wait_until_in_room(1)
        daily.room("join('first')")
        daily.caller.wait_for_phase("live")
        assert daily.problems == []
