"""How long a caller waits for an answer, and where that time goes."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields

import httpx

from tests.bench.caller import Caller
from tests.bench.emulator import StreamTimes
from tests.bench.figures import LOAD_COLUMN, SPREAD_COLUMNS, Figure, Spread, below
from tests.bench.processes import LoadMeter
from tests.bench.questions import Question, questions
from tests.bench.run import Run
from tests.bench.stack import Stack

_PAUSE_SECONDS = 0.5
"""Longer than between two sentences of an answer, and than a tool takes."""

_NAMES = {
    "inward": "the question's last frame: caller to emulator",
    "endpointing": "silence until the emulator takes the question for ended",
    "recognition": "recogniser, from there to the words",
    "voice": "decision and voice, from the words to the first audio",
    "outward": "the answer's first audio: emulator to caller",
    "total": "in all",
}


@dataclass(frozen=True, slots=True)
class Wait:
    """Where the time between a question and its answer went, in ms."""

    inward: float
    endpointing: float
    recognition: float
    voice: float
    outward: float

    @property
    def total(self) -> float:
        """From the question's end to the answer's first audio, both at the caller."""
        return self.inward + self.endpointing + self.recognition + self.voice + self.outward


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question and what the caller saw of it.

    Attributes:
        ended_at: When its last frame was sent.
        next_frame: The frame behind it, which is marked silence.
        next_sent_at: When that was sent.
        answered_at: When the answer was first audible.
    """

    ended_at: float
    next_frame: int
    next_sent_at: float
    answered_at: float


async def measure(run: Run) -> list[Figure]:
    """Asks questions in one call and measures the wait after each."""
    run.say("starting our bot")
    scenario = "[pace]\nthinking_ms = 0\n"
    async with Stack(scenario=scenario, NOVA_ENDPOINTING="HIGH") as stack:
        spoken = questions(run.scale.questions)
        meter = LoadMeter()
        asked = await _ask(stack, spoken, run)
        (stream,) = await stack.streams(1)
        load = meter.read()
    waits = [_explain(each, stream) for each in asked]
    steps = [each.name for each in fields(Wait)] + ["total"]
    spreads = {step: Spread.of([getattr(each, step) for each in waits]) for step in steps}
    return [
        Figure(
            title="From a question's end to the answer's first audio, in ms",
            measured=(
                f"{len(waits)} questions in one call, half of them answered with a tool's help. "
                "From the last audible 20 ms frame of the question at the caller's socket to the "
                "first audible piece of the answer at the caller. The emulator thinks for 0 ms, "
                "hears ends at sensitivity HIGH (300 ms of silence), and recognises and speaks for "
                "real; its time is the stand-in's and not Amazon's."
            ),
            columns=("", *SPREAD_COLUMNS),
            rows=[
                *([_NAMES[step], *spreads[step].cells()] for step in steps),
                *_rows_by_question(spoken, waits),
            ],
            expectations=[
                below("in all, recogniser included: p95 < 500 ms", spreads["total"].p95, 500, "ms")
            ],
            notes=[
                *load.caution,
                f"{LOAD_COLUMN} over the whole call: {load}.",
                "Ours of it is what the first and the last line show; the real model's share is "
                "unknown here.",
            ],
            data={
                "questions": [question.words for question in spoken],
                "load": asdict(load),
                "waits_ms": [asdict(each) | {"total": each.total} for each in waits],
            },
        )
    ]


def _rows_by_question(spoken: Sequence[Question], waits: Sequence[Wait]) -> list[list[str]]:
    totals: dict[str, list[float]] = {}
    for question, wait in zip(spoken, waits, strict=True):
        totals.setdefault(question.words, []).append(wait.total)
    return [[f"“{words}”", *Spread.of(each).cells()] for words, each in totals.items()]


async def _ask(stack: Stack, spoken: Iterable[Question], run: Run) -> list[_Asked]:
    asked: list[_Asked] = []
    async with httpx.AsyncClient() as client, Caller(await stack.connect(client)) as caller:
        caller.open_microphone()
        await caller.until_heard()
        for number, question in enumerate(spoken, start=1):
            await caller.until_quiet(_PAUSE_SECONDS)
            run.say(f"question {number}: {question.words}")
            ended_at = await caller.say(question.pcm)
            frame = len(caller.sent)
            answered_at = await caller.until_heard(since=ended_at)
            asked.append(_Asked(ended_at, frame, caller.sent[frame], answered_at))
        await caller.until_quiet(_PAUSE_SECONDS)
    return asked


def _explain(asked: _Asked, stream: StreamTimes) -> Wait:
    """Finds the steps of an answer among the emulator's events."""
    # What the next frame's way took, the question's last one took too.
    arrived = next(at for at, _, frame in stream.heard if frame == asked.next_frame)
    heard_at = asked.ended_at + arrived - asked.next_sent_at
    ended_at = _first(stream, heard_at, "userSpeechEnd")
    words_at = _first(stream, ended_at, "contentStart", "USER")
    voice_at = next(at for at, _ in stream.spoke if at > words_at)
    moments = (asked.ended_at, heard_at, ended_at, words_at, voice_at, asked.answered_at)
    return Wait(*(1000 * (late - early) for early, late in itertools.pairwise(moments)))


def _first(stream: StreamTimes, since: float, name: str, role: str = "") -> float:
    for at, way, event, of in stream.events:
        if way == "out" and at > since and event == name and role in ("", of):
            return at
    raise LookupError(f"the emulator sent no {name} after a question")
