"""A call from the first click to the goodbye, over each transport."""

import re

import pytest
from playwright.sync_api import BrowserType

from tests.end_to_end.caller import Caller, calling
from tests.local_stack import LocalStack

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("transport", ["websocket", "webrtc"])
def test_a_spoken_question_is_answered_aloud_from_the_orders_table(
    stack: LocalStack, browser_type: BrowserType, transport: str
) -> None:
    with calling(browser_type, stack.page_url, speaks=True) as caller:
        began = len(stack.lines)
        caller.start(transport=transport)
        caller.wait_to_be_greeted()
        asked = caller.say("where_is_my_order_4217")
        caller.wait_to_read("user", "where is my order (four two one seven|4217)")
        caller.wait_to_read("tool", "order")
        caller.wait_to_read("assistant", r"4217.*(shipped|kettle)")
        caller.wait_to_hear(since=asked)
        caller.wait_for_silence(for_ms=1500)
        caller.hang_up()
        roles = [role for role, _ in caller.transcript()]
        assert roles.index("user") < roles.index("tool") < len(roles) - 1
        assert roles[0] == roles[-1] == "assistant", "it greets first and answers last"
        assert caller.problems == []
        bot_id = stack.wait_for(r"session started.*(bot_\S+)", 5, after=began)[1]
        assert stack.wait_for_status(bot_id, "ended")["reason"] == "caller-left"


def test_a_sentence_outside_the_script_is_not_met_with_silence(
    stack: LocalStack, browser_type: BrowserType
) -> None:
    with calling(browser_type, stack.page_url, speaks=True) as caller:
        caller.start()
        caller.wait_to_be_greeted()
        asked = caller.say("the_weather_was_lovely")
        caller.wait_to_read("assistant", "did not understand|didn.t (understand|catch)")
        caller.wait_to_hear(since=asked)
        assert caller.problems == []


def test_speaking_silences_the_agent_at_once(stack: LocalStack, browser_type: BrowserType) -> None:
    with calling(browser_type, stack.page_url, speaks=True) as caller:
        caller.start()
        caller.wait_to_be_greeted()
        asked = caller.say("tell_me_a_story")
        caller.wait_to_read("user", "story")
        caller.wait_to_hear(since=asked)
        caller.wait_to_talk_over(since=caller.say("wait_stop_please"))
        caller.wait_for_silence(seconds=5)
        interrupted = caller.page.locator("#transcript [data-interrupted=true]")
        interrupted.first.wait_for(timeout=10_000)
        assert caller.problems == []


def test_muting_keeps_the_callers_words_from_the_agent(
    stack: LocalStack, browser_type: BrowserType
) -> None:
    with calling(browser_type, stack.page_url, speaks=True) as caller:
        caller.start()
        caller.wait_to_be_greeted()
        caller.page.get_by_role("button", name="Mute microphone").click()
        caller.say("where_is_my_order_4217")
        caller.wait_until_said()
        caller.page.get_by_role("button", name="Unmute microphone").click()
        caller.say(*["hello", 4.0] * 3)
        caller.wait_to_read("user", "hello")
        assert not _users_words(caller, "order")
        assert caller.problems == []


def _users_words(caller: Caller, pattern: str) -> list[str]:
    return [
        text for role, text in caller.transcript() if role == "user" and re.search(pattern, text)
    ]
