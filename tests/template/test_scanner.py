"""A security scanner finds nothing in template.yaml but the exceptions that .checkov.yaml names, and all of those."""

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.template_file import ROOT

CHECKOV = ROOT / ".venvs" / "checkov" / "bin" / "checkov"
CONFIG = ROOT / ".checkov.yaml"


def test_the_scanner_finds_the_named_exceptions_and_nothing_else(tmp_path: Path) -> None:
    if not CHECKOV.exists():
        pytest.skip("checkov is not installed here: `make test` installs it into .venvs/checkov")
    # Without its own configuration, so that an exception which nothing needs any more is seen as well.
    scan = [str(CHECKOV), "--file", str(ROOT / "template.yaml"), "--framework", "cloudformation"]
    scan += ["--skip-download", "--output", "json"]
    done = subprocess.run(scan, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    found = json.loads(done.stdout)
    assert found["summary"]["parsing_errors"] == 0, found["summary"]
    assert found["summary"]["passed"] > 0
    failed = {
        check["check_id"]: f"{check['check_name']}: {check['resource']}" for check in found["results"]["failed_checks"]
    }
    excepted = set(yaml.safe_load(CONFIG.read_text())["skip-check"])
    assert {name: failed[name] for name in failed.keys() - excepted} == {}, "mend it, or except it with a reason"
    assert excepted - failed.keys() == set(), "nothing needs these exceptions any more"


def test_each_exception_has_its_reason() -> None:
    listed = CONFIG.read_text().split("skip-check:\n")[1]
    reasons = re.findall(r"((?:  # .*\n)*)((?:  - CKV_\w+\n)+)", listed)
    assert reasons
    assert "".join(reason + checks for reason, checks in reasons) == listed
    for reason, checks in reasons:
        assert len(reason.strip()) > 40, checks
