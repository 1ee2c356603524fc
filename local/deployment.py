"""The template on the embedded stack: built for this machine, deployed, and described for others."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import boto3
import yaml

from leasehold.token_store import TokenStore
from local.progress import step
from local.settings import ACCESS_KEY, REGION, ROOT, SECRET_KEY, STACK_NAME, Settings, Trouble, target

_SAM = ROOT / ".venvs" / "sam" / "bin" / "sam"
_SOURCES = ("template.yaml", "dashboard.yaml", "functions", "layers")
_ROLES = ("admin", "producer", "worker", "viewer")
_ARTIFACTS = "leasehold-artifacts"


def build(settings: Settings) -> None:
    """`sam build` for the Python and CPU at hand; nothing to do where the sources are those of the last build."""
    mark = settings.folder / "built"
    wanted = fingerprint()
    if mark.exists() and mark.read_text() == wanted and settings.build.exists():
        return
    mark.unlink(missing_ok=True)
    version, architecture = target()
    with step(f"building for Python {version} on {architecture}"):
        _sam(
            settings,
            "build",
            "--parallel",
            "--build-dir",
            str(settings.build),
            "--parameter-overrides",
            f"PythonVersion={version} Architecture={architecture}",
        )
    mark.write_text(wanted)


def deploy(settings: Settings) -> None:
    """`sam deploy` of what was built."""
    given = parameters(settings)
    with step("deploying template.yaml"):
        aws("s3", settings).create_bucket(Bucket=_ARTIFACTS)
        _sam(
            settings,
            "deploy",
            "--template-file",
            str(settings.build / "template.yaml"),
            "--stack-name",
            STACK_NAME,
            "--s3-bucket",
            _ARTIFACTS,
            "--capabilities",
            "CAPABILITY_IAM",
            "--no-confirm-changeset",
            "--no-fail-on-empty-changeset",
            "--no-progressbar",
            "--parameter-overrides",
            *(_quoted(name, value) for name, value in given.items()),
        )


def parameters(settings: Settings) -> dict[str, str]:
    """Every parameter of the template that was built: an update keeps the old value of one that it does not name.

    Raises Trouble where LEASEHOLD_PARAMETERS names one that the template does not have.
    """
    template = yaml.safe_load((settings.build / "template.yaml").read_text("utf-8"))
    defaults = {name: str(each["Default"]) for name, each in template["Parameters"].items()}
    version, architecture = target()
    ours = {
        "PythonVersion": version,
        "Architecture": architecture,
        "RefusePlainHttp": "false",  # MiniStack speaks nothing else
    }
    asked = {name: value for name, _, value in (line.partition("=") for line in settings.parameters)}
    unknown = sorted(asked.keys() - defaults.keys())
    if unknown:
        raise Trouble(f"LEASEHOLD_PARAMETERS: the template has no parameter {', '.join(unknown)}")
    return defaults | ours | asked


def describe(settings: Settings, pid: int) -> dict[str, Any]:
    """Mint the tokens, and put together what others need to know of the stack."""
    [stack] = aws("cloudformation", settings).describe_stacks(StackName=STACK_NAME)["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    tokens = TokenStore(aws("dynamodb", settings), outputs["TokensTable"])
    # The host name of the API needs DNS; its path form does not.
    api_url = f"{settings.endpoint}/_aws/execute-api/{outputs['ApiId']}/$default"
    return {
        "endpointUrl": settings.endpoint,
        "region": REGION,
        "accessKeyId": ACCESS_KEY,
        "secretAccessKey": SECRET_KEY,
        "stackName": STACK_NAME,
        "apiUrl": api_url,
        "consoleUrl": f"{api_url}/console",
        "uploadsBucket": outputs["UploadsBucket"],
        "derivedBucket": outputs["DerivedBucket"],
        "jobsTable": outputs["JobsTable"],
        "assetsTable": outputs["AssetsTable"],
        "tokensTable": outputs["TokensTable"],
        "retryQueueUrl": outputs["RetryQueueUrl"],
        "deadLetterQueueUrl": outputs["DeadLetterQueueUrl"],
        "eventBus": outputs["EventBus"],
        "functions": {
            _snake(name.removesuffix("Function")): value for name, value in outputs.items() if name.endswith("Function")
        },
        "tokens": {role: tokens.mint(role, "made by make up")[1] for role in _ROLES},
        "pid": pid,
        "fingerprint": fingerprint(),
        "parameters": list(settings.parameters),
    }


def publish(settings: Settings, description: dict[str, Any]) -> None:
    """Write the description into its file, at once and readable by its owner alone."""
    unfinished = settings.description.with_suffix(".new")
    unfinished.touch(mode=0o600)
    unfinished.write_text(json.dumps(description, indent=2) + "\n")
    unfinished.replace(settings.description)


def aws(service: str, settings: Settings) -> Any:
    """A boto3 client of the embedded stack."""
    make: Any = boto3.session.Session().client
    return make(
        service,
        endpoint_url=settings.endpoint,
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
    )


def fingerprint() -> str:
    """A digest of everything that is built, and of the Python it is built for."""
    digest = hashlib.sha256("-".join((*target(), sys.prefix)).encode())
    for path in _source_files():
        digest.update(f"{path.relative_to(ROOT)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _source_files() -> Iterable[Path]:
    for source in _SOURCES:
        path = ROOT / source
        found = [path] if path.is_file() else sorted(each for each in path.rglob("*") if each.is_file())
        yield from (each for each in found if "__pycache__" not in each.parts and ".egg-info" not in str(each))


def _sam(settings: Settings, *arguments: str) -> None:
    if not _SAM.exists():
        raise Trouble("SAM CLI is not installed here: run `make up`, which installs it")
    environment = settings.environment() | {
        "LEASEHOLD_BUILD": "host",
        "PYTHON": sys.executable,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
    }
    done = subprocess.run(
        [str(_SAM), *arguments],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    (settings.folder / f"sam-{arguments[0]}.log").write_text(done.stdout)
    if done.returncode != 0:
        end = "\n".join(done.stdout.splitlines()[-25:])
        raise Trouble(f"`sam {arguments[0]}` failed; the end of what it said:\n{end}")


def _quoted(name: str, value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'ParameterKey={name},ParameterValue="{escaped}"'


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
