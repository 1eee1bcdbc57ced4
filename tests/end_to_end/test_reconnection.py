"""A connection or a process that goes away under a caller."""

import os
import signal

import pytest
from playwright.sync_api import BrowserType

from tests.end_to_end.caller import calling
from tests.local_stack import LocalStack

pytestmark = pytest.mark.browser


def test_a_bot_killed_under_a_speaking_caller_is_replaced_and_knows_the_conversation(
    stack: LocalStack, browser_type: BrowserType
) -> None:
    with calling(browser_type, stack.page_url, speaks=True) as caller:
        began = len(stack.lines)
        caller.start()
        caller.wait_to_be_greeted()
        caller.say("where_is_my_order_4217")
        caller.wait_to_read("assistant", "4217")
        pid = int(stack.wait_for(r"session started.*pid=(\d+)", 5, after=began)[1])
        caller.say("what_was_my_order_number")
        caller.wait_to_be_speaking()
        os.kill(pid, signal.SIGKILL)
        caller.wait_for_phase("reconnecting")
        caller.wait_for_phase("live")
        before = len(caller.transcript())
        caller.wait_until_said()
        # What is left of the first time may run into the second; and they ask until it is heard.
        caller.say(*[2.0, "what_was_my_order_number", 6.0] * 3)
        caller.wait_to_read("user", "what was my order number", seconds=40)
        caller.page.wait_for_function(
            f"() => [...document.querySelectorAll('#transcript [data-role=assistant]')]"
            f".slice(-1)[0].innerText.includes('4217') && "
            f"document.querySelectorAll('#transcript [data-role]').length > {before}",
            timeout=20_000,
        )


def test_a_network_that_comes_back_goes_on_with_the_call(
    stack: LocalStack, browser_type: BrowserType
) -> None:
    with calling(browser_type, stack.page_url, speaks=True) as caller:
        caller.start()
        caller.wait_to_hear(since=caller.began)
        caller.page.context.set_offline(True)
        caller.wait_for_phase("reconnecting")
        caller.page.context.set_offline(False)
        caller.wait_for_phase("live")
        caller.say(*["hello", 4.0] * 3)
        caller.wait_to_read("user", "hello", seconds=40)
