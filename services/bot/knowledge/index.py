"""An index of passages in a file: SQLite's FTS5, ranked by bm25.

On a core of 2026 FTS5's bm25 takes 0.8 microseconds to score a passage, and 0.02 for each passage
that has one of the words, because it counts them anew in every search. So a search has its rarest
words choose a bounded number of passages, commoner ones only help to rank these, and no more words
take part than are counted quickly. How many passages have a word is known from when the index was
made.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from services.bot.knowledge.passages import Passage
from services.bot.knowledge.words import telling_words

MOST_SCORED = 60
"""How many passages a search ranks, at most. Twice as many find hardly more."""

MOST_COUNTED = 3000
"""How many passages the words that rank may be in, all together."""

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
# The innermost query bounds what is scored where even the rarest word is common. Only what is told
# is read: the join comes after the ranking.
_SEARCH = """
SELECT passages.file, passages.heading, passages.text, best.score FROM (
    SELECT place, score FROM (
        SELECT rowid AS place, {score} AS score
        FROM passages WHERE passages MATCH :words LIMIT :scored
    ) ORDER BY score, place LIMIT :most
) AS best JOIN passages ON passages.rowid = best.place ORDER BY best.score, best.place
"""
# A word in the headings above a passage says more of it than one in its text.
_RANKED = _SEARCH.format(score="bm25(passages, 3.0, 1.0)")
_BY_HEADING = _SEARCH.format(score="-(heading LIKE :first) - ifnull(heading LIKE :second, 0)")


@dataclass(frozen=True, slots=True)
class Found:
    """A passage that may answer a question.

    Attributes:
        passage: The passage.
        score: bm25's, higher is better. It compares passages found by one question, no more. Where
            each word of the question is in so many passages that none tells anything, it is how
            many of two words stand in the headings.
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
        for query, values in _queries(self._counts(question)):
            limits = {"scored": MOST_SCORED, "most": most}
            rows = self._connection.execute(query, values | limits).fetchall()
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
        if all(map(str.isascii, words)):
            # Nothing is taken apart, and all in one row takes a third of the time.
            texts, terms = [" ".join(words)], "SELECT offset, term FROM stems"
        else:
            texts, terms = words, "SELECT doc, term FROM stems"
        self._stemmer.executemany(
            "INSERT INTO question (rowid, text) VALUES (?, ?)", enumerate(texts)
        )
        rows = self._stemmer.execute(terms).fetchall()
        self._stemmer.execute("INSERT INTO question (question) VALUES ('delete-all')")
        return {words[place]: term for place, term in rows}

    def _count(self, stem: str | None) -> int:
        """How many passages have a word of this stem."""
        rows = self._connection.execute("SELECT passages FROM words WHERE word = ?", (stem,))
        found = rows.fetchone()
        return int(found[0]) if found else 0

    def _alike(self, word: str) -> dict[str, int]:
        """Words that begin as an unknown one does: a form that the stemmer does not know."""
        beginning = _beginning(word)
        if len(beginning) < 4:
            return {}
        rows = self._connection.execute(
            "SELECT word, passages FROM words WHERE word >= ? AND word < ? LIMIT 4",
            (beginning, f"{beginning}\U0010ffff"),
        ).fetchall()
        # They are stems, and FTS5 will take the stem of each again.
        stems = self._stems([stem for stem, _ in rows])
        return {stem: int(passages) for stem, passages in rows if stems.get(stem) == stem}


def _queries(counts: Mapping[str, int]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The queries for a question's words and their values, one by one until something is found.

    Passages with any rare word; the words that the second half of the expression names besides
    choose nothing and count for the rank. Where no word is rare, passages that have the rarest
    one and another. Words that are nearly everywhere tell nothing; where there are no others,
    some passages that have two of them, or one, those first that have them in their headings.
    """
    ordered = sorted(counts, key=counts.__getitem__)
    rare: list[str] = []
    helping: list[str] = []
    chosen = counted = 0
    for word in ordered:
        if counted + counts[word] > MOST_COUNTED:
            break
        counted += counts[word]
        if chosen + counts[word] <= MOST_SCORED:
            rare.append(word)
            chosen += counts[word]
        else:
            helping.append(word)
    if rare:
        further = f" AND {_any([*rare, *helping])}" if helping else ""
        yield _RANKED, {"words": _any(rare) + further}
    elif helping:
        first, *others = helping
        if others:
            yield _RANKED, {"words": f"{_any([first])} AND {_any(others)}"}
        yield _RANKED, {"words": _any([first])}
    elif ordered:
        first, *others = ordered[:2]
        beginnings = {"first": f"%{_beginning(first)}%", "second": None}
        for second in others:
            both = {"words": f"{_any([first])} AND {_any([second])}"}
            yield _BY_HEADING, beginnings | both | {"second": f"%{_beginning(second)}%"}
        yield _BY_HEADING, beginnings | {"words": _any([first])}


def _any(words: Iterable[str]) -> str:
    """Each word quoted, so that none is an operator of FTS5's."""
    return f"({' OR '.join(f'"{word}"' for word in words)})"


def _beginning(word: str) -> str:
    """What the forms of a word have in common."""
    return word[: max(4, len(word) - 3)]
