"""The build of the registry: a mistake in the file that users edit ends it, and says where."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from leasehold.registry import load
from tests.template_file import ROOT

CORE = ROOT / "layers" / "core"


def build(folder: Path, added: str = "") -> "subprocess.CompletedProcess[str]":
    """What the layer's build does with the file, and something at its end."""
    shutil.copytree(CORE / "leasehold", folder / "leasehold", ignore=shutil.ignore_patterns("__pycache__", "openapi"))
    with (folder / "leasehold" / "job_types.toml").open("a", encoding="utf-8") as file:
        file.write(added)
    command = [sys.executable, str(CORE / "write_registry.py"), str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_registry_is_built_as_it_stands_in_the_file(tmp_path: Path) -> None:
    built = build(tmp_path, '["report.render"]\nmax_attempts = 3\n')
    assert (built.returncode, built.stderr) == (0, "")
    types = json.loads((tmp_path / "leasehold" / "job_types.json").read_text("utf-8"))
    assert types["thumbnail.create"]["payload_schema"] == load()["thumbnail.create"].payload_schema
    assert types["report.render"] == {"max_attempts": 3}


@pytest.mark.parametrize(
    ("added", "says"),
    [
        ("[report.render]\nmax_attempts = 3", 'in quotes: ["report.render"]'),
        ('["report.render"]\nmax_attempts = "3"', "job type report.render: max_attempts is '3'"),
        ('["report.render"]\nmax_tries = 3', "no setting is named max_tries"),
        ('["report.render"\nmax_attempts = 3', "line"),
        ('["Report"]', "1 to 64 of a-z"),
        (
            '["report.render".payload_schema]\ntype = "objekt"',
            "job type report.render: payload_schema is no JSON Schema",
        ),
        ('["report.render".payload_schema]\npattern = "["', "payload_schema is no JSON Schema"),
        ('["report.render".payload_schema]\ndefault = 2030-01-31', "date"),
    ],
)
def test_a_mistake_in_the_file_ends_the_build(tmp_path: Path, added: str, says: str) -> None:
    built = build(tmp_path, added)
    assert built.returncode == 1
    assert built.stderr.startswith("job_types.toml: ")
    assert built.stderr.count("\n") == 1
    assert says in built.stderr
    assert not (tmp_path / "leasehold" / "job_types.json").exists()
