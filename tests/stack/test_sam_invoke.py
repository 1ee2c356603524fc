"""`sam remote invoke` and `sam local invoke` over the files in events/, as docs/operations.md shows them."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from local.settings import target
from tests.events import FILES, check, event, logical_id, name_of
from tests.stack.deployment import Deployment
from tests.template_file import ROOT

pytestmark = pytest.mark.stack

SAM = ROOT / ".venvs" / "sam" / "bin" / "sam"


def _environment(stack: dict[str, Any]) -> dict[str, str]:
    return {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "HOME": os.environ.get("HOME", "/"),
        "AWS_ENDPOINT_URL": stack["endpointUrl"],
        "AWS_ACCESS_KEY_ID": stack["accessKeyId"],
        "AWS_SECRET_ACCESS_KEY": stack["secretAccessKey"],
        "AWS_DEFAULT_REGION": stack["region"],
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "SAM_CLI_TELEMETRY": "0",
        "NO_PROXY": "127.0.0.1,localhost",
    }


def _sam(stack: dict[str, Any], *arguments: str, timeout: float = 120) -> str:
    done = subprocess.run(
        [str(SAM), *arguments],
        cwd=ROOT,
        env=_environment(stack),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == 0, f"sam {' '.join(arguments)}: {done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def remote_answers(deployment: Deployment) -> dict[str, dict[str, Any]]:
    """What `sam remote invoke` makes of each event: its exit code, and what it prints."""
    stack = deployment.description
    how = ["--stack-name", stack["stackName"], "--output", "json", "--event-file"]
    commands = [["remote", "invoke", logical_id(name_of(file)), *how, str(file.relative_to(ROOT))] for file in FILES]
    done = subprocess.run(
        [str(SAM.with_name("python")), str(Path(__file__).with_name("sam_in_one_process.py"))],
        cwd=ROOT,
        env=_environment(stack),
        input=json.dumps(commands),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {name_of(file): outcome for file, outcome in zip(FILES, json.loads(done.stdout), strict=True)}


@pytest.mark.parametrize("name", [name_of(file) for file in FILES])
def test_the_deployed_function_handles_the_event(remote_answers: dict[str, dict[str, Any]], name: str) -> None:
    outcome = remote_answers[name]
    assert outcome["code"] == 0, outcome
    answer = json.loads(outcome["out"])
    assert answer["StatusCode"] == 200
    assert "FunctionError" not in answer
    check(name, json.loads(answer["Payload"]))


def _engine_is_missing() -> str | None:
    if shutil.which("docker") is None:
        return "there is no docker command here"
    if subprocess.run(["docker", "info"], capture_output=True, check=False, timeout=60).returncode != 0:
        return "no container engine runs here"
    if not sys.platform.startswith("linux"):
        return "containers share this machine's loopback on Linux alone"
    return None


def test_a_function_runs_in_a_container_against_the_embedded_stack(deployment: Deployment, tmp_path: Path) -> None:
    missing = _engine_is_missing()
    if missing:
        pytest.skip(f"`sam local invoke` needs a container engine: {missing}")
    stack, (version, architecture) = deployment.description, target()
    parameters = ["--parameter-overrides", f"PythonVersion={version} Architecture={architecture}"]
    _sam(stack, "build", "--build-dir", str(tmp_path / "build"), *parameters, timeout=300)
    built = tmp_path / "build" / "template.yaml"
    built.write_text(with_endpoint(built.read_text()))
    variables = json.loads((ROOT / "events" / "sam-local.json").read_text())
    variables["Parameters"]["AWS_ENDPOINT_URL"] = stack["endpointUrl"]
    (tmp_path / "env.json").write_text(json.dumps(variables))
    name = "jobs_api/list_jobs"
    where = ["--event", f"events/{name}.json", "--template-file", str(built), "--env-vars", str(tmp_path / "env.json")]
    printed = _sam(
        stack, "local", "invoke", logical_id(name), *where, "--docker-network", "host", *parameters, timeout=600
    )
    check(name, json.loads(printed.strip().splitlines()[-1]))


def with_endpoint(built_template: str) -> str:
    """The built template with a place for the endpoint: SAM hands a container only variables that are declared."""
    return re.sub(
        r"(Globals:.*?Variables:\n)", r'\1        AWS_ENDPOINT_URL: ""\n', built_template, count=1, flags=re.S
    )


def test_the_variables_for_containers_are_those_that_functions_read(deployment: Deployment) -> None:
    given = json.loads((ROOT / "events" / "sam-local.json").read_text())["Parameters"]
    names = {"JOBS_TABLE": "jobsTable", "ASSETS_TABLE": "assetsTable", "TOKENS_TABLE": "tokensTable"}
    names |= {"UPLOADS_BUCKET": "uploadsBucket", "DERIVED_BUCKET": "derivedBucket", "EVENT_BUS": "eventBus"}
    assert {name: given[name] for name in names} == {name: deployment.description[key] for name, key in names.items()}
    assert event("thumbnail/picture_uploaded")["Records"][0]["s3"]["bucket"]["name"] == given["UPLOADS_BUCKET"]
