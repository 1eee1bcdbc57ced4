"""How a tool is to be called, where its author wants it otherwise than usual."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from services.bot.toolbox.context import ToolContext

type ToolFunction = Callable[..., Coroutine[Any, Any, Any]]

type Examples = Callable[[ToolContext], Mapping[str, Sequence[str]]]

OnBargeIn = Literal["keep_on", "cancel"]

_ATTRIBUTE = "__tool_options__"


@dataclass(frozen=True, slots=True)
class ToolOptions:
    """How a tool is to be called.

    Attributes:
        timeout: Seconds after which it is given up and the agent says that it failed. A caller
            waits in silence for longer than the default only once.
        on_barge_in: What happens to it when the caller speaks meanwhile.
        progress: What the agent says to a caller who waits.
        progress_after: Seconds of waiting after which it says so.
        examples: Values that an argument may have in this call, shown to the model.
    """

    timeout: float = 8.0
    on_barge_in: OnBargeIn = "keep_on"
    progress: str | None = None
    progress_after: float = 1.5
    examples: Examples | None = None


def tool[F: ToolFunction](
    *,
    timeout: float = 8.0,
    on_barge_in: OnBargeIn = "keep_on",
    progress: str | None = None,
    progress_after: float = 1.5,
    examples: Examples | None = None,
) -> Callable[[F], F]:
    """Says how a tool is to be called; an async function without it is a tool too.

    Args:
        timeout: Seconds after which it is given up and the agent says that it failed.
        on_barge_in: "keep_on", so that its result is told when it comes although the caller has
            spoken meanwhile, as Nova Sonic expects it; or "cancel", for work that nobody wants any
            more then.
        progress: What the agent says to a caller who waits: "One moment, I am looking that up."
        progress_after: Seconds of waiting after which it says so.
        examples: Takes the call's context and gives values that arguments may have in this call, by
            argument's name; the model is shown them, and may use others.

    Raises:
        ValueError: A number is not above 0, or `on_barge_in` is neither.
    """
    if timeout <= 0 or progress_after <= 0:
        raise ValueError("timeout and progress_after: should be above 0")
    if on_barge_in not in ("keep_on", "cancel"):
        raise ValueError(f'on_barge_in: is {on_barge_in!r}; expected "keep_on" or "cancel"')
    options = ToolOptions(timeout, on_barge_in, progress, progress_after, examples)

    def mark(function: F) -> F:
        setattr(function, _ATTRIBUTE, options)
        return function

    return mark


def options_of(function: ToolFunction) -> ToolOptions:
    """What the decorator said, or what is usual."""
    options = getattr(function, _ATTRIBUTE, None)
    return options if isinstance(options, ToolOptions) else ToolOptions()
