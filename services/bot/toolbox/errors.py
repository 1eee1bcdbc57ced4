"""What can go wrong with tools.

- `ToolError`: a module with tools cannot be used; found when the bot starts.
- `UnknownToolError`: an agent names a tool that does not exist.
- `ToolFailed`: a tool cannot do what it was asked; the agent says why.
"""

from collections.abc import Iterable


class ToolError(Exception):
    """A module with tools cannot be used. The message names its file and line."""


class UnknownToolError(LookupError):
    """An agent names a tool that does not exist."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(f"there is no tool named {name!r}; there are {', '.join(sorted(known))}")


class ToolFailed(Exception):
    """A tool cannot do what it was asked.

    Raise it from a tool with a sentence that the agent may say to the caller. What other exceptions
    say stays in the log.
    """
