"""The simulated days as the tables of a benchmark."""

from __future__ import annotations

from dataclasses import asdict

from tests.bench.figures import Expectation, Figure, number
from tests.bench.fleet import sizes
from tests.bench.fleet.assumptions import START_SECONDS, Amazon, Callers
from tests.bench.fleet.day import Day
from tests.bench.fleet.study import BOUND_SECONDS, TYPICAL, Study, fullest, good
from tests.bench.fleet.words import duration, share

_CALLERS = Callers(concurrent=TYPICAL)


def figures(study: Study) -> list[Figure]:
    """All tables."""
    return [_sizing(study), _waiting(study), _cost(study), _limits(study)]


def fleet_name(calls: int) -> str:
    """A size and what carries it."""
    bot = sizes.environment(calls).bot
    least = f", min_tasks {bot.min_tasks}" if calls in sizes.MIN_TASKS else ""
    task = f"{bot.cpu / 1024:g} vCPU, {bot.sessions_per_task} places"
    return f"{calls:,} calls ({task}{least})"


def _sizing(study: Study) -> Figure:
    rows = [
        [
            fleet_name(size),
            *(_cell(study.by_busy[size, busy]) for busy in study.busy_percents),
            _percent(study.fitting[size]),
        ]
        for size in study.calls
    ]
    for factor in sorted({factor for factor, _ in study.bursts}):
        days = {busy: study.bursts[factor, busy] for busy in study.busy_percents}
        cells = [_cell(days[busy]) for busy in study.busy_percents]
        rows.append([f"{TYPICAL:,} calls, {factor:g}-fold bursts", *cells, _percent(fullest(days))])
    return Figure(
        title=f"How full tasks may be: p99 of waiting by busy_percent, at most {BOUND_SECONDS:g} s",
        measured=(
            "Simulated days. The worse of two numbers: of all callers, and of those who came in a "
            f"burst ({_CALLERS.bursts_a_day} a day in which {_CALLERS.burst_factor:g} times the "
            f"usual callers come for {_CALLERS.burst_seconds / 60:g} minutes, at once). Waiting is "
            "from the first try to bot-ready, over WebSocket. Set: the highest setting within the "
            "bound over WebSocket and over the queue; the other tables are made with it."
        ),
        columns=("", *(f"{busy} %" for busy in study.busy_percents), "set"),
        rows=rows,
        notes=[
            "Small fleets need more spare places: chance is larger there than bursts. Tasks are "
            f"added at {sizes.HEALTHY_CPU_PERCENT} % of CPU, too, where "
            f"{_cpu_bound(TYPICAL):.0f} % of the 28 places in 2 vCPU are taken: a busy_percent "
            "above that changes nothing.",
            _assumptions(),
        ],
        data={f"{size}, {busy}": _data(day) for (size, busy), day in study.by_busy.items()}
        | {
            f"{TYPICAL}, {busy}, bursts {factor}": _data(day)
            for (factor, busy), day in study.bursts.items()
        },
    )


def _waiting(study: Study) -> Figure:
    kinds = {"WebSocket": study.fleets, "queue": study.queued}
    worst = max(day.p99 for days in kinds.values() for day in days.values())
    return Figure(
        title="Waiting for an agent, from 10 to 100,000 calls at once",
        measured=(
            "From the first try to bot-ready. WebSocket: who finds no place is refused with 503 "
            "and tries again after 5 s, for five minutes, and then has left. Queue: who finds no "
            "place waits in line; calls are handed over whose task is scaled in and that go on for "
            "longer than its end takes."
        ),
        columns=(
            "",
            "p50",
            "p95",
            "p99",
            "p99, bursts",
            "% refused",
            "% left",
            "% handed over",
            "most calls",
        ),
        rows=[
            [
                f"{size:,} calls, {name}",
                *(duration(each) for each in (day.p50, day.p95, day.p99, day.burst_p99)),
                *(share(each) for each in (day.refused, day.left, day.handed_over)),
                f"{day.most_calls:,}",
            ]
            for size in study.calls
            for name, days in kinds.items()
            for day in [days[size]]
        ],
        expectations=[
            Expectation(
                f"p99 of waiting, every size: at most {BOUND_SECONDS:g} s",
                duration(worst),
                worst <= BOUND_SECONDS,
            ),
            Expectation(
                "a busy_percent that keeps it, in bursts too, every size",
                ", ".join(_percent(study.fitting[size]) for size in study.calls),
                all(study.fitting.values()),
            ),
        ],
        data={
            f"{size}, {name}": _data(days[size])
            for size in study.calls
            for name, days in kinds.items()
        },
    )


