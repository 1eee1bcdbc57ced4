"""Numbers as people say them: "four two one seven", "forty two seventeen", "double oh nine"."""

from __future__ import annotations

_DIGITS = {
    **dict.fromkeys(("zero", "oh", "o"), 0),
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
}
_HOMOPHONES = {"won": "one", "to": "two", "too": "two", "for": "four", "ate": "eight"}
_TEENS = {
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "thirteen": 13,
    "fourteen": 14,
    "fifteen": 15,
    "sixteen": 16,
    "seventeen": 17,
    "eighteen": 18,
    "nineteen": 19,
}
_TENS = {
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
}
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000}
_REPEATS = {"double": 2, "triple": 3}

_WORDS = "|".join((*_DIGITS, *_TEENS, *_TENS, *_SCALES, *_REPEATS, "and"))
_ALIKE = "|".join(_HOMOPHONES)
NUMBER_PATTERN = rf"(?:(?:{_WORDS}) |(?:{_ALIKE}) (?=(?:{_WORDS}|{_ALIKE}) |$))+"
"""Regular expression for a spoken number in text with a space after each word.

"For" and its like are digits, as a language model may have heard them, before another or at the
end of the text: in "nine oh for two", but not in "nine oh four two for me".
"""

NUMBER_JSGF = """
<number> = <number_part> <number_part>+;
<number_part> = <digit> | <teen> | <tens> [<digit>] | (double | triple) <digit> | <scaled>;
<scaled> = (<digit> | <teen>) (hundred | thousand) [and];
<digit> = oh | zero | one | two | three | four | five | six | seven | eight | nine;
<teen> = ten | eleven | twelve | thirteen | fourteen | fifteen | sixteen | seventeen | eighteen
    | nineteen;
<tens> = twenty | thirty | forty | fifty | sixty | seventy | eighty | ninety;
"""
"""Rules for the recogniser, which has no homophones to fear and is better off with fewer words."""


def digits_of(words: str) -> str:
    """The digits that a spoken number stands for.

    Parts are set side by side, as callers read out an order number; "hundred", "thousand" and
    "million" make one amount of the parts around them.

    Args:
        words: Number words between spaces.

    Returns:
        "4217" for "four two one seven", "forty two seventeen" and "four thousand two hundred and
        seventeen".
    """
    said = [_HOMOPHONES.get(word, word) for word in words.split()]
    digits = ""
    place = 0
    while place < len(said):
        part, place = _part(said, place)
        digits += part
    return digits


def words_of(digits: str) -> str:
    """Digits one by one, as words: "four two one seven" for "4217"."""
    names = {value: word for word, value in reversed(_DIGITS.items())}
    return " ".join(names[int(digit)] for digit in digits)


def _part(said: list[str], place: int) -> tuple[str, int]:
    """The digits of the number that begins at `place`, and where the next one begins."""
    following = _word(said, place + 1)
    if said[place] in _REPEATS and following in _DIGITS:
        return str(_DIGITS[following]) * _REPEATS[said[place]], place + 2
    value, after = _amount(said, place)
    return ("", place + 1) if value is None else (str(value), after)


def _amount(said: list[str], place: int, limit: int = 10**9) -> tuple[int | None, int]:
    """An amount, "four thousand two hundred and seventeen", as far as it stays under a limit."""
    value, place = _group(said, place)
    scale = _SCALES.get(_word(said, place), limit)
    if not value or scale >= limit:
        return value, place
    value *= scale
    place += 1
    rest, after = _amount(said, _past_and(said, place), scale)
    if rest and rest < scale and _word(said, after) not in _SCALES:
        return value + rest, after
    return value, place


def _group(said: list[str], place: int) -> tuple[int | None, int]:
    """Up to three digits, "two hundred and seventeen", or what has no hundreds."""
    value, place = _below_hundred(said, place)
    if not value or _word(said, place) != "hundred":
        return value, place
    value *= 100
    place += 1
    rest, after = _below_hundred(said, _past_and(said, place))
    if rest and _word(said, after) != "hundred":
        return value + rest, after
    return value, place


def _below_hundred(said: list[str], place: int) -> tuple[int | None, int]:
    word = _word(said, place)
    if word in _TENS:
        unit = _DIGITS.get(_word(said, place + 1), 0)
        return _TENS[word] + unit, place + (2 if unit else 1)
    value = _DIGITS.get(word, _TEENS.get(word))
    return value, place if value is None else place + 1


def _past_and(said: list[str], place: int) -> int:
    return place + (_word(said, place) == "and")


def _word(said: list[str], place: int) -> str:
    return said[place] if place < len(said) else ""
