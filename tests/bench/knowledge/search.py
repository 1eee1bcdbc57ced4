"""How long a search takes, and how long until an index is there, against the size of the folder."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from services.bot.knowledge import Library, Passage, Shelf
from services.bot.knowledge.folder import read_folder
from tests.bench.figures import LOAD_COLUMN, SPREAD_COLUMNS, Figure, Spread, below, number
from tests.bench.knowledge.corpus import Corpus
from tests.bench.processes import LoadMeter
from tests.bench.run import Run

_PROMISED = 10_000
_WORD = re.compile(r"\w+")
_PLAIN = (
    "SELECT file, heading, text FROM passages WHERE passages MATCH ? "
    "ORDER BY bm25(passages, 3.0, 1.0) LIMIT 3"
)


def measure_search(run: Run) -> list[Figure]:
    """Measures indexes of several sizes."""
    searches: list[list[str]] = []
    starts: list[list[str]] = []
    data: dict[str, object] = {}
    expected = []
    meter = LoadMeter()
    for passages in run.scale.passages:
        run.say(f"{passages:,} passages: writing, indexing, searching")
        with TemporaryDirectory() as place:
            documents, indexes = Path(place, "documents"), Path(place, "indexes")
            documents.mkdir()
            indexes.mkdir()
            corpus = Corpus()
            corpus.write(documents, passages)
            library = Library(indexes)
            began = time.perf_counter()
            library.add(documents)
            start = time.perf_counter() - began
            shelf = library.shelf(documents)
            assert shelf is not None
            (file,) = indexes.glob("*.db")
            questions = corpus.questions(run.scale.searches)
            ours = _timed(shelf.search, questions)
            in_plain = _plain_search(file)
            few = max(20, len(questions) // 20)
            plain = _timed(in_plain, questions[:few])
            about = corpus.questions_about(read_folder(documents), len(questions))
            hits = _found(_our_search(shelf), about)
            plain_hits = _found(in_plain, about[:few])
            starts.append(
                [
                    f"{passages:,}",
                    number(start),
                    number(file.stat().st_size / 1e6),
                    number(_opening(file)),
                ]
            )
        searches.append([f"{passages:,} passages", *ours.cells(), f"{hits:.0%}"])
        searches.append([f"{passages:,} passages, plain FTS5", *plain.cells(), f"{plain_hits:.0%}"])
        data[str(passages)] = {
            "ms": asdict(ours),
            "plain_ms": asdict(plain),
            "found": hits,
            "plain_found": plain_hits,
            "start_s": start,
        }
        if passages == _PROMISED:
            expected = [
                below("10,000 passages: p99 of a search", ours.p99, 1, "ms"),
                below("10,000 passages: from the folder to an index", start, 2, "s"),
            ]
    load = meter.read()
    return [
        Figure(
            title="Search in an agent's documents, in ms",
            measured=(
                "Questions of two to five words of a made-up language, whose frequencies fall as "
                "in any other, some in another form, among fillers; in one process, the index in "
                "the page cache. Plain: every word of the question, with FTS5's own ranking. "
                "Found: how often a passage is among the best three for a question of two to "
                "five of its words, whichever these are."
            ),
            columns=("", *SPREAD_COLUMNS, "found"),
            rows=searches,
            expectations=expected,
            notes=[*load.caution, f"{LOAD_COLUMN}: {load}."],
            data=data,
        ),
        Figure(
            title="From a folder of Markdown to an index that can be searched",
            measured=(
                "Reading files of 20 passages, cutting them, writing the index; once, before the "
                "first call. Opening: what each session process does while it warms up."
            ),
            columns=("passages", "s", "index, MB", "opening, ms"),
            rows=starts,
        ),
    ]


def _timed(search: Callable[[str], object], questions: list[str]) -> Spread:
    for question in questions[:20]:
        search(question)
    samples = []
    for question in questions:
        began = time.perf_counter()
        search(question)
        samples.append((time.perf_counter() - began) * 1000)
    return Spread.of(samples)


def _found(search: Callable[[str], list[Passage]], asked: list[tuple[str, Passage]]) -> float:
    return sum(passage in search(question) for question, passage in asked) / len(asked)


def _our_search(shelf: Shelf) -> Callable[[str], list[Passage]]:
    return lambda question: [each.passage for each in shelf.search(question)]


def _plain_search(file: Path) -> Callable[[str], list[Passage]]:
    connection = sqlite3.connect(f"{file.as_uri()}?mode=ro&immutable=1", uri=True)
    connection.execute("PRAGMA mmap_size = 1073741824")

    def search(question: str) -> list[Passage]:
        words = " OR ".join(f'"{word}"' for word in _WORD.findall(question))
        return [Passage(*row) for row in connection.execute(_PLAIN, (words,))]

    return search


def _opening(file: Path) -> float:
    began = time.perf_counter()
    Shelf(file).open()
    return (time.perf_counter() - began) * 1000
