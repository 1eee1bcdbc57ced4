"""A transcript as a document and as subtitles, read by others' parsers."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import jsonschema
import pytest
import webvtt
from hypothesis import given
from hypothesis import strategies as st

from services.common.calls.kept import KeptCall, Part, Segment, ToolCall, as_json
from services.common.calls.transcript import Transcript
from services.common.calls.webvtt import to_webvtt
from services.common.prices import Tokens, price_list
from services.common.records import Session, SessionStatus, Turn

START = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
MODEL = "amazon.nova-2-5-sonic"


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def turn(number: int, role: Any, text: str, start: float, end: float, **more: Any) -> Turn:  # noqa: ANN401
    return Turn(
        number=number,
        role=role,
        text=text,
        started_at=after(start),
        ended_at=after(end),
        **more,
    )


def kept(*turns: Turn, **more: Any) -> KeptCall:  # noqa: ANN401
    session = Session(
        session_id="ses_0123456789012345678901",
        bot_id="bot_0123456789012345678901",
        status=SessionStatus.ENDED,
        reason="caller-left",
        transport="websocket",
        agent="order-desk",
        generation=1,
        created_at=after(-1),
        started_at=START,
        ended_at=after(60),
        expires_at=after(10**6),
    )
    part = Part(generation=1, model=MODEL, started_at=START, ended_at=after(60))
    return KeptCall(session=session, turns=turns, **({"parts": (part,)} | more))


def test_it_is_what_its_schema_says() -> None:
    call = kept(
        turn(1, "assistant", "Hello.", 0.5, 1.25, tokens=Tokens(output_speech=30)),
        turn(2, "user", "Where is my order?", 2, 3),
        tool_calls=(
            ToolCall(
                call_id="a",
                name="track_order",
                arguments=as_json({"order_number": "4217", "weight": 1.5}),
                result=as_json({"status": "shipped"}),
                outcome="answered",
                started_at=after(3),
                ended_at=after(3.125),
            ),
        ),
        segments=(Segment(key="recordings/a.wav", started_at=after(1.5), seconds=30),),
    )
    transcript = Transcript.of(call)
    jsonschema.validate(
        transcript.model_dump(mode="json"), Transcript.model_json_schema(mode="serialization")
    )
    assert (transcript.turns[0].start, transcript.turns[0].end) == (0.5, 1.25)
    (used,) = transcript.tool_calls
    assert (used.arguments["weight"], used.result, used.seconds) == (
        1.5,
        {"status": "shipped"},
        0.125,
    )
    assert transcript.recording[0].start == 1.5
    assert transcript.complete
    assert Transcript.model_validate_json(transcript.model_dump_json()) == transcript


def test_usage_is_summed_and_priced_by_the_one_list() -> None:
    spent = Tokens(input_speech=1000, input_text=200, output_speech=400, output_text=50)
    part = Part(
        generation=1,
        model=MODEL,
        started_at=START,
        ended_at=after(9),
        tokens=Tokens(input_speech=500),
    )
    transcript = Transcript.of(kept(turn(1, "user", "Hi", 1, 2, tokens=spent), parts=(part,)))
    assert transcript.usage == spent + Tokens(input_speech=500)
    price = price_list().models[MODEL]
    assert transcript.cost is not None
    assert transcript.cost.usd == pytest.approx(
        1500 * price.input_speech
        + 200 * price.input_text
        + 400 * price.output_speech
        + 50 * price.output_text,
        abs=1e-6,
    )


def test_an_unknown_models_cost_is_not_made_up() -> None:
    part = Part(generation=1, model="somebodys-model", started_at=START, ended_at=after(9))
    assert Transcript.of(kept(parts=(part,))).cost is None


def test_a_process_that_did_not_say_goodbye_leaves_it_incomplete() -> None:
    died = Part(generation=1, model=MODEL, started_at=START)
    lived = Part(generation=2, model=MODEL, started_at=after(20), ended_at=after(40))
    assert not Transcript.of(kept(turn(1, "user", "Hi", 1, 2), parts=(died, lived))).complete
    alone = Transcript.of(kept(turn(1, "user", "Hi", 1, 2), parts=(died,)))
    assert not alone.complete
    assert alone.ended_at == after(2)
    assert "not complete" in to_webvtt(alone)


def test_a_declined_recording_is_not_in_it() -> None:
    segment = Segment(key="recordings/a.wav", started_at=START, seconds=30)
    transcript = Transcript.of(kept(segments=(segment,), declined=True))
    assert transcript.recording == ()
    assert transcript.recording_declined


def test_what_a_tool_returned_is_kept_within_bounds() -> None:
    assert len(as_json({"text": "x" * 10**6})) < 60_000
    assert "cut_after_characters" in as_json(["y" * 10**6])
    assert as_json({"when": START}) == '{"when": "2026-11-21 09:30:00+00:00"}'


def test_subtitles_name_speakers_and_times() -> None:
    text = to_webvtt(
        Transcript.of(
            kept(
                turn(1, "assistant", "Hello, this is the order desk.", 0.25, 2),
                turn(2, "user", "Where is my order?", 3661.5, 3662.75),
                turn(3, "assistant", "It is on", 3663, 3664, interrupted=True),
            )
        )
    )
    first, second, third = webvtt.from_buffer(StringIO(text))
    assert (first.start, first.end, first.voice) == ("00:00:00.250", "00:00:02.000", "Agent")
    assert (second.start, second.end, second.voice) == ("01:01:01.500", "01:01:02.750", "Caller")
    assert second.text == "Where is my order?"
    assert third.text == "It is on —"


@given(st.text(min_size=1, max_size=200), st.floats(0, 10**5), st.floats(0, 100))
def test_nothing_that_is_said_breaks_the_subtitles(text: str, start: float, length: float) -> None:
    nasty = f"{text}\n\n00:00:00.000 --> 00:00:09.000\n<v Agent>{text}</v>\r\nNOTE {text}"
    document = to_webvtt(
        Transcript.of(
            kept(
                turn(1, "user", nasty, start, start + length),
                turn(2, "user", "after", start, start),
            )
        )
    )
    cues = list(webvtt.from_buffer(StringIO(document)))
    assert [cue.voice for cue in cues] == ["Caller", "Caller"]
    assert cues[1].text == "after"
