"""Passages found by questions as people ask them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.bot.knowledge import Index, Passage, write_index
from services.bot.knowledge.index import MOST_COUNTED, MOST_SCORED

PASSAGES = [
    Passage("returns.md", "Returns > How long", "You may send goods back within 30 days."),
    Passage("returns.md", "Returns > Costs", "Sending back is free with the label in the box."),
    Passage("kettles.md", "Kettles > Descaling", "Boil water with vinegar once a month."),
    Passage("kettles.md", "Kettles > Guarantee", "Kettles have a guarantee of two years."),
    Passage("opening.md", "Opening hours", "We are open from nine to five, Monday to Friday."),
    Passage("crêpes.md", "Crêpe pans", "Our crêpe pan is made of cast iron."),
]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    file = tmp_path_factory.mktemp("index") / "index.db"
    assert write_index(file, PASSAGES) == len(PASSAGES)
    with Index(file) as index:
        yield index


@pytest.mark.parametrize(
    ("question", "heading"),
    [
        ("How long do I have to return something?", "Returns > How long"),
        ("um, can I send it back after thirty days", "Returns > How long"),
        ("what does it cost to send a kettle back", "Returns > Costs"),
        ("how do I descale my kettle?", "Kettles > Descaling"),
        ("is there a guarantee on kettles", "Kettles > Guarantee"),
        ("for 2 years?", "Kettles > Guarantee"),
        ("when do you open on mondays", "Opening hours"),
        ("do you sell crepe pans", "Crêpe pans"),
        ("what's it made of, cast-iron?", "Crêpe pans"),
        ("guaranteeing", "Kettles > Guarantee"),
        ("la crêpe: is it cast iron?", "Crêpe pans"),
    ],
)
def test_the_passage_that_answers_comes_first(index: Index, question: str, heading: str) -> None:
    found = index.search(question)
    assert found
    assert found[0].passage.heading == heading
    assert [each.score for each in found] == sorted((e.score for e in found), reverse=True)


@pytest.mark.parametrize("question", ["", "  ", "?!", "quantum chromodynamics", "🤷"])
def test_where_no_word_is_known_nothing_is_found(index: Index, question: str) -> None:
    assert index.search(question) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=200))
def test_no_question_is_an_error(index: Index, question: str) -> None:
    index.search(question)
    index.search(f'kettle {question} AND NOT (return* OR "days')


def test_no_more_is_found_than_was_asked_for(index: Index) -> None:
    assert len(index.search("kettle guarantee return", most=1)) == 1


def test_among_passages_that_are_all_alike_the_one_with_both_words_is_found(
    tmp_path: Path,
) -> None:
    many = 3 * MOST_SCORED
    passages = [Passage("a.md", "", f"The kettle number {n} is blue.") for n in range(many)]
    passages += [Passage("b.md", "", f"The pan number {n} is red.") for n in range(many)]
    passages.append(Passage("c.md", "", "The kettle is red."))
    write_index(tmp_path / "index.db", passages)
    with Index(tmp_path / "index.db") as index:
        assert len(index) == len(passages)
        assert index.search("is there a red kettle?", most=1)[0].passage.file == "c.md"
        assert len(index.search("kettle")) == 3


def test_of_passages_that_all_have_the_words_those_with_a_fitting_heading_come_first(
    tmp_path: Path,
) -> None:
    many = MOST_COUNTED + 1
    passages = [Passage("a.md", "Colours", f"Kettles and pans, {n}.") for n in range(many)]
    passages[20] = Passage("b.md", "Pans", "Pans and kettles.")
    passages[40] = Passage("c.md", "Kettles > Pans", "Pans and kettles.")
    write_index(tmp_path / "index.db", passages)
    with Index(tmp_path / "index.db") as index:
        found = index.search("a kettle and a pan")
        assert [each.passage.file for each in found] == ["c.md", "b.md", "a.md"]
        assert [each.score for each in found] == [2, 1, 0]
        assert index.search("kettle", most=1)[0].passage.file == "c.md"
