"""Which tool calls get into the record, and how they ended."""

from pipecat.frames.frames import (
    FunctionCallCancelFrame,
    FunctionCallInProgressFrame,
    FunctionCallResultFrame,
    FunctionCallResultProperties,
)

from services.bot.call.tool_log import ToolLog
from services.common.calls.kept import ToolCall

NAME = {"function_name": "track_order", "tool_call_id": "a"}
ARGUMENTS = {"order_number": "4217"}


def kept(*frames: object) -> list[ToolCall]:
    """What is kept when Pipecat tells of each frame twice, up and down its pipeline."""
    calls: list[ToolCall] = []
    log = ToolLog(calls.append)
    for frame in frames:
        for _ in range(2):
            match frame:
                case FunctionCallInProgressFrame():
                    log.called(frame)
                case FunctionCallResultFrame():
                    log.returned(frame)
                case FunctionCallCancelFrame():
                    log.cancelled(frame)
    log.close()
    log.close()
    return calls


def called() -> FunctionCallInProgressFrame:
    return FunctionCallInProgressFrame(**NAME, arguments=ARGUMENTS)


def returned(result: object, **more: object) -> FunctionCallResultFrame:
    return FunctionCallResultFrame(**NAME, arguments=ARGUMENTS, result=result, **more)  # type: ignore[arg-type]


def test_a_call_is_kept_once_with_its_result_and_how_long_it_took() -> None:
    (call,) = kept(called(), returned({"status": "shipped"}))
    assert (call.name, call.outcome) == ("track_order", "answered")
    assert call.arguments == '{"order_number": "4217"}'
    assert call.result == '{"status": "shipped"}'
    assert call.ended_at is not None
    assert call.ended_at >= call.started_at


def test_an_error_that_the_model_was_told_is_a_failure() -> None:
    (said,) = kept(called(), returned({"error": "There is no such order."}))
    (raised,) = kept(called(), returned("It failed.", error="KeyError"))
    assert (said.outcome, raised.outcome) == ("failed", "failed")


def test_a_call_that_nobody_waits_for_has_no_result() -> None:
    (call,) = kept(called(), FunctionCallCancelFrame(**NAME), returned({"too": "late"}))
    assert (call.outcome, call.result) == ("cancelled", None)


def test_a_call_that_the_calls_end_cut_short_has_no_end() -> None:
    (call,) = kept(called())
    assert (call.outcome, call.result, call.ended_at) == ("unanswered", None, None)


def test_what_a_tool_tells_meanwhile_is_not_its_result() -> None:
    working = returned("working", properties=FunctionCallResultProperties(is_final=False))
    (call,) = kept(called(), working, returned("done"))
    assert call.result == '"done"'
