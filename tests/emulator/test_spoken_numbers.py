"""Numbers, in all the ways in which people say them."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from nova_sonic_emulator.spoken_numbers import digits_of, words_of

_NAMES = {
    **dict(enumerate(("oh", *(words_of(digit) for digit in "123456789"), "ten", "eleven"))),
    **{12: "twelve", 13: "thirteen", 14: "fourteen", 15: "fifteen", 16: "sixteen"},
    **{17: "seventeen", 18: "eighteen", 19: "nineteen", 20: "twenty", 30: "thirty"},
    **{40: "forty", 50: "fifty", 60: "sixty", 70: "seventy", 80: "eighty", 90: "ninety"},
}


def pair(number: int) -> str:
    """Two digits in one breath: "forty two", "oh five", "double oh"."""
    if number == 0:
        return "double oh"
    if number < 10:
        return f"oh {_NAMES[number]}"
    return _NAMES.get(number) or f"{_NAMES[number // 10 * 10]} {_NAMES[number % 10]}"


def amount(number: int, rng: random.Random) -> str:
    """A whole number: "four thousand two hundred and seventeen"."""
    for scale, name in ((1_000_000, "million"), (1_000, "thousand"), (100, "hundred")):
        if number >= scale:
            above = amount(number // scale, rng)
            joint = rng.choice([" ", " and "]) if number % scale < 100 else " "
            rest = amount(number % scale, rng) if number % scale else ""
            return f"{above} {name}{joint}{rest}" if rest else f"{above} {name}"
    return pair(number) if number >= 10 else _NAMES[number]


def spoken(digits: str, style: str, rng: random.Random) -> str:
    """One of the ways to say an order number."""
    if style == "amount" and digits[0] != "0":
        return amount(int(digits), rng)
    if style == "pairs":
        first, rest = digits[: len(digits) % 2], digits[len(digits) % 2 :]
        pairs = [pair(int(rest[at : at + 2])) for at in range(0, len(rest), 2)]
        return " ".join(filter(None, [_NAMES[int(first)] if first else "", *pairs]))
    words, at = [], 0
    while at < len(digits):
        same = len(digits[at:]) - len(digits[at:].lstrip(digits[at]))
        count = rng.randint(1, min(same, 3)) if style == "repeats" else 1
        name = rng.choice(["oh", "zero"]) if digits[at] == "0" else _NAMES[int(digits[at])]
        words.append(["", "double ", "triple "][count - 1] + name)
        at += count
    return " ".join(words)


@given(
    digits=st.text("0123456789", min_size=3, max_size=8),
    style=st.sampled_from(["digits", "repeats", "pairs", "amount"]),
    rng=st.randoms(use_true_random=False),
)
def test_a_number_means_the_same_however_it_is_said(
    digits: str, style: str, rng: random.Random
) -> None:
    words = spoken(digits, style, rng)
    assert digits_of(words) == digits
    assert digits_of(words_of(digits)) == digits
