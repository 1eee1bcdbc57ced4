"""What the bot announces when it hangs up, and what the page makes of it."""

import re

import pytest

from services.bot.call.ending import Ending
from tests.local_stack import REPOSITORY

_SOURCE = REPOSITORY / "services/client/src"
_COMES_BACK = re.search(r"RESUMABLE = new Set\((.*?)\)", (_SOURCE / "call-state.ts").read_text())
_WORDS = re.search(r"ENDINGS = new Map\((.*?)\n\);", (_SOURCE / "status.ts").read_text(), re.DOTALL)


@pytest.mark.parametrize("ending", [each for each in Ending if each is not Ending.CALLER_LEFT])
def test_the_page_comes_back_after_an_ending_that_lets_it_and_has_words_for_the_others(
    ending: Ending,
) -> None:
    assert _COMES_BACK is not None and _WORDS is not None
    resumable = f'"{ending.reason}"' in _COMES_BACK[1]
    has_words = re.search(rf'^\s*"?{ending.reason}"?:', _WORDS[1], re.MULTILINE) is not None
    assert resumable is ending.resumable
    assert resumable or has_words
