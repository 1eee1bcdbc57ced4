"""How the tests are shared out when several run side by side, and what no busy machine fails."""

from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes is the machine's affair.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")

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

FIRST = ("faults around a bot", "end to end", "faults of a bot", "deploy", "bot/processes")
"""What takes longest, begun first: groups, and a folder of them. What is short fills the end."""


@pytest.hookimpl(wrapper=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> Generator[None]:
    """Keeps the tests of a file together, because they share its fixtures, and the long ones first.

    Raises:
        UsageError: pytest-xdist does not group them, as with a pytest that it does not know.
    """
    turns = {}
    for item in items:
        mark = item.get_closest_marker("xdist_group")
        group = mark.args[0] if mark else _group(item.path.relative_to(TESTS))
        if mark is None:
            item.add_marker(pytest.mark.xdist_group(group))
        turns[item] = _turn(group)
    if config.getoption("loadgroup", False):
        items.sort(key=turns.__getitem__)
    yield
    if config.getoption("loadgroup", False) and not all("@" in item.nodeid for item in items):
        raise pytest.UsageError("pytest-xdist groups no tests: does it know this pytest?")


def _turn(group: str) -> int:
    """The place of a group in `FIRST`, or behind them all."""
    turns = (turn for turn, first in enumerate(FIRST) if group.startswith(first))
    return next(turns, len(FIRST))


def _group(file: Path) -> str:
    """What a file's tests share: with its folder, unless they are told apart; else with nobody."""
    shared = (TOGETHER.get(str(place)) for place in (file, *file.parents))
    return next(filter(None, shared), str(file))
