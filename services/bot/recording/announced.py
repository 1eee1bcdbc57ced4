"""Whether a caller has heard that the call is recorded."""

import re
from difflib import SequenceMatcher

ENOUGH = 0.8
"""Of the announcement's words, in order. A model that is told to say something says nearly that,
and a number or a hyphen may be spelt another way."""


def has_heard(text: str, announcement: str) -> bool:
    """Whether what was heard of the agent holds the announcement."""
    wanted = _words(announcement)
    matcher = SequenceMatcher(None, wanted, _words(text), autojunk=False)
    found = sum(block.size for block in matcher.get_matching_blocks())
    return bool(wanted) and found >= ENOUGH * len(wanted)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())
