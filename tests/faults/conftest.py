"""One world for all rows, and what was measured in them."""

import json
from collections.abc import AsyncIterator, Callable, Generator

import pytest
import pytest_asyncio
from pytest import TerminalReporter

from tests.faults.caller import Caller
from tests.faults.world import World, world

_PROPERTY = "seconds without the agent"

Measure = Callable[[Caller, float], None]


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def shared() -> AsyncIterator[World]:
    """Everything that a call goes through, started once."""
    async with world() as made:
        yield made


@pytest_asyncio.fixture(loop_scope="package")
async def fleet(shared: World) -> World:
    """The world with all its bots."""
    await shared.staff()
    for part in (shared.server, *shared.bots):
        part.lines.clear()
    return shared


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Adds to a failure what the services logged meanwhile."""
    report = yield
    world = getattr(item, "funcargs", {}).get("fleet")
    if report.when == "call" and report.failed and world is not None:
        world.spoiled = True
        for part in (world.server, *world.bots):
            lines = "\n".join(map(json.dumps, part.lines))
            report.sections.append((f"process {part.process.pid}", lines))
    return report


@pytest.fixture
def measure(record_property: Callable[[str, object], None]) -> Measure:
    """Notes for how long a caller was without the agent after a moment; it asserts nothing."""

    def note(caller: Caller, since: float) -> None:
        record_property(_PROPERTY, round(max(0.0, caller.live_at - since), 1))

    return note


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Prints what was measured."""
    found = [
        f"{dict(report.user_properties)[_PROPERTY]:6.1f} s  {report.nodeid.rpartition('::')[2]}"
        for report in terminalreporter.stats.get("passed", [])
        if _PROPERTY in dict(report.user_properties)
    ]
    if found:
        terminalreporter.section(_PROPERTY)
        for line in found:
            terminalreporter.line(line)
