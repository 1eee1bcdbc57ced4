"""`python -m tests.bench [name …] [--json FILE]`: what `make bench` runs."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from rich.console import Console

from local.part import PartFailedError
from tests.bench import answer, audio_path, capacity, connect, cost, links, recovery, start
from tests.bench.barge_in import measure as barge_in
from tests.bench.detection import measure as detection
from tests.bench.drain import measure as drain
from tests.bench.figures import Figure
from tests.bench.fleet import measure as fleet
from tests.bench.knowledge import measure as knowledge
from tests.bench.report import Report
from tests.bench.run import Run, Scale
from tests.bench.sound import measure as sound

BENCHMARKS: dict[str, Callable[[Run], Awaitable[list[Figure]]]] = {
    "start": start.measure,
    "connect": connect.measure,
    "audio": audio_path.measure,
    "cost": cost.measure,
    "capacity": capacity.measure,
    "links": links.measure,
    "sound": sound.measure,
    "vad": detection,
    "answer": answer.measure,
    "barge_in": barge_in.measure,
    "knowledge": knowledge,
    "recovery": recovery.measure,
    "drain": drain.measure,
    "fleet": fleet.measure,
}

_LONGEST_SECONDS = 900
_INTERRUPTED = 130
_TOO_LONG = "something took too long. Is the machine busy with something else?"


async def run(
    names: list[str], report: Report, scale: Scale, chart: Path | None = None
) -> list[Figure]:
    """Runs benchmarks one after the other, printing each one's figures at once."""
    one_run = Run(scale, report.say, chart)
    figures: list[Figure] = []
    for name in names:
        report.begin(name)
        for figure in await BENCHMARKS[name](one_run):
            figures.append(figure)
            report.show(figure)
    return figures


def main() -> int:
    """Runs the benchmarks that are named, or all.

    Returns:
        0, also when an expectation was missed: a busy machine is no failure; 1 if a benchmark
        could not be run, 130 after Ctrl-C.
    """
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(BENCHMARKS)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures there")
    parser.add_argument("--quick", action="store_true", help="a tenth of everything, to try it out")
    parser.add_argument("--chart", type=Path, metavar="FILE", help="draw fleet's chart there")
    options = parser.parse_args()
    if unknown := set(options.names) - set(BENCHMARKS):
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    # A file is as wide as a wide terminal: cut tables do not say what was measured.
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    if sys.platform != "linux":
        console.print("The benchmarks read /proc, so they need Linux.")
        return 1
    report = Report(console)
    began = time.monotonic()
    scale = Scale.quick() if options.quick else Scale()
    names = options.names or list(BENCHMARKS)
    try:
        figures = asyncio.run(_bounded(run(names, report, scale, options.chart)))
    except KeyboardInterrupt:
        console.print("Stopped.")
        return _INTERRUPTED
    except (PartFailedError, TimeoutError) as error:
        console.print(f"A benchmark could not be run: {str(error) or _TOO_LONG}")
        return 1
    report.summarise(figures, time.monotonic() - began)
    if options.json:
        options.json.write_text(json.dumps(_document(figures), indent=1) + "\n")
    return 0


async def _bounded(running: Awaitable[list[Figure]]) -> list[Figure]:
    # Ctrl-C reaches asyncio.run; SIGTERM should end the processes as cleanly.
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    async with asyncio.timeout(_LONGEST_SECONDS):
        return await running


def _document(figures: list[Figure]) -> dict[str, object]:
    return {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": {
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "system": f"{platform.system()} {platform.release()}",
            "processor": platform.machine(),
        },
        "figures": [figure.as_json() for figure in figures],
    }


if __name__ == "__main__":
    sys.exit(main())
