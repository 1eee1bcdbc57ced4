"""How the tests are shared out when several run side by side."""

from pathlib import Path

import pytest

TESTS = Path(__file__).parent

TOGETHER = ("end_to_end", "faults")
"""Packages whose tests share what takes long to start: one after the other, in one process."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keeps the tests of a file together, because they share its fixtures."""
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            file = item.path.relative_to(TESTS)
            group = file.parts[0] if file.parts[0] in TOGETHER else str(file)
            item.add_marker(pytest.mark.xdist_group(group))
