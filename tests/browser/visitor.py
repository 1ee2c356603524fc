"""People who look at the console: signed in by a role's token, in light or dark, at a desk or on a phone."""

import re
from typing import Any, Literal

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, FilePayload, Page, expect

from tests.browser.pictures import Drawn

Scheme = Literal["light", "dark"]

DESK = (1280, 900)
PHONE = (375, 800)
# Functions start cold, and the machine may be busy.
PATIENCE_MS = 60_000


class Profiles:
    """The browser's profiles, by what the visitor likes and has. They keep files between visits, as browsers do."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._made: dict[tuple[Any, ...], BrowserContext] = {}

    def profile(self, scheme: Scheme, size: tuple[int, int], scale: float) -> BrowserContext:
        wanted = (scheme, size, scale)
        if wanted not in self._made:
            self._made[wanted] = self._browser.new_context(
                color_scheme=scheme,
                viewport={"width": size[0], "height": size[1]},
                device_scale_factor=scale,
                reduced_motion="reduce",
                locale="en-GB",
                timezone_id="Europe/Berlin",
            )
            self._made[wanted].set_default_timeout(PATIENCE_MS)
        return self._made[wanted]


class Visitors:
    """Opens pages of the console, each in a new tab, and keeps what went wrong in any of them."""

    def __init__(self, profiles: Profiles, stack: dict[str, Any]) -> None:
        self.mishaps: list[str] = []
        self._profiles = profiles
        self._stack = stack
        self._pages: list[Page] = []

    def arrive(self, at: str = "", *, scheme: Scheme = "light", size: tuple[int, int] = DESK, scale: float = 1) -> Page:
        """The console's door."""
        expect.set_options(timeout=PATIENCE_MS)
        page = self._profiles.profile(scheme, size, scale).new_page()
        self._pages.append(page)
        page.on("pageerror", lambda error: self.mishaps.append(str(error)))
        page.on("console", self._hear)
        page.goto(self._stack["consoleUrl"] + at)
        return page

    def sign_in(self, role: str = "admin", *, at: str = "", token: str | None = None, **how: Any) -> Page:
        """The console as a person of that role sees it."""
        page = self.arrive(at, **how)
        enter(page, token or self._stack["tokens"][role])
        expect(page.get_by_role("navigation", name="Pages")).to_be_visible()
        return page

    def leave(self) -> None:
        for page in self._pages:
            page.close()

    def _hear(self, message: ConsoleMessage) -> None:
        # A refused request is an error to the browser's console, but the tests provoke some.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.mishaps.append(message.text)


def enter(page: Page, token: str) -> None:
    """Give a token at the door."""
    page.get_by_label("Token", exact=True).fill(token)
    page.get_by_role("button", name="Sign in").click()


def turn_to(page: Page, address: str, heading: str | re.Pattern[str]) -> None:
    """Go to a page by its address, such as `jobs?status=dlq`."""
    page.evaluate("address => { location.hash = '#/' + address }", address)
    expect(page.get_by_role("heading", level=1, name=heading)).to_be_visible()


def choose_files(page: Page, pictures: list[Drawn]) -> None:
    """Upload pictures from the page Pictures."""
    files: list[FilePayload] = [
        {"name": each.name, "mimeType": each.content_type, "buffer": each.data} for each in pictures
    ]
    page.get_by_label("choose files").set_input_files(files)
