"""The benchmark of what agents know, with tiny counts. No time is asserted."""

from pathlib import Path

from services.bot.knowledge.folder import read_folder
from tests.bench.knowledge import measure
from tests.bench.knowledge.corpus import Corpus
from tests.bench.run import Run, Scale


async def test_search_memory_and_results_are_measured() -> None:
    figures = await measure(Run(Scale.quick(), lambda _: None))
    assert len(figures) == 4
    assert all(figure.rows for figure in figures)


def test_a_corpus_has_as_many_passages_as_it_should(tmp_path: Path) -> None:
    corpus = Corpus()
    corpus.write(tmp_path, 130)
    assert len(read_folder(tmp_path)) == 130
    assert len(set(corpus.questions(50))) > 40
