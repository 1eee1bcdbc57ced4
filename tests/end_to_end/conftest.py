"""The whole product, started once for all browser tests, and a browser.

Both end with this package: while Playwright's synchronous face is open, no asynchronous test runs.
"""

from collections.abc import Generator, Iterator

import pytest
from playwright.sync_api import BrowserType, sync_playwright

from tests.local_stack import LocalStack

_LATEST_LINES = 60
_SCENARIO = """
[endpointing]
onset_ms = 400
[pace]
speed = 2
"""
"""A Nova Sonic that no cough interrupts, and that speaks twice as fast as people do."""


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    scenario = tmp_path_factory.mktemp("emulator") / "scenario.toml"
    scenario.write_text(_SCENARIO)
    with LocalStack("--scenario", str(scenario)) as running:
        yield running


@pytest.fixture(scope="package")
def browser_type() -> Iterator[BrowserType]:
    with sync_playwright() as playwright:
        yield playwright.chromium


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Adds to a failure what `make run` printed last."""
    report = yield
    if report.when == "call" and report.failed:
        for name, value in getattr(item, "funcargs", {}).items():
            if isinstance(value, LocalStack):
                report.sections.append((name, "\n".join(value.lines[-_LATEST_LINES:])))
    return report
