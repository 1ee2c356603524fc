"""Chromium, and the console opened in it as a person of some role."""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.visitor import Profiles, Visitors
from tests.stack.deployment import Deployment

_ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


# For one module only: while Playwright's loop runs, no test elsewhere could run an event loop of its own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, with a new profile."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not installed; on Debian and Ubuntu: apt-get install chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=_ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def deployment(stack: dict[str, Any]) -> Iterator[Deployment]:
    """The embedded stack, for what others than the visitor do to it."""
    deployed = Deployment(stack)
    yield deployed
    deployed.close()


@pytest.fixture(scope="module")
def profiles(browser: Browser) -> Profiles:
    """What the browser keeps between visits."""
    return Profiles(browser)


@pytest.fixture
def visitors(profiles: Profiles, stack: dict[str, Any]) -> Iterator[Visitors]:
    """Opens the console; fails the test where a script failed or the content security policy was broken."""
    all_visitors = Visitors(profiles, stack)
    yield all_visitors
    all_visitors.leave()
    assert all_visitors.mishaps == []
