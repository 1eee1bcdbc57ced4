"""`make bench BENCH=fleet`: simulates, prints, and draws where it is asked to."""

from __future__ import annotations

from tests.bench.figures import Figure
from tests.bench.fleet.chart import draw
from tests.bench.fleet.study import study
from tests.bench.fleet.tables import figures
from tests.bench.run import Run


async def measure(run: Run) -> list[Figure]:
    """Simulates fleets of all sizes, and finds how full their tasks may be."""
    found = await study(run.scale.fleet_calls, run.scale.busy_percents, run.say)
    if run.chart is not None:
        run.chart.write_text(draw(found), encoding="utf-8")
        run.say(f"drew {run.chart}")
    return figures(found)
