"""History cut to what Nova Sonic takes."""

from hypothesis import given
from hypothesis import strategies as st

from services.bot.nova.history import (
    HISTORY_BYTES,
    TEXT_INPUT_BYTES,
    Line,
    alternating,
    cut,
    pieces,
)

TEXTS = st.text(alphabet=st.sampled_from("ab é€😀.!? \n"), max_size=3000)
LINES = st.lists(st.builds(Line, st.sampled_from(["USER", "ASSISTANT"]), TEXTS), max_size=12)


@given(TEXTS)
def test_the_pieces_of_a_text_fit_and_put_together_are_the_text(text: str) -> None:
    parts = list(pieces(text))
    assert "".join(parts) == text
    assert all(0 < len(part.encode()) <= TEXT_INPUT_BYTES for part in parts)


def test_a_text_is_cut_after_a_sentence() -> None:
    text = "This sentence has some words. " * 60
    assert all(part.endswith(". ") for part in pieces(text))


def test_a_sentence_without_end_is_cut_after_a_word() -> None:
    text = "word " * 500
    assert all(part.endswith("word ") for part in pieces(text))


def test_neighbours_of_one_speaker_are_joined_with_a_space() -> None:
    lines = [Line("USER", "One."), Line("USER", " "), Line("USER", "Two."), Line("ASSISTANT", "A")]
    assert alternating(lines) == [Line("USER", "One. Two."), Line("ASSISTANT", "A")]


@given(LINES, st.integers(min_value=10, max_value=5000))
def test_what_is_kept_fits_alternates_and_begins_with_the_user(
    lines: list[Line], limit: int
) -> None:
    kept = cut(lines, limit=limit)
    assert sum(len(line.text.encode()) for line in kept) <= limit
    speakers = [line.speaker for line in kept]
    assert speakers == (["USER", "ASSISTANT"] * len(kept))[: len(kept)]


def test_the_oldest_lines_are_dropped_whole() -> None:
    lines = [
        Line(speaker, f"{number} " + "x" * 3000)
        for number in range(20)
        for speaker in ("USER", "ASSISTANT")
    ]
    kept = cut(lines)
    assert kept == lines[-len(kept) :]
    assert HISTORY_BYTES - 2 * 3003 < sum(len(line.text) for line in kept) <= HISTORY_BYTES


def test_a_single_line_that_is_too_long_keeps_its_end() -> None:
    (kept,) = cut([Line("USER", "old words and the newest words")], limit=16)
    assert kept.text == "newest words"
