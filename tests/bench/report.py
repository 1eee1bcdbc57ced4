"""The benchmarks' terminal."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

from rich.console import Console, JustifyMethod
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tests.bench.figures import Expectation, Figure


class Report:
    """Shows progress, figures and, at the end, which expectations were met.

    Nothing here moves by itself: an animation would take its share of the processor.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = time.monotonic()
        cores = os.cpu_count()
        self._console.print(f"{cores} cores, load {os.getloadavg()[0]:.1f} before we begin")

    def begin(self, name: str) -> None:
        """A benchmark begins."""
        self._console.rule(name, style="dim")

    def say(self, text: str) -> None:
        """Something begins for which people wait."""
        self._console.print(Text(f"{time.monotonic() - self._began:5.0f} s  {text}", style="dim"))

    def show(self, figure: Figure) -> None:
        """Show a figure."""
        table = Table(
            title=figure.title, title_style="bold", title_justify="left", header_style="dim"
        )
        for place, column in enumerate(figure.columns):
            justify: JustifyMethod = "right" if place else "left"
            table.add_column(column, justify=justify, min_width=4 if place else 24)
        for row in figure.rows:
            table.add_row(*row)
        self._console.print()
        self._console.print(table)
        for sentence in (figure.measured, *figure.notes):
            self._console.print(Padding(Text(sentence), (0, 0, 0, 2)))
        for expectation in figure.expectations:
            self._console.print(_verdict(expectation))
        self._console.print()

    def summarise(self, figures: Sequence[Figure], seconds: float) -> None:
        """Show all expectations once more."""
        expectations = [each for figure in figures for each in figure.expectations]
        if expectations:
            self._console.rule("expected and measured", style="dim")
        for expectation in expectations:
            self._console.print(_verdict(expectation))
        self._console.print(Text(f"{seconds:.0f} s in all", style="dim"))


def _verdict(expectation: Expectation) -> Text:
    mark, style = ("✓", "green") if expectation.met else ("✗", "bold red")
    return Text.assemble(
        ("  " + mark, style), f" {expectation.text}: ", (expectation.measured, "bold")
    )
