"""The pictures in README and docs, made anew on demand: LEASEHOLD_SCREENSHOTS=1."""

import io
import os

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.pictures import mixed
from tests.browser.visitor import PHONE, Visitors, choose_files, turn_to
from tests.stack.deployment import Deployment
from tests.template_file import ROOT

# Read at import: the environment of a test is clean.
_WANTED = os.environ.get("LEASEHOLD_SCREENSHOTS") == "1"

pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif(not _WANTED, reason="set LEASEHOLD_SCREENSHOTS=1 to make the pictures of the docs anew"),
]

IMAGES = ROOT / "docs" / "images"
LARGEST = 200_000


def test_make_the_pictures_of_the_docs(visitors: Visitors, deployment: Deployment) -> None:
    failing = _busy_morning(deployment)
    page = visitors.sign_in("admin", scale=2)
    turn_to(page, "pictures", "Pictures")
    sound, broken = mixed()
    choose_files(page, [*sound, broken])
    heading = page.get_by_role("region", name="Uploads").get_by_role("heading")
    expect(heading).to_have_text("9 thumbnails made, 1 failed")
    page.get_by_role("button", name="Clear finished").click()
    page.wait_for_function("[...document.querySelectorAll('img.sharp')].every(image => image.naturalWidth > 0)")
    shoot(page, "pictures-light")
    turn_to(page, "overview", "Overview")
    expect(page.get_by_text("in a minute.")).to_be_visible()
    shoot(page, "overview-light")
    turn_to(page, "jobs", "Jobs")
    expect(page.locator(".row").first).to_be_visible()
    shoot(page, "jobs-light")

    page = visitors.sign_in("admin", scheme="dark", scale=2)
    expect(page.get_by_text("in a minute.")).to_be_visible()
    shoot(page, "overview-dark")
    turn_to(page, f"jobs/{failing}", "demo.echo")
    expect(page.locator(".outcome")).to_contain_text("Runs again in")
    shoot(page, "job-dark")

    page = visitors.sign_in("admin", size=PHONE, scale=2)
    turn_to(page, "jobs", "Jobs")
    expect(page.locator(".row").first).to_be_visible()
    shoot(page, "jobs-phone")


def _busy_morning(deployment: Deployment) -> str:
    """Jobs in every state; the id of one that has failed and will run again."""
    timeout = {"code": "upstream_timeout", "message": "the upstream service did not answer within 5 s"}
    invalid = {"code": "invalid_address", "message": 'the field "zip" is missing', "retryable": False}
    for nth in range(36):
        job = deployment.leased(f"render-{nth % 3}", payload={"report": nth, "format": "pdf"})
        me = {"worker": f"render-{nth % 3}", "token": job["leaseToken"]}
        if nth % 9 == 4:
            deployment.json("POST", f"/jobs/{job['jobId']}/fail", {"error": invalid}, **me)
        else:
            deployment.json("POST", f"/jobs/{job['jobId']}/succeed", {"result": {"pages": nth + 1}}, **me)
    running = deployment.leased("render-1", leaseSeconds=600)
    progress = {"progress": 0.4, "message": "page 4 of 10"}
    deployment.json("POST", f"/jobs/{running['jobId']}/heartbeat", progress, worker="render-1")
    for seconds in (60, 3600):
        deployment.json("POST", "/jobs", {"type": "demo.echo", "payload": {}, "delaySeconds": seconds}, 201)
    failing = deployment.leased("render-2", payload={"report": "annual", "format": "pdf"})
    for wait in (0, 600):
        error = {"error": {**timeout, "retryAfterSeconds": wait}}
        deployment.json("POST", f"/jobs/{failing['jobId']}/fail", error, worker="render-2")
        if wait == 0:
            deployment.json("GET", "/jobs/lease?type=demo.echo&wait=5", worker="render-2")
    return str(failing["jobId"])


def shoot(page: Page, name: str) -> None:
    """Keep what the visitor sees, small enough for a front page."""
    page.mouse.move(0, 0)  # nothing is pointed at
    picture = Image.open(io.BytesIO(page.screenshot()))
    target = IMAGES / f"{name}.webp"
    picture.save(target, quality=82, method=6)
    assert target.stat().st_size < LARGEST
