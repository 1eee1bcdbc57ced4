"""Draws the simulated days as SVG: one fleet's day, waiting by size and setting, the bill."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from tests.bench.fleet.assumptions import HOUR, Callers
from tests.bench.fleet.day import Day
from tests.bench.fleet.outcome import Moment
from tests.bench.fleet.study import BOUND_SECONDS, TYPICAL, Study, good
from tests.bench.fleet.words import duration

_WIDTH, _HEIGHT = 1120, 812
_MARGIN = 40
_STYLE = """
svg { color-scheme: light dark; --paper: #fbfcfe; --ink: #1f2733; --soft: #5b6675; --line: #dfe4ec;
  --calls: #0b8a7a; --calls-fill: #0b8a7a33; --places: #d9700f; --rest: #8b95a5; --good: #d7efe9;
  --good-ink: #0a5c51; --bad: #fbe3cd; --bad-ink: #8f4503; --worse: #f6cfc9; --worse-ink: #8c2517; }
@media (prefers-color-scheme: dark) {
  svg { --paper: #10151d; --ink: #e7ecf3; --soft: #9aa7b8; --line: #2a3442; --calls: #35c9b3;
    --calls-fill: #35c9b333; --places: #ff9a3d; --rest: #6c7889; --good: #12423b;
    --good-ink: #a6ecdf; --bad: #573311; --bad-ink: #ffd0a1; --worse: #5c211a;
    --worse-ink: #ffc2b8; } }
text { font: 13px "Inter", "Helvetica Neue", Arial, sans-serif; fill: var(--ink); }
.heading { font-size: 24px; font-weight: 700; }
.panel { font-size: 15px; font-weight: 650; }
.soft { fill: var(--soft); }
.small { font-size: 12px; }
.end { text-anchor: end; }
.middle { text-anchor: middle; }
.grid { stroke: var(--line); }
.calls { fill: var(--calls-fill); stroke: var(--calls); stroke-width: 1.5; stroke-linejoin: round; }
.places { fill: none; stroke: var(--places); stroke-width: 2; stroke-linejoin: round; }
.chosen { fill: none; stroke: var(--ink); stroke-width: 2; }
"""


def draw(study: Study) -> str:
    """The picture as one SVG document, for light and dark pages."""
    callers = Callers(concurrent=TYPICAL)
    told = (
        f"Simulated days. Calls of {callers.mean_length / 60:.1f} minutes; six times a day "
        f"{callers.burst_factor:g} times the usual callers come at once, for "
        f"{callers.burst_seconds / 60:g} minutes. Drawn by make bench."
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" '
        f'viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-labelledby="title">',
        '<title id="title">Fleets from 10 to 100,000 calls at once: a day, waiting, cost</title>',
        f"<style>{_STYLE}</style>",
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="var(--paper)"/>',
        _text("From 10 to 100,000 calls at once", _MARGIN, 50, "heading"),
        _text(told, _MARGIN, 74, "soft"),
        *_day(study.fleets[TYPICAL], 108),
        *_waiting(study, _MARGIN, 468),
        *_bill(study, 628, 468),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _day(day: Day, top: int) -> list[str]:
    """Calls and places through a day."""
    left, right, upper, lower = _MARGIN + 46, _WIDTH - _MARGIN, top + 36, top + 300
    moments = day.moments
    highest = max(moment.places for moment in moments)
    step = _step(highest)
    first, last = moments[0].at, moments[-1].at

    def x(moment: Moment) -> float:
        return left + (right - left) * (moment.at - first) / (last - first)

    def y(count: float) -> float:
        return lower - (lower - upper) * count / (step * -(-highest // step))

    grid = [
        f'<path class="grid" d="M{left} {y(count):.1f}H{right}"/>'
        + _text(f"{count:,}", left - 8, y(count) + 4, "soft small end")
        for count in range(0, highest + step, step)
        if y(count) >= upper - 1
    ]
    hours = [
        _text(
            f"{hour % 24:02d}:00",
            left + (right - left) * number / 8,
            lower + 20,
            "soft small middle",
        )
        for number, hour in enumerate(range(round(first / HOUR), round(first / HOUR) + 25, 3))
    ]
    calls = _path(moments, x, lambda moment: y(moment.talking))
    return [
        _text(
            f"A day of {TYPICAL:,} calls at once in the busiest hour", _MARGIN, top + 12, "panel"
        ),
        *grid,
        f'<path class="calls" d="{calls}V{lower}H{left}Z"/>',
        f'<path class="places" d="{_path(moments, x, lambda moment: y(moment.places))}"/>',
        *hours,
        *_key(right - 372, top + 12),
    ]


def _path(
    moments: Sequence[Moment], x: Callable[[Moment], float], y: Callable[[Moment], float]
) -> str:
    points = (f"{x(moment):.1f} {y(moment):.1f}" for moment in moments)
    return "M" + "L".join(points)


def _key(x: int, y: int) -> list[str]:
    return [
        f'<path class="calls" d="M{x} {y - 11}h22v11h-22z"/>',
        _text("calls", x + 30, y, ""),
        f'<path class="places" d="M{x + 88} {y - 5}h22"/>',
        _text("places in tasks that run, taken or free", x + 118, y, ""),
    ]


def _waiting(study: Study, left: int, top: int) -> list[str]:
    """What 99 of 100 callers wait at most, as a table whose colours say whether that is good."""
    width, height, names = 82, 34, 128
    busy = study.busy_percents
    parts = [
        _text("What 99 of 100 callers wait at most, bursts too", left, top + 12, "panel"),
        _text(
            "by busy_percent: how full tasks may be before others are added", left, top + 34, "soft"
        ),
        *(
            _text(f"{each} %", left + names + width * (number + 0.5), top + 64, "soft middle")
            for number, each in enumerate(busy)
        ),
    ]
    rows = [
        (f"{size:,} calls", [study.by_busy[size, each] for each in busy]) for size in study.calls
    ]
    chosen = [study.fitting[size] for size in study.calls]
    for factor in sorted({factor for factor, _ in study.bursts}):
        days = [study.bursts[factor, each] for each in busy]
        rows.append((f"1,000, {factor:g}-fold bursts", days))
        chosen.append(None)
    for row, (name, days) in enumerate(rows):
        y = top + 76 + height * row
        parts.append(_text(name, left, y + 22, ""))
        for number, day in enumerate(days):
            parts += _cell(day, left + names + width * number, y, width, height)
        if chosen[row] is not None:
            x = left + names + width * busy.index(chosen[row] or 0)
            parts.append(
                f'<rect class="chosen" x="{x + 2}" y="{y + 2}" width="{width - 4}" '
                f'height="{height - 4}" rx="6"/>'
            )
    return parts


def _cell(day: Day, x: int, y: int, width: int, height: int) -> list[str]:
    waits = max(day.p99, day.burst_p99)
    kind = "good" if good(day) else "bad" if waits <= 30 * BOUND_SECONDS else "worse"
    return [
        f'<rect x="{x + 2}" y="{y + 2}" width="{width - 4}" height="{height - 4}" rx="6" '
        f'fill="var(--{kind})"/>',
        f'<text class="middle" style="fill:var(--{kind}-ink)" x="{x + width / 2:g}" '
        f'y="{y + 22}">{duration(waits)}</text>',
    ]


def _bill(study: Study, left: int, top: int) -> list[str]:
    """An hour of one call in cents: what the model, the tasks and the rest take."""
    names, height = 106, 40
    right = _WIDTH - _MARGIN - 62
    bills = {size: study.fleets[size].bill for size in study.calls}
    scale = (right - left - names) / max(bill.call_hour for bill in bills.values())
    parts = [
        _text("What an hour of one call costs", left, top + 12, "panel"),
        _text("US dollars, at the setting with the frame", left, top + 34, "soft"),
    ]
    for row, (size, bill) in enumerate(bills.items()):
        y, x = top + 62 + height * row, left + names
        parts.append(_text(f"{size:,} calls", left, y + 20, ""))
        for amount, colour in ((bill.model, "calls"), (bill.tasks, "places"), (bill.rest, "rest")):
            width = scale * amount / bill.call_hours
            parts.append(
                f'<rect x="{x:.1f}" y="{y + 4}" width="{width:.1f}" height="22" '
                f'fill="var(--{colour})"/>'
            )
            x += width
        parts.append(_text(f"{bill.call_hour:.3f}", x + 8, y + 20, ""))
    y = top + 62 + height * len(bills) + 18
    for place, (colour, name) in enumerate(
        (("calls", "the model"), ("places", "the bot's tasks"), ("rest", "everything else"))
    ):
        x = left + names + 118 * place
        parts.append(f'<rect x="{x}" y="{y - 11}" width="12" height="12" fill="var(--{colour})"/>')
        parts.append(_text(name, x + 18, y, "small"))
    return parts


def _step(highest: int) -> int:
    """A round number that divides an axis in three to six."""
    size = 1
    while True:
        for factor in (1, 2, 5):
            if highest / (size * factor) <= 6:
                return size * factor
        size *= 10


def _text(text: str, x: float, y: float, kind: str) -> str:
    class_ = f' class="{kind}"' if kind else ""
    return f'<text{class_} x="{x:g}" y="{y:g}">{escape(text)}</text>'
