"""The whole product, started once for all browser tests, and a browser.

Both end with this package: while Playwright's synchronous face is open, no asynchronous test runs.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserType, sync_playwright

from tests.local_stack import LocalStack


@pytest.fixture(scope="package")
def stack() -> Iterator[LocalStack]:
    with LocalStack() as running:
        yield running


@pytest.fixture(scope="package")
def browser_type() -> Iterator[BrowserType]:
    with sync_playwright() as playwright:
        yield playwright.chromium
