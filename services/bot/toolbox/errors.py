"""What can go wrong with tools.

- `ToolError`: a module with tools cannot be used; found when the bot starts.
- `UnknownToolError`: an agent names a tool that does not exist.
- `ToolFailedError`: a tool cannot do what it was asked; the agent says why.
- `ConsentNeededError`: a tool may not do it before the caller has agreed; the agent asks.
"""

from collections.abc import Iterable


class ToolError(Exception):
    """A module with tools cannot be used. The message names its file and line."""


class UnknownToolError(LookupError):
    """An agent names a tool that does not exist."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(f"there is no tool named {name!r}; there are {', '.join(sorted(known))}")


class ToolFailedError(Exception):
    """A tool cannot do what it was asked.

    Raise it from a tool with a sentence that the agent may say to the caller. What other exceptions
    say stays in the log.
    """


class ConsentNeededError(Exception):
    """A tool may not do what it was asked before the caller has agreed."""

    def __init__(self, to: str) -> None:
        super().__init__(to)
        self.to = to
