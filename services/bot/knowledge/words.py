"""From a question as people ask it to the words that are worth looking for."""

import re

_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_APOSTROPHE = re.compile(r"['\u2019]")

_STOP_WORDS = """
    a about actually all also am an and any are as ask at be because been before being but by can
    can't could couldn't did didn't do does doesn't doing don't else er for from get give go going
    got had has hasn't have haven't having he hello her here hey hi him his how how's however i
    i'd i'll i'm i've if in into is isn't it it's its just know let let's like long many may maybe
    me might mine more most much must my need no not now of off oh ok okay on once one only or
    other our out over please quite really right say she should so some something sorry sure tell
    than thank thanks that that's the their them then there there's these they they're this those
    through to too uh um until up us very want wanted was wasn't we we're well were what what's
    when when's where where's whether which while who who's whom why will with won't would
    wouldn't yes yet you you'd you're your yours
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())
"""English words that say nothing of what a question is about; fillers of spoken language too."""

_UNITS = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen seventeen eighteen nineteen
"""
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_VALUES = {word: value for value, word in enumerate(_UNITS.split())} | {
    word: 10 * value for value, word in enumerate(_TENS.split(), start=2)
}
_NAMES = {value: word for word, value in _VALUES.items()}

MOST_WORDS = 24
"""Of a longer question only the first ones count: nobody asks that much at once."""


def telling_words(question: str) -> list[list[str]]:
    """The words of a question that tell what it is about, each with the ways to write it.

    Numbers stand in documents as digits or as words, and in what was heard as either. Where a
    question has stop words alone, they are all there is.
    """
    raw = _raw(question)
    telling = [word for word in raw if word not in STOP_WORDS] or raw
    short = [_APOSTROPHE.split(word)[0] for word in telling]
    found: dict[str, list[str]] = {}
    for word, following in zip(short, [*short[1:], ""], strict=False):
        found.setdefault(word, [word, *_other_spellings(word, following)])
    return list(found.values())[:MOST_WORDS]


def _raw(text: str) -> list[str]:
    return [word.lower().replace("\u2019", "'") for word in _WORD.findall(text)]


def _other_spellings(word: str, following: str) -> list[str]:
    if word in _VALUES:
        value = _VALUES[word]
        units = _VALUES.get(following, 0)
        if value >= 20 and 0 < units < 10:
            return [str(value), str(value + units)]
        return [str(value)]
    if word.isdecimal() and len(word) < 4 and int(word) in _NAMES:
        return [_NAMES[int(word)]]
    return []
