"""Finds a Chromium for the browser tests, and installs one where there is none.

`python -m tests.chromium` does it ahead of a test run and says which browser it will be.
In order: `CHROMIUM` in the environment, a browser on this machine, Playwright's own, and the
system's packages where we may install them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from playwright.sync_api import sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_MAC_APPS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
_INSTALL_SECONDS = 600

MISSING = (
    "The browser tests need Chromium: there is none on this machine, Playwright could not fetch "
    "its own, and the system's packages cannot be installed from here. Install Chromium or "
    "Google Chrome, or set CHROMIUM to its program, and run make test again."
)


@cache
def find() -> Path | None:
    """The browser to drive, or None where the machine has none."""
    if chosen := os.environ.get("CHROMIUM"):
        return Path(chosen) if _runs(chosen) else None
    for candidate in _candidates():
        if _runs(candidate):
            return Path(candidate)
    return None


def install() -> Path | None:
    """Try Playwright's download, then the system's packages; the browser, or None."""
    _run([sys.executable, "-m", "playwright", "install", "chromium"])
    find.cache_clear()
    if browser := find():
        return browser
    if shutil.which("apt-get"):
        root = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
        if _run([*root, "apt-get", "update", "-qq"]):
            _run([*root, "apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"])
    find.cache_clear()
    return find()


def _candidates() -> Iterator[str]:
    yield from filter(None, map(shutil.which, _NAMES))
    yield from _MAC_APPS
    with sync_playwright() as playwright:
        yield playwright.chromium.executable_path


def _runs(program: str) -> bool:
    try:
        answer = subprocess.run(
            [program, "--version"], capture_output=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0


def _run(command: list[str]) -> bool:
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_INSTALL_SECONDS,
            check=False,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def main() -> None:
    """Say which browser the tests will drive, after installing one if need be.

    Without one the other tests still run, and each browser test fails with the same sentence.
    """
    browser = find()
    if browser is None:
        print("No Chromium here: installing one for the browser tests", flush=True)
        browser = install()
    print(f"Browser: {browser}" if browser else MISSING, flush=True)


if __name__ == "__main__":
    main()
