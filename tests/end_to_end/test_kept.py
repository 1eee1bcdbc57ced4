"""What is left of a call on a laptop: `make calls` finds it while `make run` runs."""

import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserType

from calls.__main__ import main
from tests.end_to_end.caller import calling
from tests.local_stack import LocalStack
from tests.speech import compose

pytestmark = pytest.mark.browser

PATIENCE_SECONDS = 30.0


def test_a_call_is_listed_and_read(
    stack: LocalStack,
    browser_type: BrowserType,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def calls(*arguments: str) -> str:
        port = str(urlsplit(stack.page_url).port)
        assert main(["--port", port, *arguments]) == 0
        return capsys.readouterr().out

    microphone = compose(tmp_path, [4.0, "where_is_my_order_4217", 30.0])
    with calling(browser_type, stack.page_url, microphone=microphone) as caller:
        caller.start()
        caller.wait_to_read("assistant", "kettle", 60)
        caller.hang_up()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while "4217" not in (listed := calls("--find", "4217")):
        assert time.monotonic() < deadline, listed
        time.sleep(0.1)
    session_id = next(word for word in listed.split() if word.startswith("ses_"))
    said = calls("--id", session_id)
    assert "where is my order" in said
    assert 'track_order {"order_number": "4217"} -> answered' in said
