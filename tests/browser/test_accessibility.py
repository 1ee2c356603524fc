"""Each page for everyone: no serious finding of axe in light or dark, and no sideways scrolling on a phone."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pictures import drawn
from tests.browser.visitor import PHONE, Scheme, Visitors, turn_to
from tests.stack.deployment import Deployment

pytestmark = pytest.mark.stack

AXE = Path(__file__).with_name("vendor") / "axe.min.js"

Turn = Callable[[Page], None]


@pytest.fixture(scope="module")
def pages(deployment: Deployment) -> Iterator[dict[str, Turn]]:
    """How to get to each page and dialog, with something of every kind on it."""
    error = {"error": {"code": "upstream_timeout", "message": "the upstream service did not answer within 5 s"}}
    dead = deployment.leased("browser-test", maxAttempts=1)["jobId"]
    deployment.json("POST", f"/jobs/{dead}/fail", error, worker="browser-test")
    waiting = deployment.json("POST", "/jobs", {"type": "demo.echo", "payload": {}, "delaySeconds": 3600}, 201)["jobId"]
    running = deployment.leased("browser-test", leaseSeconds=600)["jobId"]
    deployment.json(
        "POST", f"/jobs/{running}/heartbeat", {"progress": 0.4, "message": "page 4 of 10"}, worker="browser-test"
    )
    made = deployment.settled(deployment.upload(drawn("", "JPEG").data, "a lake.jpg"))["assetId"]
    failed = deployment.settled(deployment.upload(b"no picture", "no picture.jpg"))["assetId"]

    def job(job_id: str) -> Turn:
        def turn(page: Page) -> None:
            turn_to(page, f"jobs/{job_id}", "demo.echo")

        return turn

    def picture(asset_id: str, name: str) -> Turn:
        def turn(page: Page) -> None:
            turn_to(page, f"pictures/{asset_id}", name)

        return turn

    def listed(page: Page) -> None:
        turn_to(page, "jobs", "Jobs")
        expect(page.locator(".row").first).to_be_visible()

    def redrive_many(page: Page) -> None:
        turn_to(page, "jobs?status=dlq", "Jobs")
        page.get_by_role("button", name="Redrive many").click()
        expect(page.get_by_role("dialog")).to_contain_text("of any type")

    def new_token(page: Page) -> None:
        turn_to(page, "tokens", "Tokens")
        page.get_by_role("button", name="New token").click()
        expect(page.get_by_role("dialog").get_by_role("checkbox").first).to_be_visible()

    def overview(page: Page) -> None:
        turn_to(page, "overview", "Overview")
        expect(page.get_by_text("Newest dead jobs").or_(page.get_by_text("dead job")).first).to_be_visible()

    def wall(page: Page) -> None:
        turn_to(page, "pictures", "Pictures")
        expect(page.get_by_role("list", name="Pictures")).to_contain_text("no picture.jpg")

    yield {
        "overview": overview,
        "pictures": wall,
        "a picture": picture(made, "a lake.jpg"),
        "a picture that failed": picture(failed, "no picture.jpg"),
        "jobs": listed,
        "a dead job": job(dead),
        "a waiting job": job(waiting),
        "a running job": job(running),
        "redrive many": redrive_many,
        "new token": new_token,
    }
    deployment.json("POST", f"/jobs/{waiting}/cancel")
    deployment.json("POST", f"/jobs/{running}/succeed", {"result": {}}, worker="browser-test")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(visitors: Visitors, pages: dict[str, Turn], scheme: Scheme) -> None:
    findings = {"the door": serious(visitors.arrive(scheme=scheme))}
    page = visitors.sign_in("admin", scheme=scheme)
    for name, turn in pages.items():
        turn(page)
        findings[name] = serious(page)
        page.keyboard.press("Escape")
    assert {name: found for name, found in findings.items() if found} == {}


def serious(page: Page) -> list[str]:
    """What axe has to say against the page, where it matters."""
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_text("Loading")).to_have_count(0)
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())  # not by a script element: the page's policy would rightly refuse it
    violations: list[dict[str, Any]] = page.evaluate("async () => (await axe.run(document)).violations")
    return [
        f"{each['id']}: {node['html'][:200]} {node['failureSummary']}"
        for each in violations
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


def test_nothing_scrolls_sideways_on_a_phone(visitors: Visitors, pages: dict[str, Turn]) -> None:
    wide = []
    door = visitors.arrive(size=PHONE)
    expect(door.get_by_role("button", name="Sign in")).to_be_visible()
    page = visitors.sign_in("admin", size=PHONE)
    for name, turn in pages.items():
        turn(page)
        expect(page.get_by_text("Loading")).to_have_count(0)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wide.append(name)
        page.keyboard.press("Escape")
    assert wide == []
    assert not door.evaluate("document.documentElement.scrollWidth > innerWidth")
