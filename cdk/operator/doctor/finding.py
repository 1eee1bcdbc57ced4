"""What a check found."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How much a finding matters."""

    GOOD = "✓"
    NOTE = "·"
    UNKNOWN = "?"
    WRONG = "✗"

    @property
    def blocks(self) -> bool:
        """Whether a deployment should wait for it. What could not be checked is not fine."""
        return self in (Level.UNKNOWN, Level.WRONG)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report.

    Attributes:
        level: How much it matters.
        subject: What was looked at, in a word or two.
        sentence: What is so, and what to do about it.
    """

    level: Level
    subject: str
    sentence: str


def good(subject: str, sentence: str) -> Finding:
    """All is well."""
    return Finding(Level.GOOD, subject, sentence)


def note(subject: str, sentence: str) -> Finding:
    """Good to know; deploy all the same."""
    return Finding(Level.NOTE, subject, sentence)


def unknown(subject: str, sentence: str) -> Finding:
    """It could not be found out."""
    return Finding(Level.UNKNOWN, subject, sentence)


def wrong(subject: str, sentence: str) -> Finding:
    """The deployment, or the first call, would fail."""
    return Finding(Level.WRONG, subject, sentence)
