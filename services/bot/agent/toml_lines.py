"""On which line of a TOML file a key stands, which Python's own parser does not tell."""

import re
from collections.abc import Iterator

_HEADER = re.compile(r"\s*\[\[?\s*(?P<path>[^\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(
    r"\s*(?P<path>(?:[\w-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*[\w\"'-]+)*)\s*=(?P<value>.*)"
)
_QUOTES = re.compile(r"\"\"\"|'''")
_STRING = re.compile(r"\"(?:\\.|[^\"\\])*\"|'[^']*'")
_COMMENT = re.compile(r"#.*")


def line_of(text: str, path: tuple[str, ...]) -> int | None:
    """The line of a key, or of what is nearest above it; None when not even that is there.

    Args:
        text: A file that is TOML.
        path: The keys of tables, then the key.
    """
    lines = dict[tuple[str, ...], int]()
    for found, number in _keys(text):
        lines.setdefault(found, number)
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return None


def _keys(text: str) -> Iterator[tuple[tuple[str, ...], int]]:
    table: tuple[str, ...] = ()
    open_quotes, depth = "", 0
    for number, line in enumerate(text.splitlines(), start=1):
        rest = line
        if open_quotes:
            _, closed, rest = line.partition(open_quotes)
            if not closed:
                continue
            open_quotes = ""
        elif not depth:
            if header := _HEADER.match(line):
                table = _parts(header["path"])
                yield table, number
                continue
            if key := _KEY.match(line):
                yield (*table, *_parts(key["path"])), number
                rest = key["value"]
        open_quotes, depth = _still_open(rest, depth)


def _still_open(rest: str, depth: int) -> tuple[str, int]:
    """The quotes of a string that goes on, and how many brackets are open after it."""
    while opening := _QUOTES.search(_COMMENT.sub("", rest) if not _QUOTES.search(rest) else rest):
        quotes = opening.group()
        before, after = rest[: opening.start()], rest[opening.end() :]
        depth += _brackets(before)
        _, closed, rest = after.partition(quotes)
        if not closed:
            return quotes, depth
    return "", max(0, depth + _brackets(rest))


def _brackets(rest: str) -> int:
    bare = _COMMENT.sub("", _STRING.sub("", rest))
    return sum(map(bare.count, "[{")) - sum(map(bare.count, "]}"))


def _parts(path: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in path.split("."))