def _cost(study: Study) -> Figure:
    rows = []
    for size in study.calls:
        day, bill = study.fleets[size], study.fleets[size].bill
        rows.append(
            [
                f"{size:,} calls",
                number(day.tasks),
                f"{day.most_tasks:,}",
                share(day.used),
                share(study.unresting[size].used),
                f"{bill.tasks / bill.call_hours:.4f}",
                f"{bill.call_hour:.3f}",
                f"{bill.month:,.0f}",
            ]
        )
    models = {day.bill.model / day.bill.call_hours for day in study.fleets.values()}
    return Figure(
        title="Tasks, and what they cost in US dollars",
        measured=(
            "The same days, WebSocket, at the prices of `make cost`. Tasks: on average and at "
            "most, which is what max_tasks has to allow. Taken: of the places that there are, on "
            "average. No rest: if a task with calls were always protected from scaling in; one "
            "that always has some would stay for ever."
        ),
        columns=(
            "",
            "tasks",
            "most",
            "% taken",
            "no rest: % taken",
            "tasks, a call-hour",
            "all, a call-hour",
            "all, a month",
        ),
        rows=rows,
        notes=[
            f"Of a call's hour the model takes {max(models):.3f}: hardly anything is saved by "
            "having fewer free places."
        ],
        data={
            f"{size}, {name}": asdict(days[size].bill) | _data(days[size])
            for size in study.calls
            for name, days in (("as set", study.fleets), ("no rest", study.unresting))
        },
    )


def _limits(study: Study) -> Figure:
    unlimited = {0: study.fleets[TYPICAL]}
    return Figure(
        title=f"The model's quota: {TYPICAL:,} calls in the busiest hour and MAX_CALLS",
        measured=(
            "Whoever is above the limit is told when it may be their turn, and comes back for five "
            "minutes."
        ),
        columns=("", "% refused", "% left", "p50", "p95", "p99", "most calls"),
        rows=[
            [
                f"MAX_CALLS {TYPICAL * percent // 100:,}" if percent else "no limit",
                share(day.refused),
                share(day.left),
                *(duration(each) for each in (day.p50, day.p95, day.p99)),
                f"{day.most_calls:,}",
            ]
            for percent, day in {**study.limits, **unlimited}.items()
        ],
        data={str(percent): _data(day) for percent, day in study.limits.items()},
    )


def _assumptions() -> str:
    amazon = Amazon()
    first, last = amazon.task_seconds
    return (
        f"Assumed: calls of {_CALLERS.mean_length / 60:.1f} minutes on average, log-normal; the "
        f"quietest hour has {_CALLERS.quiet_share:.0%} of the busiest one's callers; a start of "
        f"{START_SECONDS * 1000:.0f} ms on a warm process; a task runs {first:g} to {last:g} s "
        f"after it was asked for; alarms see a minute {amazon.metric_seconds:g} s late and ring "
        f"after {amazon.high_points} minutes above the target or {amazon.low_points} below "
        f"{amazon.low_share:.0%} of it. Sources: tests/bench/fleet/assumptions.py."
    )


def _cpu_bound(calls: int) -> float:
    """At how many percent of places taken a task's processor is as busy as is healthy."""
    bot = sizes.environment(calls).bot
    full = bot.sessions_per_task * sizes.CALL_CPU_UNITS / bot.cpu
    return sizes.HEALTHY_CPU_PERCENT / full


def _cell(day: Day) -> str:
    return duration(max(day.p99, day.burst_p99)) + ("" if good(day) else " !")


def _percent(busy: int | None) -> str:
    return f"{busy} %" if busy else "none"


def _data(day: Day) -> dict[str, object]:
    return {key: value for key, value in asdict(day).items() if key not in ("moments", "bill")}
