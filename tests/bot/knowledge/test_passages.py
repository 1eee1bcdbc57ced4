"""Markdown cut into passages."""

from hypothesis import given
from hypothesis import strategies as st

from services.bot.knowledge.passages import PASSAGE_CHARACTERS, cut

MARKDOWN = st.text(alphabet=st.sampled_from("ab #\n.|-`*_[]()é"), max_size=3000)


@given(MARKDOWN)
def test_whatever_is_written_no_passage_is_empty_or_too_long(markdown: str) -> None:
    for passage in cut("a.md", markdown):
        assert 0 < len(passage.text.strip()) <= PASSAGE_CHARACTERS


def test_a_passage_says_where_it_stands() -> None:
    markdown = "# Returns\n\nIntro.\n\n## How long\n\nThirty days.\n\n# Shipping\n\nBy post."
    assert [(each.source, each.text) for each in cut("shop.md", markdown)] == [
        ("shop.md, Returns", "Intro."),
        ("shop.md, Returns > How long", "Thirty days."),
        ("shop.md, Shipping", "By post."),
    ]


def test_underlined_headings_are_headings() -> None:
    (passage,) = cut("a.md", "Returns\n=======\n\nThirty days.")
    assert (passage.heading, passage.text) == ("Returns", "Thirty days.")


def test_paragraphs_under_one_heading_stay_together_while_they_fit() -> None:
    short, long = "Short. " * 10, "Long sentence here. " * 25
    texts = [each.text for each in cut("a.md", f"# H\n\n{short}\n\n{short}\n\n{long}")]
    assert len(texts) == 2
    assert texts[0].count("\n") == 1


def test_a_long_paragraph_is_cut_between_sentences() -> None:
    texts = [each.text for each in cut("a.md", "A sentence of some words. " * 100)]
    assert len(texts) > 3
    assert all(text.endswith("words.") for text in texts)


def test_each_part_of_a_long_table_has_its_head() -> None:
    rows = "\n".join(f"| kettle {number} | {number} euros |" for number in range(60))
    texts = [each.text for each in cut("a.md", f"| what | price |\n| --- | --- |\n{rows}")]
    assert len(texts) > 1
    assert all(text.startswith("| what | price |") for text in texts)


def test_what_is_for_the_eye_alone_is_left_out() -> None:
    markdown = (
        "---\ntitle: x\n---\n# A **bold** [title](http://x)\n<!-- a comment -->\n"
        "See [the _guide_](guide.md) for `reset` of __it__ ![a picture](a.png).\n\n"
        "```\n# not a heading\n```\n"
    )
    passages = list(cut("a.md", markdown))
    assert {each.heading for each in passages} == {"A bold title"}
    assert passages[0].text == "See the guide for reset of it a picture.\n# not a heading"


def test_names_with_underscores_keep_them() -> None:
    (passage,) = cut("a.md", "Set MAX_CALLS_EVER and 2*3*4.")
    assert passage.text == "Set MAX_CALLS_EVER and 2*3*4."
