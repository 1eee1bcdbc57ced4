"""Which tools the model called, as Pipecat's frames tell, for the record.

What a caller's words became as arguments, and what a tool found out about them, is the caller's:
it goes into the record and never into the log.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pipecat.frames.frames import (
    FunctionCallCancelFrame,
    FunctionCallInProgressFrame,
    FunctionCallResultFrame,
)

from services.common.calls.kept import Outcome, ToolCall, as_json


@dataclass(slots=True)
class ToolLog:
    """Pairs calls with their results; Pipecat tells of each twice, up and down the pipeline."""

    add: Callable[[ToolCall], None]
    _open: dict[str, ToolCall] = field(default_factory=dict)
    _closed: set[str] = field(default_factory=set)

    def called(self, frame: FunctionCallInProgressFrame) -> None:
        """The model calls a tool."""
        use = frame.tool_call_id
        if use in self._closed or use in self._open:
            return
        self._open[use] = ToolCall(
            call_id=use,
            name=frame.function_name,
            arguments=as_json(frame.arguments),
            started_at=datetime.now(UTC),
        )

    def returned(self, frame: FunctionCallResultFrame) -> None:
        """A tool has returned; of what it tells meanwhile nothing is kept."""
        if frame.properties is None or frame.properties.is_final:
            failed = frame.error is not None or _says_error(frame.result)
            self._settle(
                frame.tool_call_id, "failed" if failed else "answered", as_json(frame.result)
            )

    def cancelled(self, frame: FunctionCallCancelFrame) -> None:
        """Nobody waits for the tool any more."""
        self._settle(frame.tool_call_id, "cancelled", None)

    def close(self) -> None:
        """The call is over."""
        for use in list(self._open):
            self._settle(use, "unanswered", None)

    def _settle(self, use: str, outcome: Outcome, result: str | None) -> None:
        call = self._open.pop(use, None)
        if call is None:
            return
        self._closed.add(use)
        ended_at = None if outcome == "unanswered" else datetime.now(UTC)
        ended = {"outcome": outcome, "result": result, "ended_at": ended_at}
        self.add(call.model_copy(update=ended))


def _says_error(result: Any) -> bool:  # noqa: ANN401 - whatever a tool returns
    return isinstance(result, dict) and "error" in result
