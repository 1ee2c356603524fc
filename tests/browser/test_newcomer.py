"""The path of a newcomer who has the README and nothing else, from the first picture to a worker of their own.

What they copy is taken from the README itself. One step is not repeated here: writing the new type into the registry
and deploying that; the stack of the tests has the type by a parameter, with the settings that the README shows.
"""

import base64
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pictures import Drawn, mixed
from tests.browser.visitor import Visitors, enter
from tests.stack.deployment import Deployment
from tests.stack.pages import Block, blocks
from tests.template_file import ROOT

pytestmark = pytest.mark.stack

README = blocks((ROOT / "README.md").read_text())
COMMANDS = Path(sys.executable).parent


def test_from_ten_pictures_to_a_worker_of_ones_own(visitors: Visitors, deployment: Deployment, tmp_path: Path) -> None:
    # Sign in with the token that `make run` has printed.
    page = visitors.arrive()
    enter(page, deployment.description["tokens"]["admin"])
    expect(page.get_by_role("heading", level=1, name="Overview")).to_be_visible()

    # Drop ten pictures, of which one is a HEIC and one is broken: nine thumbnails and one reason.
    turn(page, "Pictures")
    sound, broken = mixed()
    drop(page, [*sound, broken])
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
    page.get_by_role("link", name="Show its job").click()
    expect(page.locator(".outcome")).to_contain_text("Died")
    page.get_by_role("button", name="Redrive").click()
    moments = page.locator(".timeline").get_by_role("listitem")
    expect(moments.filter(has_text="Died")).to_have_count(2)
    expect(moments.filter(has_text="Redriven")).to_have_count(1)
    expect(page.locator(".outcome")).to_contain_text("corrupt_image")

    # Write the worker of ten lines for a new job type, run it, and watch its job.
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "stack.json").write_text(json.dumps(deployment.description))
    program = the(block for block in README if block.title == "reports.py")
    assert len([line for line in program.text.splitlines() if line]) <= 10
    (tmp_path / "reports.py").write_text(program.text)
    turn(page, "Jobs")
    page.get_by_label("Type", exact=True).select_option("report.render")
    rows = page.get_by_role("table", name="Jobs, newest first").locator(".row")
    with running(the_command("leasehold worker run"), tmp_path):
        enqueue = [line for line in the_command("leasehold enqueue").splitlines() if line.startswith("leasehold ")]
        run(enqueue[0], tmp_path)
        expect(rows.first).to_contain_text("Succeeded")
    rows.first.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1, name="report.render")).to_be_visible()
    expect(page.get_by_label("Result", exact=True)).to_contain_text('"report": "2030-01"')
    expect(page.locator(".timeline").get_by_role("listitem")).to_have_count(3)  # queued, leased, succeeded


def turn(page: Page, name: str) -> None:
    """Go to a page as people do, by its link."""
    page.get_by_role("navigation", name="Pages").get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()


def drop(page: Page, pictures: list[Drawn]) -> None:
    """Let files fall onto the page."""
    expect(page.get_by_text("Drop pictures here")).to_be_visible()
    files = [[each.name, each.content_type, base64.b64encode(each.data).decode()] for each in pictures]
    page.evaluate(
        """files => {
            const dropped = new DataTransfer();
            for (const [name, type, data] of files) {
                const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
                dropped.items.add(new File([bytes], name, {type}));
            }
            document.querySelector("main").dispatchEvent(
                new DragEvent("drop", {dataTransfer: dropped, bubbles: true, cancelable: true}));
        }""",
        files,
    )


def the(found: Iterator[Block]) -> Block:
    """The first one, which there must be."""
    return next(found)


def the_command(beginning: str) -> str:
    """The README's block with that command."""
    return the(block for block in README if block.language == "sh" and beginning in block.text).text


def run(command: str, folder: Path) -> None:
    """Do as the README says, to the end."""
    subprocess.run(["bash", "-c", command], cwd=folder, env=_environment(folder), check=True, timeout=60)


@contextmanager
def running(command: str, folder: Path) -> Iterator[None]:
    """Run a command in a terminal of its own, and end it by Ctrl-C."""
    worker = subprocess.Popen(["bash", "-c", f"exec {command}"], cwd=folder, env=_environment(folder))
    try:
        yield
        worker.send_signal(signal.SIGINT)
        assert worker.wait(60) == 0
    finally:
        worker.kill()


def _environment(folder: Path) -> dict[str, str]:
    return {"PATH": os.pathsep.join([str(COMMANDS), os.environ["PATH"]]), "HOME": str(folder)}
