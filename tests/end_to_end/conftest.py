"""The whole product, started once for all browser tests, and a browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserType, sync_playwright

from tests.local_stack import LocalStack


@pytest.fixture(scope="session")
def stack() -> Iterator[LocalStack]:
    with LocalStack() as running:
        yield running


@pytest.fixture(scope="session")
def browser_type() -> Iterator[BrowserType]:
    with sync_playwright() as playwright:
        yield playwright.chromium
