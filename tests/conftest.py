"""How the tests are shared out when several run side by side."""

from collections.abc import Generator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent

TOGETHER = {
    "cdk/deploy": "deploy",
    "end_to_end": "end to end",
    # The matrix mostly waits for people to finish their sentences: two halves, two worlds.
    "faults": "faults around a bot",
    "faults/test_nova.py": "faults of a bot",
    "faults/test_processes.py": "faults of a bot",
}
"""Tests that share what takes long to start: one after the other, in one process."""


@pytest.hookimpl(wrapper=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> Generator[None]:
    """Keeps the tests of a file together, because they share its fixtures.

    Raises:
        UsageError: pytest-xdist does not group them, as with a pytest that it does not know.
    """
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            file = item.path.relative_to(TESTS)
            item.add_marker(pytest.mark.xdist_group(_group(file)))
    yield
    if config.getoption("loadgroup", False) and not all("@" in item.nodeid for item in items):
        raise pytest.UsageError("pytest-xdist groups no tests: does it know this pytest?")


def _group(file: Path) -> str:
    """What a file's tests share: with its folder, unless they are told apart; else with nobody."""
    shared = (TOGETHER.get(str(place)) for place in (file, *file.parents))
    return next(filter(None, shared), str(file))
