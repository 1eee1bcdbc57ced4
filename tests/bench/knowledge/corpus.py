"""Folders of documents as large as one likes, and questions about them; made from a seed."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from pathlib import Path

from services.bot.knowledge import Passage

_FILE_PASSAGES = 20
_WORDS = 30_000
_PASSAGE_WORDS = 70
_ENDINGS = ("", "", "s", "ing", "ed")
_FILLERS = ("how do i", "what is the", "can you tell me about", "is there any", "um, where are the")


class Corpus:
    """Words whose frequencies fall as in any language (Zipf), in passages of 400 characters."""

    def __init__(self, seed: int = 1) -> None:
        """Makes up a vocabulary."""
        self._random = random.Random(seed)  # noqa: S311  a corpus, no secret
        syllables = [c + v for c in "bcdfghklmnprstvz" for v in "aeiou"]
        self._words = [
            "".join(self._random.choices(syllables, k=1 + self._random.randint(1, 3)))
            for _ in range(_WORDS)
        ]
        self._weights = list(itertools.accumulate(1 / (rank + 2) for rank in range(_WORDS)))

    def write(self, folder: Path, passages: int) -> None:
        """Fills a folder with Markdown that will be cut into so many passages."""
        for start in range(0, passages, _FILE_PASSAGES):
            count = min(_FILE_PASSAGES, passages - start)
            parts = (f"## {self._some(3)}\n\n{self._sentences()}\n" for _ in range(count))
            file = folder / f"{start // _FILE_PASSAGES:05}.md"
            file.write_text(f"# {self._some(2)}\n\n" + "\n".join(parts))

    def questions(self, count: int) -> list[str]:
        """Questions as people ask them: fillers, and two to five words in some form."""
        return [
            f"{self._random.choice(_FILLERS)} "
            + " ".join(
                word + self._random.choice(_ENDINGS)
                for word in self._some(self._random.randint(2, 5)).split()
            )
            for _ in range(count)
        ]

    def questions_about(self, passages: Sequence[Passage], count: int) -> list[tuple[str, Passage]]:
        """Questions that a passage should answer, and the passage: two to five words of its."""
        asked = []
        for passage in self._random.choices(passages, k=count):
            words = passage.heading.split() + passage.text.replace(".", "").split()
            some = self._random.sample(words, k=self._random.randint(2, 5))
            asked.append((f"{self._random.choice(_FILLERS)} {' '.join(some)}", passage))
        return asked

    def _some(self, count: int) -> str:
        return " ".join(self._random.choices(self._words, cum_weights=self._weights, k=count))

    def _sentences(self) -> str:
        return ". ".join(self._some(10) for _ in range(_PASSAGE_WORDS // 10)) + "."
