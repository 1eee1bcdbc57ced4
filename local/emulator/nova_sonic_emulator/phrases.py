"""Sentences with variants and slots, written once: the recogniser's grammar and the reader of text.

    where (is | are) my order [number] <order_number>

A phrase is words, `[what may be left out]`, `(one | or the other)` and `<slot>`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nova_sonic_emulator.spoken_numbers import NUMBER_JSGF, NUMBER_PATTERN, digits_of, words_of

_TOKEN = re.compile(r"[a-z0-9']+|<[a-z_]+>|[\[\]()|]|\S")
_WORD = re.compile(r"[a-z']+$")
_SLOT = re.compile(r"<([a-z_]+)>$")
_CLOSING = {"(": ")", "[": "]"}


class PhraseError(ValueError):
    """A phrase that cannot be read; the message shows it."""


@dataclass(frozen=True, slots=True)
class Slot:
    """What may stand in a phrase's `<name>`.

    Attributes:
        name: As in the phrase.
        values: What each wording means; None for a spoken number, which means its digits.
        digits: How many digits a spoken number must have at least.
    """

    name: str
    values: Mapping[str, str] | None = None
    digits: int = 1

    def meaning(self, words: str) -> str | None:
        """What the words that filled it mean; None when that is too little."""
        if self.values is not None:
            return self.values[words.strip()]
        digits = digits_of(words)
        return digits if len(digits) >= self.digits else None

    @property
    def pattern(self) -> str:
        """Regular expression for it, in text with a space after each word."""
        if self.values is None:
            return NUMBER_PATTERN
        longest_first = sorted(self.values, key=len, reverse=True)
        return f"(?:{'|'.join(re.escape(value) for value in longest_first)}) "

    @property
    def rule(self) -> str:
        """JSGF for it."""
        return "<number>" if self.values is None else f"({' | '.join(sorted(self.values))})"


@dataclass(frozen=True, slots=True)
class Found:
    """A phrase in a text.

    Attributes:
        words: How many words of the text are the phrase's.
        slots: What its slots mean there.
    """

    words: int
    slots: dict[str, str]

    def __bool__(self) -> bool:
        return self.words > 0


class Phrase:
    """One phrase, ready to be found in text and to be put into a grammar.

    Args:
        source: As written in the script.
        slots: Those that it may name.

    Attributes:
        rule: JSGF for it.

    Raises:
        PhraseError: It is malformed or names an unknown slot.
    """

    def __init__(self, source: str, slots: Mapping[str, Slot]) -> None:
        self._source = source
        self._slots = slots
        self._tokens = list(reversed(_TOKEN.findall(source.lower())))
        pattern, self.rule = self._alternatives(closing=None)
        try:
            self._pattern = re.compile(f"(?:^|(?<= )){pattern}")
        except re.error as error:
            raise self._error(str(error)) from error

    def find(self, text: str) -> Found | None:
        """Where `text`, which must be normalised, has most of its words in this phrase."""
        found = (self._read(match) for match in self._pattern.finditer(text))
        return max(found, key=lambda each: each.words, default=Found(0, {})) or None

    def _read(self, match: re.Match[str]) -> Found:
        filled = {name: words for name, words in match.groupdict().items() if words}
        meanings = {name: self._slots[name].meaning(words) for name, words in filled.items()}
        empty = [filled[name] for name, meaning in meanings.items() if meaning is None]
        return Found(
            len(match.group().split()) - len(" ".join(empty).split()),
            {name: meaning for name, meaning in meanings.items() if meaning is not None},
        )

    def _alternatives(self, closing: str | None) -> tuple[str, str]:
        """Regular expression and JSGF of everything up to `closing`."""
        branches = [("", "")]
        while self._tokens:
            item = self._tokens.pop()
            if item == closing:
                closing = None
                break
            if item == "|":
                branches.append(("", ""))
            else:
                pattern, rule = self._item(item)
                branches[-1] = (branches[-1][0] + pattern, f"{branches[-1][1]} {rule}".strip())
        if closing is not None:
            raise self._error(f"{closing} is missing")
        if not all(rule for _, rule in branches):
            raise self._error("an alternative is empty")
        patterns, rules = zip(*branches, strict=True)
        return f"(?:{'|'.join(patterns)})", f"({' | '.join(rules)})"

    def _item(self, item: str) -> tuple[str, str]:
        if item in _CLOSING:
            pattern, rule = self._alternatives(_CLOSING[item])
            return (f"{pattern}?", f"[{rule}]") if item == "[" else (pattern, rule)
        if _WORD.match(item):
            return f"{item} ", item
        slot = _SLOT.match(item)
        if slot is None or slot[1] not in self._slots:
            raise self._error(f"{item} is no word, slot or bracket that is known here")
        return f"(?P<{slot[1]}>{self._slots[slot[1]].pattern})", self._slots[slot[1]].rule

    def _error(self, problem: str) -> PhraseError:
        return PhraseError(f"phrase {self._source!r}: {problem}")


def normalise(text: str) -> str:
    """Text as phrases are compared with it: lower-case words, a space behind each, no digits."""
    text = re.sub(
        r"\d+",
        lambda digits: f" {words_of(digits.group())} ",
        text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"),
    )
    return "".join(f"{word} " for word in re.findall(r"[^\W_]+(?:'[^\W_]+)*", text))


def grammar_of(
    phrases: Iterable[Phrase], *, before: Iterable[Phrase], after: Iterable[Phrase]
) -> str | None:
    """JSGF of sentences that are one of `phrases`, with courtesies before and after.

    None where there are no phrases: a script may understand mentions alone.
    """
    sentences, openings, closings = (
        " | ".join(phrase.rule for phrase in group) for group in (phrases, before, after)
    )
    if not sentences:
        return None
    opening = f"[{openings}] " if openings else ""
    closing = f" [{closings}]" if closings else ""
    sentence = f"public <sentence> = {opening}({sentences}){closing};"
    return f"#JSGF V1.0;\ngrammar script;\n{sentence}{NUMBER_JSGF}"
