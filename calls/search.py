"""Finds words in transcripts: SQLite's FTS5, in memory, made of what was listed."""

import json
import re
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from services.common.calls.transcript import Transcript, UsedTool

MARKS = "\x02", "\x03"
"""Around words that were found; what somebody said holds neither."""

_WORDS_AROUND = 12


@dataclass(frozen=True, slots=True)
class Hit:
    """Where words were found.

    Attributes:
        session_id: The call.
        number: The turn; 0 in a tool call.
        excerpt: The words around, the found ones between `MARKS`.
    """

    session_id: str
    number: int
    excerpt: str


class Index:
    """All that was said and done in some calls. For one thread at a time."""

    def __init__(self, transcripts: Iterable[Transcript]) -> None:
        """Reads the transcripts."""
        self._database = sqlite3.connect(":memory:", check_same_thread=False)
        self._database.execute(
            "CREATE VIRTUAL TABLE said USING fts5("
            "text, session_id UNINDEXED, number UNINDEXED, "
            "tokenize='unicode61 remove_diacritics 2')"
        )
        self._database.executemany(
            "INSERT INTO said VALUES (?, ?, ?)",
            (row for transcript in transcripts for row in _rows(transcript)),
        )

    def find(self, words: str) -> list[Hit]:
        """The places that hold all of the words, the best first; the last may be a beginning."""
        wanted = re.findall(r"\w+", words)
        if not wanted:
            return []
        query = " ".join(f'"{word}"' for word in wanted) + "*"
        found = self._database.execute(
            "SELECT session_id, number, snippet(said, 0, ?, ?, '…', ?) FROM said "
            "WHERE said MATCH ? ORDER BY rank",
            (*MARKS, _WORDS_AROUND, query),
        )
        return [Hit(session_id, number, excerpt) for session_id, number, excerpt in found]


def _rows(transcript: Transcript) -> list[tuple[str, str, int]]:
    said = [(turn.text, transcript.session_id, turn.number) for turn in transcript.turns]
    done = [(_told(tool), transcript.session_id, 0) for tool in transcript.tool_calls]
    marks = str.maketrans("", "", "".join(MARKS))
    return [(text.translate(marks), call, number) for text, call, number in (*said, *done)]


def _told(tool: UsedTool) -> str:
    given, got = (json.dumps(x, ensure_ascii=False) for x in (tool.arguments, tool.result))
    return f"{tool.name} {given} {got}"
