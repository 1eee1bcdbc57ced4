"""That the matrix, its tests and README say the same."""

import importlib
import inspect
import pkgutil
from collections import Counter

import tests.faults
from tests.faults.matrix import MATRIX, README, with_table


def _tested() -> Counter[str]:
    """How often each row has a test."""
    keys: Counter[str] = Counter()
    for module in pkgutil.iter_modules(tests.faults.__path__):
        if module.name.startswith("test_"):
            found = importlib.import_module(f"tests.faults.{module.name}")
            for _, test in inspect.getmembers(found, inspect.isfunction):
                marks = getattr(test, "pytestmark", [])
                keys.update(mark.args[0] for mark in marks if mark.name == "fault")
    return keys


def test_every_row_has_its_test_and_the_reverse() -> None:
    assert _tested() == Counter(row.key for row in MATRIX)


def test_readme_has_the_table() -> None:
    text = README.read_text(encoding="utf-8")
    assert text == with_table(text), "run python -m tests.faults"
