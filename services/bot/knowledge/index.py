"""An index of passages in a file: SQLite's FTS5, ranked by bm25.

On a core of 2026 FTS5 takes 0.8 microseconds to score a passage and 0.03 to skip one. So a search
has its rarest words choose a bounded number of passages, and commoner ones only help to rank these.
How many passages have a word was counted when the index was made.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from services.bot.knowledge.passages import Passage
from services.bot.knowledge.words import telling_words

MOST_SCORED = 120
"""How many passages a search ranks, at most."""

MOST_SKIPPED = 800
"""How many passages the commoner words may be in, all together."""

_TOKENIZER = "porter unicode61 remove_diacritics 2"
_SCHEMA = f"""
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE VIRTUAL TABLE passages USING fts5(
    heading, text, file UNINDEXED, tokenize = '{_TOKENIZER}'
);
CREATE VIRTUAL TABLE counted USING fts5vocab(passages, row);
CREATE TABLE words (word TEXT PRIMARY KEY, passages INTEGER) WITHOUT ROWID;
"""
_STEMMER = f"""
CREATE VIRTUAL TABLE question USING fts5(text, content = '', tokenize = '{_TOKENIZER}');
CREATE VIRTUAL TABLE stems USING fts5vocab(question, instance);
"""
# A word in the headings above a passage says more of it than one in its text. The inner query
# bounds what is scored where even the rarest word is common.
_SEARCH = """
SELECT passages.file, passages.heading, passages.text, found.score FROM (
    SELECT rowid AS place, bm25(passages, 3.0, 1.0) AS score
    FROM passages WHERE passages MATCH ? LIMIT ?
) AS found JOIN passages ON passages.rowid = found.place ORDER BY found.score LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class Found:
    """A passage that may answer a question.

    Attributes:
        passage: The passage.
        score: bm25's, higher is better. It compares passages found by one question, no more.
    """

    passage: Passage
    score: float


def write_index(file: Path, passages: Iterable[Passage]) -> int:
    """Writes an index into a new file and returns how many passages it has."""
    connection = sqlite3.connect(file, isolation_level=None)
    try:
        connection.executescript(_SCHEMA)
        connection.execute("BEGIN")
        connection.executemany(
            "INSERT INTO passages (heading, text, file) VALUES (?, ?, ?)",
            ((each.heading, each.text, each.file) for each in passages),
        )
        connection.execute("INSERT INTO passages (passages) VALUES ('optimize')")
        connection.execute("INSERT INTO words SELECT term, doc FROM counted")
        connection.execute("COMMIT")
        (count,) = connection.execute("SELECT count(*) FROM passages_docsize").fetchone()
        return int(count)
    finally:
        connection.close()


class Index:
    """An index that is open for searching, in one process and one thread."""

    def __init__(self, file: Path) -> None:
        """Opens the index in ``file``, which nobody writes to any more.

        Raises:
            sqlite3.Error: There is none.
        """
        self._connection = sqlite3.connect(f"{file.as_uri()}?mode=ro&immutable=1", uri=True)
        self._connection.executescript("PRAGMA mmap_size = 1073741824; PRAGMA query_only = ON;")
        self._stemmer = sqlite3.connect(":memory:", isolation_level=None)
        self._stemmer.executescript(_STEMMER)

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Closes it."""
        self.close()

    def __len__(self) -> int:
        """How many passages it has."""
        counted = self._connection.execute("SELECT count(*) FROM passages_docsize")
        return int(counted.fetchone()[0])

    def close(self) -> None:
        """Ends its connections."""
        self._connection.close()
        self._stemmer.close()

    def search(self, question: str, *, most: int = 3) -> list[Found]:
        """The passages that fit a question best, the best first; none where no word of it is known.

        Args:
            question: What somebody asked, in words of theirs.
            most: How many passages.
        """
        for expression in _expressions(self._counts(question)):
            rows = self._connection.execute(_SEARCH, (expression, MOST_SCORED, most)).fetchall()
            if rows:
                return [
                    Found(Passage(file, heading, text), -score)
                    for file, heading, text, score in rows
                ]
        return []

    def topics(self, *, most: int = 30) -> list[str]:
        """The first headings, in the order of the documents: what there is to be asked about."""
        rows = self._connection.execute("SELECT heading FROM passages LIMIT ?", (10 * most,))
        last = (str(heading).rpartition(" > ")[2].strip() for (heading,) in rows)
        return [topic for topic in dict.fromkeys(last) if topic][:most]

    def _counts(self, question: str) -> dict[str, int]:
        """The question's words that some passages have, and how many have each."""
        asked = telling_words(question)
        stems = self._stems([word for spellings in asked for word in spellings])
        counts: dict[str, int] = {}
        for spellings in asked:
            known = {
                word: passages for word in spellings if (passages := self._count(stems.get(word)))
            }
            counts |= known or self._alike(spellings[0])
        return counts

    def _stems(self, words: list[str]) -> dict[str, str]:
        """Words as the index's own tokenizer writes them; without those that it takes apart."""
        self._stemmer.executemany(
            "INSERT INTO question (rowid, text) VALUES (?, ?)", enumerate(words)
        )
        rows = self._stemmer.execute("SELECT doc, term FROM stems").fetchall()
        self._stemmer.execute("INSERT INTO question (question) VALUES ('delete-all')")
        return {words[place]: term for place, term in rows}

    def _count(self, stem: str | None) -> int:
        """How many passages have a word of this stem."""
        rows = self._connection.execute("SELECT passages FROM words WHERE word = ?", (stem,))
        found = rows.fetchone()
        return int(found[0]) if found else 0

    def _alike(self, word: str) -> dict[str, int]:
        """Words that begin as an unknown one does: a form that the stemmer does not know."""
        beginning = word[: max(4, len(word) - 3)]
        if len(beginning) < 4:
            return {}
        rows = self._connection.execute(
            "SELECT word, passages FROM words WHERE word >= ? AND word < ? LIMIT 4",
            (beginning, f"{beginning}\U0010ffff"),
        ).fetchall()
        # They are stems, and FTS5 will take the stem of each again.
        stems = self._stems([stem for stem, _ in rows])
        return {stem: int(passages) for stem, passages in rows if stems.get(stem) == stem}


def _expressions(counts: Mapping[str, int]) -> Iterator[str]:
    """What FTS5 shall match, one after the other until there is something.

    Passages with any rare word; the words that the second half of the expression names besides
    choose nothing and count for the rank. Where no word is rare, passages that have two of them.
    """
    ordered = sorted(counts, key=counts.__getitem__)
    rare: list[str] = []
    helping: list[str] = []
    scored = skipped = 0
    for word in ordered:
        if not helping and scored + counts[word] <= MOST_SCORED:
            rare.append(word)
            scored += counts[word]
        elif skipped + counts[word] <= MOST_SKIPPED:
            helping.append(word)
            skipped += counts[word]
    if not rare:
        if len(ordered) > 1:
            yield f'"{ordered[0]}" AND "{ordered[1]}"'
        yield from (f'"{word}"' for word in ordered[:1])
    elif helping:
        yield f"{_any(rare)} AND {_any([*rare, *helping])}"
    else:
        yield _any(rare)


def _any(words: Iterable[str]) -> str:
    """Each word quoted, so that none is an operator of FTS5's."""
    return f"({' OR '.join(f'"{word}"' for word in words)})"
