"""The path of a newcomer who has the README and nothing else, from the first picture to a worker of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.pictures import mixed
from tests.browser.visitor import Visitors, choose_files, enter, turn_to
from tests.stack.deployment import Deployment

pytestmark = pytest.mark.stack

# As docs/console.md shows it.
WORKER = """\
import json, os, urllib.request

def call(path, body):
    headers = {"Authorization": f"Bearer {os.environ['TOKEN']}", "X-Worker-Id": "my-first-worker"}
    request = urllib.request.Request(os.environ["URL"] + path, json.dumps(body).encode(), headers)
    return json.load(urllib.request.urlopen(request))

while jobs := call("/jobs/lease", {"type": "demo.echo", "wait": 1})["jobs"]:
    for job in jobs:
        call(f"/jobs/{job['jobId']}/succeed", {"result": {"echo": job["payload"]}})
"""


def test_from_ten_pictures_to_a_worker_of_ones_own(visitors: Visitors, deployment: Deployment, tmp_path: Path) -> None:
    # Sign in with the token that `make up` has printed.
    page = visitors.arrive()
    enter(page, deployment.description["tokens"]["admin"])
    expect(page.get_by_role("heading", level=1, name="Overview")).to_be_visible()

    # Drop ten pictures, of which one is broken: nine thumbnails and one reason.
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Pictures").click()
    sound, broken = mixed()
    choose_files(page, [*sound, broken])
    uploads = page.get_by_role("region", name="Uploads")
    expect(uploads.get_by_role("heading")).to_have_text("9 thumbnails made, 1 failed")
    expect(uploads.get_by_role("listitem").filter(has_text="thumbnail made")).to_have_count(9)
    reason = uploads.get_by_role("listitem").filter(has_text=broken.name)
    expect(reason).to_contain_text("corrupt_image")
    wall = page.get_by_role("list", name="Pictures")
    for each in sound:
        tile = wall.get_by_role("listitem").filter(has_text=each.name).first
        page.wait_for_function("image => image.naturalWidth > 0", arg=tile.locator("img.sharp").element_handle())

    # Fix nothing, and redrive: it dies once more, and says why.
    reason.get_by_role("link").click()
    expect(page.get_by_role("alert")).to_contain_text("Upload a sound copy")
    page.get_by_role("link", name="Its job is among the dead ones").click()
    page.locator(".row").first.get_by_role("link").click()
    expect(page.locator(".outcome")).to_contain_text("Died")
    page.get_by_role("button", name="Redrive").click()
    moments = page.locator(".timeline").get_by_role("listitem")
    expect(moments.filter(has_text="Died")).to_have_count(2)
    expect(moments.filter(has_text="Redriven")).to_have_count(1)
    expect(page.locator(".outcome")).to_contain_text("corrupt_image")

    # Write a worker of ten lines, run it, and watch its jobs.
    jobs = [
        deployment.json("POST", "/jobs", {"type": "demo.echo", "payload": {"hello": nth}}, 201, role="producer")
        for nth in range(3)
    ]
    turn_to(page, "jobs?type=demo.echo", "Jobs")
    own = [page.locator(".row").filter(has=page.locator(f'a[href$="{job["jobId"]}"]')) for job in jobs]
    for row in own:
        expect(row).to_contain_text("Queued")
    script = tmp_path / "worker.py"
    script.write_text(WORKER)
    environment = os.environ | {
        "URL": deployment.description["apiUrl"],
        "TOKEN": deployment.description["tokens"]["worker"],
    }
    subprocess.run([sys.executable, script], env=environment, check=True, timeout=60)
    for row in own:
        expect(row).to_contain_text("Succeeded")
    own[0].get_by_role("link").click()
    expect(page.locator(".timeline")).to_contain_text("my-first-worker")
    expect(page.get_by_label("Result", exact=True)).to_contain_text('"hello": 0')


def test_the_document_shows_the_worker_that_was_run() -> None:
    document = Path(__file__).resolve().parents[2] / "docs" / "console.md"
    assert WORKER in document.read_text()
