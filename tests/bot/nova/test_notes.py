"""What is kept of a conversation's beginning when it is too long to be told again."""

import re

from hypothesis import given
from hypothesis import strategies as st

from services.bot.nova.history import Line, history
from services.bot.nova.notes import Notes

TEXTS = st.text(alphabet=st.sampled_from("ab é€😀.!? 12\n"), max_size=600)
LINES = st.lists(st.builds(Line, st.sampled_from(["USER", "ASSISTANT"]), TEXTS), max_size=12)
RETURNED = st.dictionaries(TEXTS, TEXTS, max_size=4)
SMALL_TALK = "That is good to hear. Thank you very much indeed. Let us go on, shall we?"


def long_call(turns: int = 120) -> list[Line]:
    """A call whose caller says in its course what an agent has to know at its end."""
    said = [
        Line("USER", "Hello, my name is Anna Larsson and my kettle from order 4217 leaks."),
        Line("ASSISTANT", "I am sorry to hear that."),
    ]
    for turn in range(turns):
        said += [
            Line("USER", f"{SMALL_TALK} {SMALL_TALK}"),
            Line("ASSISTANT", f"{SMALL_TALK} {SMALL_TALK}"),
        ]
        if turn == 10:
            said += [
                Line("USER", "Well. I live in Gothenburg, at Harbour Street 12. And so on."),
                Line("ASSISTANT", "A colleague will call you on Thursday. " + SMALL_TALK),
            ]
    return said


@given(LINES, RETURNED, st.integers(min_value=-10, max_value=5000))
def test_whatever_was_said_it_fits_alternates_and_begins_with_the_user(
    lines: list[Line], returned: dict[str, str], limit: int
) -> None:
    told = history(lines, returned, limit=limit)
    assert sum(len(line.text.encode()) for line in told) <= max(0, limit)
    speakers = [line.speaker for line in told]
    assert speakers == (["USER", "ASSISTANT"] * len(told))[: len(told)]


def test_a_short_conversation_is_told_word_for_word() -> None:
    lines = [Line("USER", "Hello."), Line("ASSISTANT", "Good day.")]
    assert history(lines, {}) == lines


def test_a_long_one_keeps_its_first_words_facts_and_results_and_its_newest_lines() -> None:
    lines = [*long_call(turns=200), Line("USER", "And now?")]
    told = history(lines, {'track_order({"order_number": "4217"})': '{"status": "shipped"}'})
    notes = told[0].text
    assert 'The caller began with: "Hello, my name is Anna Larsson and my kettle' in notes
    assert 'Caller: "I live in Gothenburg, at Harbour Street 12."' in notes
    assert 'You: "A colleague will call you on Thursday."' in notes
    assert 'track_order({"order_number": "4217"}): {"status": "shipped"}' in notes
    assert told[2:] == lines[-len(told[2:]) :]
    assert len(told) > 100


def test_what_was_said_twice_is_noted_once() -> None:
    notes = Notes([(True, SMALL_TALK)] * 50 + [(True, "My number is 555.")] * 3, {}).write(2000)
    assert notes.count("My number is 555.") == 1
    assert notes.count("Let us go on") <= 1


def test_notes_are_whole_sentences() -> None:
    said = [
        (True, f"Sentence number {n} tells of place {n}. It was warm there.") for n in range(90)
    ]
    whole = set(re.findall(r"[^.]+\.", " ".join(text for _, text in said)))
    quoted = re.findall(r'"([^"]+)"', Notes(said, {}).write(1500))
    assert len(quoted) > 10
    assert all(
        f" {part.strip()}" in whole or part in whole
        for each in quoted
        for part in re.findall(r"[^.]+\.", each)
    )


def test_of_many_results_the_newest_are_kept() -> None:
    returned = {f"track_order({n})": "x" * 100 for n in range(100)}
    notes = Notes([], returned).write(1000)
    assert "track_order(99)" in notes
    assert "track_order(0)" not in notes
    assert len(notes.encode()) <= 1000
