"""The rows: what breaks, what the caller notices, for how long at most, and what sees to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

README = Path(__file__).resolve().parents[2] / "README.md"
BEGIN = "<!-- Written by `python -m tests.faults` from tests/faults/matrix.py. -->"
END = "<!-- End of what `python -m tests.faults` writes. -->"


@dataclass(frozen=True, slots=True)
class Row:
    """One fault.

    Attributes:
        key: What its test calls it.
        fault: What breaks.
        notices: What the caller notices.
        longest: For how long at most.
        how: What sees to it.
    """

    key: str
    fault: str
    notices: str
    longest: str
    how: str


MATRIX = (
    Row(
        "session-killed",
        "a call's process dies",
        "“Reconnecting…”, then the call goes on",
        "3 s",
        "the page comes back with its resume token; another process reads the conversation so far",
    ),
    Row(
        "supervisor-killed",
        "a bot task dies",
        "the same",
        "3 s",
        "its calls' processes hang up when their supervisor is gone; another task goes on",
    ),
    Row(
        "task-stopped",
        "a bot task is told to stop and a call does not end in time",
        "the same",
        "3 s",
        "after `DRAIN_SECONDS` the call is handed over: its record waits for its caller",
    ),
    Row(
        "session-hangs",
        "a call's process hangs or is stopped",
        "silence, then the same",
        "`LEASE_SECONDS` + 3 s",
        "its supervisor misses its signs of life and ends it",
    ),
    Row(
        "task-freezes",
        "a whole task freezes, its caller comes back, and it wakes up",
        "the same, from when they come back",
        "3 s",
        "a generation number in the record: who lost the call writes nothing more and hangs up",
    ),
    Row(
        "network-drops",
        "the caller's network drops",
        "“Reconnecting…” until it is back",
        "3 s from then on",
        "the record waits for `RESUME_SECONDS`",
    ),
    Row(
        "nova-dropped",
        "Nova's stream is lost",
        "after a second a soft tone; what was said meanwhile is answered",
        "2 s",
        "a new stream is told the conversation, and hears what nobody heard",
    ),
    Row(
        "nova-throttled",
        "Nova throttles",
        "the same",
        "45 s",
        "backoff with jitter, and what Nova asks for with Retry-After",
    ),
    Row(
        "nova-hangs",
        "Nova's stream hangs",
        "silence, after 4 s the soft tone, then the same",
        "12 s",
        "deadlines: 5 s on a sign that the caller was heard, 10 s on an answer that is due",
    ),
    Row(
        "credentials-expired",
        "credentials expire during a call",
        "as where a stream is lost",
        "3 s",
        "every new stream asks the role's provider for its keys",
    ),
    Row(
        "nova-refuses",
        "Nova stays away",
        "a falling tone, the page says so, the call ends as `failed`",
        "at once where it refuses, else 45 s",
        "a breaker on the tries to open a stream",
    ),
    Row(
        "dynamodb-throttled",
        "DynamoDB throttles",
        "nothing in a call, unless a tool reads it; who calls then waits in line",
        "5 s longer than it throttles",
        "turns wait to be written, the caller holds the call, `/connect` answers 503",
    ),
    Row(
        "job-orphaned",
        "over Daily: a bot task dies with its calls and cannot say so",
        "silence, then another agent in the same room, who remembers",
        "`LEASE_SECONDS` + 3 s",
        "the job comes back to the queue when its lease is over; another bot joins the room",
    ),
    Row(
        "task-stopped-daily",
        "over Daily: a bot task is told to stop and a call does not end in time",
        "a moment of silence, then another agent in the same room, who goes on",
        "3 s",
        "after `DRAIN_SECONDS` the call is handed over: its job goes back to the queue",
    ),
    Row(
        "job-twice",
        "over Daily: SQS delivers a job again",
        "nothing",
        "no time",
        "whoever gets it asks the record, where one process has the call",
    ),
    Row(
        "job-poisonous",
        "over Daily: a call kills three processes",
        "twice another agent; then the call is over, as `failed`",
        "`LEASE_SECONDS` + 3 s each",
        "strikes in the record; the job ends in the dead-letter queue, the room is deleted",
    ),
    Row(
        "sqs-unreachable",
        "SQS cannot be reached",
        "nothing in a call; who calls over Daily then waits in line",
        "10 s longer than it is away",
        "the record has the call, not the queue; `/connect` answers 503",
    ),
    Row(
        "daily-limits",
        "Daily answers 429",
        "a slower start",
        "as long as Daily asks for",
        "rooms made ahead; retries with jitter that keep to Retry-After",
    ),
    Row(
        "daily-fails",
        "Daily answers 500",
        "the page says that Daily has trouble",
        "until the next try",
        "some retries, then 502; rooms made ahead are there all the same",
    ),
    Row(
        "room-gone",
        "a room on Daily is gone during a call",
        "“Reconnecting…”, then the call goes on in another room",
        "5 s",
        "the page comes back with its resume token and is given a new room",
    ),
    Row(
        "fleet-full",
        "the fleet has as many calls as it may",
        "“All agents are busy”, a countdown, and the call begins when another ends",
        "Retry-After, 30 s at most, from when a place is free",
        "one count of calls in DynamoDB, changed with the call's record in one transaction",
    ),
    Row(
        "clock-skew",
        "two tasks' clocks are 2 s apart, and a caller comes back to the other one",
        "“Reconnecting…”, as when the network drops",
        "3 s",
        "conditional writes decide who has a call; leases allow for 2 s, and Fargate's clocks are "
        "milliseconds apart",
    ),
    Row(
        "clock-skew-daily",
        "over Daily: a call's job comes to a task whose clock is 2 s ahead, or behind",
        "nothing",
        "no time",
        "a lease is renewed long before it could seem to be over elsewhere",
    ),
)


def fault(key: str) -> Callable[[Callable[..., object]], Callable[..., object]]:
    """Marks the test of a row."""
    return pytest.mark.fault(key)


def table() -> str:
    """The rows as Markdown."""
    lines = [
        "| what breaks | what the caller notices | at most for | what sees to it |",
        "| --- | --- | --- | --- |",
    ]
    lines += [f"| {row.fault} | {row.notices} | {row.longest} | {row.how} |" for row in MATRIX]
    return "\n".join(lines)


def with_table(text: str) -> str:
    """README's text with the table as it should be."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    if not after:
        raise ValueError("README.md has no place for the table of faults")
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"
