"""What the terminal shows: progress while starting, a table of the parts, then their log lines."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

from rich.console import Console
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from local.part import Part

_COLOURS = {
    "aws": "yellow",
    "nova": "magenta",
    "page": "cyan",
    "server": "green",
    "bot": "blue",
}
_NAME_WIDTH = max(map(len, _COLOURS))


class View:
    """The launcher's terminal. Plain lines where the output is no terminal."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False, soft_wrap=True)
        self._live: Live | None = None
        self._parts: Sequence[Part] = ()

    def opened(self, parts: Sequence[Part]) -> AbstractContextManager[object]:
        """Show the state of `parts` below the log for as long as the context lasts."""
        self._parts = parts
        if not self._console.is_terminal:
            return nullcontext()
        self._live = Live(
            get_renderable=self._status, console=self._console, refresh_per_second=4, transient=True
        )
        return self._live

    def line(self, name: str, text: str) -> None:
        """Show one log line of a part, behind the part's name."""
        prefix = Text(f"{name:<{_NAME_WIDTH}} │ ", style=_COLOURS.get(name, "white"))
        self._console.print(prefix + Text.from_ansi(text), soft_wrap=True)

    def say(self, text: str, style: str = "") -> None:
        """Show a sentence of the launcher's own."""
        self._console.print(Text(text, style=style), soft_wrap=True)

    def ready(
        self,
        parts: Sequence[Part],
        *,
        page_url: str,
        web_socket_url: str,
        api_key: str,
        model: str,
        seconds: float,
    ) -> None:
        """Show where everything runs, once all of it answers."""
        table = Table.grid(padding=(0, 2))
        for part in parts:
            name = Text(part.name, style=_COLOURS.get(part.name, "white"))
            table.add_row(Text("●", style="green"), name, part.where, f"pid {part.pid}")
        self._console.print()
        self._console.print(table)
        facts = Table.grid(padding=(0, 2))
        facts.add_row("Open", Text(page_url, style="bold underline"))
        facts.add_row("Model", model)
        facts.add_row("Programs", f"{web_socket_url}  (API key as WebSocket subprotocol)")
        facts.add_row("API key", api_key)
        facts.add_row("Stop", "Ctrl-C")
        title = f"Ready in {seconds:.1f} s"
        if self._console.is_terminal:
            self._console.print(Panel(facts, title=title, border_style="green", expand=False))
        else:
            self._console.print(title)
            self._console.print(facts)

    def _status(self) -> Text:
        text = Text()
        for part in self._parts:
            style = "green" if part.healthy else "red" if part.pid else "dim"
            text.append("● ", style=style)
            text.append(f"{part.name}  ", style="bold" if part.healthy else "dim")
        return text
