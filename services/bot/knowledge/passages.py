"""Cuts Markdown into passages: what is said in an answer, each with the headings above it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

PASSAGE_CHARACTERS = 600
"""A passage is about this long at most: half a minute of speech, and three fit into an answer."""

_FRONT_MATTER = re.compile(r"\A---\n.*?\n(?:---|\.\.\.)\n", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_HEADING = re.compile(r"(#{1,6})\s+(.+?)\s*#*$")
_UNDERLINE = re.compile(r"(=+|-+)\s*$")
_FENCE = re.compile(r"\s*(```+|~~~+)")
_TABLE_RULE = re.compile(r"\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$")
_IMAGE = re.compile(r"!\[([^\]]*)\]\([^)]*\)")
_LINK = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\[[^\]]*\])")
_MARKS = re.compile(r"(\*\*|__|`)(.+?)\1")
_EMPHASIS = re.compile(r"(?<![\w*_])([*_])(?=\S)(.+?)(?<=\S)\1(?![\w*_])")
# A line goes on with the one before unless that is a table's row, or it begins a row, a quotation
# or an entry of a list.
_WRAPPED = re.compile(r"(?<!\|)\n(?![-*+>|] |\||\d+[.)] )")
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+")


@dataclass(frozen=True, slots=True)
class Passage:
    """A few paragraphs under one heading.

    Attributes:
        file: The file, relative to the folder.
        heading: The headings above it, outermost first, with " > " between them; may be empty.
        text: What it says, without Markdown's marks.
    """

    file: str
    heading: str
    text: str

    @property
    def source(self) -> str:
        """Where it stands, for people."""
        return f"{self.file}, {self.heading}" if self.heading else self.file


def cut(file: str, markdown: str) -> Iterator[Passage]:
    """The passages of one file, in order.

    Paragraphs under one heading are put together as long as they fit. A longer paragraph is cut
    between sentences, a longer table between rows, each part with the table's head.
    """
    markdown = _FRONT_MATTER.sub("", markdown.replace("\r\n", "\n"), count=1)
    heading, gathered = "", ""
    for above, paragraph in _paragraphs(_COMMENT.sub("", markdown)):
        for part in _fitting(paragraph):
            if gathered and (
                above != heading or len(gathered) + 1 + len(part) > PASSAGE_CHARACTERS
            ):
                yield Passage(file, heading, gathered)
                gathered = ""
            heading, gathered = above, f"{gathered}\n{part}" if gathered else part
    if gathered:
        yield Passage(file, heading, gathered)


def _paragraphs(markdown: str) -> Iterator[tuple[str, str]]:
    """Each paragraph with the headings above it."""
    headings: list[tuple[int, str]] = []
    lines: list[str] = []
    fence = ""

    def closed() -> Iterator[tuple[str, str]]:
        text = _plain("\n".join(lines))
        lines.clear()
        if text:
            yield " > ".join(title for _, title in headings), text

    def rise(level: int, title: str) -> None:
        while headings and headings[-1][0] >= level:
            headings.pop()
        headings.append((level, _plain(title)))

    for line in markdown.split("\n"):
        if fence:
            if line.strip().startswith(fence):
                fence = ""
                yield from closed()
            else:
                lines.append(line)
        elif opening := _FENCE.match(line):
            yield from closed()
            fence = opening[1][:3]
        elif titled := _HEADING.match(line):
            yield from closed()
            rise(len(titled[1]), titled[2])
        elif (ruled := _UNDERLINE.match(line)) and len(lines) == 1 and "|" not in lines[0]:
            title = lines.pop()
            rise(1 if ruled[1][0] == "=" else 2, title)
        elif line.strip():
            lines.append(line)
        else:
            yield from closed()
    yield from closed()


def _plain(text: str) -> str:
    """The text as one would read it out."""
    text = _LINK.sub(r"\1", _IMAGE.sub(r"\1", text))
    text = _EMPHASIS.sub(r"\2", _MARKS.sub(r"\2", text))
    lines = (line.strip() for line in text.split("\n") if line.strip(" -_*"))
    return _WRAPPED.sub(" ", "\n".join(lines)).strip()


def _fitting(paragraph: str) -> Iterator[str]:
    """The paragraph in parts that fit."""
    if len(paragraph) <= PASSAGE_CHARACTERS:
        yield paragraph
        return
    lines = paragraph.split("\n")
    head = ""
    if len(lines) > 2 and _TABLE_RULE.match(lines[1]) and "|" in lines[0]:
        head, lines = f"{lines[0]}\n{lines[1]}\n", lines[2:]
    part = ""
    for piece in _pieces(lines, PASSAGE_CHARACTERS - len(head)):
        if part and len(head) + len(part) + len(piece) > PASSAGE_CHARACTERS:
            yield (head + part).strip()
            part = ""
        part += piece
    if part:
        yield (head + part).strip()


def _pieces(lines: list[str], limit: int) -> Iterator[str]:
    """Lines, or sentences of a longer line, or words of a longer sentence."""
    for line in lines:
        if len(line) < limit:
            yield f"{line}\n"
            continue
        for sentence in _SENTENCE_END.split(line):
            if len(sentence) < limit:
                yield f"{sentence} "
                continue
            words = ""
            for word in sentence.split():
                for start in range(0, len(word), max(1, limit - 1)):
                    part = word[start : start + max(1, limit - 1)]
                    if words and len(words) + len(part) >= limit:
                        yield words
                        words = ""
                    words += f"{part} "
            yield words
