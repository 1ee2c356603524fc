"""The commands of the front page and of the quickstart, run as they stand there."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stack.deployment import Deployment, eventually
from tests.template_file import ROOT

pytestmark = pytest.mark.stack

# What brings the stack up or goes to AWS is run by others.
_NOT_HERE = ("make ", "sam ")


def _blocks() -> list[tuple[str, str]]:
    """(where it stands, commands) of each shell block."""
    found = []
    for page in ("README.md", "docs/quickstart.md"):
        for nth, block in enumerate(re.findall(r"```sh\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)):
            if not block.startswith(_NOT_HERE):
                found.append((f"{page}, block {nth + 1}", block))
    return found


@pytest.fixture
def newcomer(deployment: Deployment, tmp_path: Path) -> Path:
    """A folder like a clone's, with the stack described in it, and nobody else's job in the queue."""
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "stack.json").write_text(json.dumps(deployment.description))
    for name in ("samples", "README.md"):
        (tmp_path / name).symlink_to(ROOT / name)

    def is_drained() -> bool:
        jobs = deployment.json("GET", "/jobs/lease?type=demo.echo&max=10", worker="sweeper-of-tests")["jobs"]
        for job in jobs:
            path, token = f"/jobs/{job['jobId']}/succeed", job["leaseToken"]
            deployment.json("POST", path, {"result": {}}, worker="sweeper-of-tests", token=token)
        return not jobs

    eventually(is_drained)
    return tmp_path


@pytest.mark.parametrize(("place", "commands"), _blocks(), ids=[place for place, _ in _blocks()])
def test_the_commands_do_what_the_page_says(newcomer: Path, place: str, commands: str) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {"PATH": path, "HOME": str(newcomer), "BROWSER": "true", "NO_PROXY": "127.0.0.1"}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        cwd=newcomer,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{place}: {done.stdout}\n{done.stderr}"
    assert '"error"' not in done.stdout, f"{place}: {done.stdout}"
