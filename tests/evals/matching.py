"""Whether what was said says what it should: in whatever case, spelling of numbers and signs."""

import re

_DIGITS = {
    word: str(value)
    for value, word in enumerate("zero one two three four five six seven eight nine".split())  # noqa: SIM905
} | {"oh": "0"}


def told(expected: str, text: str) -> bool:
    """Whether a text says something, in one of the ways that " | " parts."""
    heard = normal(text)
    ways = (normal(way) for way in expected.split("|"))
    # A word may go on, as kettles do after a kettle; a number may not.
    return any((way if way[-2:-1].isdecimal() else way.rstrip()) in heard for way in ways)


def normal(text: str) -> str:
    """Small letters and digits alone; digits that were said one by one are written as a number."""
    words = re.findall(
        r"[^\W_]+", text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").replace("'", "")
    )
    joined = ""
    for word in (_DIGITS.get(word, word) for word in words):
        one_by_one = len(word) == 1 and word.isdecimal() and joined[-1:].isdecimal()
        joined += word if one_by_one or not joined else f" {word}"
    return f" {joined} "


def same(expected: str, given: object) -> bool:
    """Whether an argument is what it should be."""
    return expected == "*" or normal(expected) == normal(str(given))
