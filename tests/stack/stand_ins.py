"""Commands of the documentation that can't do here what they do for a reader, each with what is checked in its place.

It runs as a program: `python -m tests.stack.stand_ins NAME ARGUMENT…`. A wrong command line ends with 2 and says why.
"""

import json
import os
import re
import shlex
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from tests.template_file import ROOT

# Why it is not run, and what is looked at instead.
NOT_RUN: Final = {
    "make": "the stack is up already, and tests don't start tests; the targets must be there (`make --dry-run`)",
    "sam": "goes to AWS, or is run for the stack itself; subcommand and options must be those of `sam … --help`",
    "docker": "needs a container engine; the Dockerfile's instructions, sources and entry point are looked at",
    "aws": "the stack is the embedded one: what it has is asked of it, the rest is held against AWS's own description",
    "npm": "needs the registry",
    "pip": "needs a package index; our own package must be fit to be installed (`--dry-run`)",
    "python -m pytest, -m bench…, -m scripts…, scripts/…": "they have runs of their own; they must exist",
}
_SENT: Final = {("cloudformation", "describe-stacks"), ("secretsmanager", "create-secret"), ("sqs", "purge-queue")}
_CUSTOM: Final = {("ecr", "get-login-password")}
_CONTAINER_COMMANDS: Final = {"build", "login", "push"}


class Wrong(Exception):
    """The command line would fail for a reader too."""


def make(arguments: list[str]) -> None:
    done = subprocess.run(
        ["/usr/bin/env", "make", "--dry-run", "--directory", str(ROOT), *arguments],
        env={"PATH": os.environ["SYSTEM_PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise Wrong(done.stderr.strip())


def sam(arguments: list[str]) -> None:
    command = arguments[: 2 if arguments[0] in ("local", "remote") else 1]
    kept = Path(os.environ["KEPT"]) / f"sam-{'-'.join(command)}.txt"
    if not kept.exists():
        done = subprocess.run(
            [str(ROOT / ".venvs" / "sam" / "bin" / "sam"), *command, "--help"],
            env={"PATH": os.environ["SYSTEM_PATH"], "HOME": os.environ["KEPT"], "SAM_CLI_TELEMETRY": "0"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise Wrong(done.stderr.strip())
        kept.write_text(done.stdout)
    for option in (each for each in arguments if each.startswith("--")):
        if not re.search(rf"{option}\b", kept.read_text()):
            raise Wrong(f"sam {' '.join(command)} has no {option}")
    for option in ("--event", "--event-file", "--env-vars"):
        if option in arguments and not (ROOT / arguments[arguments.index(option) + 1]).exists():
            raise Wrong(f"there is no {arguments[arguments.index(option) + 1]}")
    _check_parameters(arguments)
    if command == ["build"]:
        built = Path(".aws-sam") / "build"
        built.mkdir(parents=True, exist_ok=True)
        (built / "template.yaml").write_text((ROOT / "template.yaml").read_text())


def _check_parameters(arguments: list[str]) -> None:
    from tests.template_file import template

    known = set(template()["Parameters"])
    if "--parameter-overrides" not in arguments:
        return
    for given in arguments[arguments.index("--parameter-overrides") + 1 :]:
        if given.startswith("--"):
            return
        if given.startswith("file://"):
            if not given.endswith((".yaml", ".yml", ".toml")):
                raise Wrong(f"sam takes no {given}: YAML or TOML, by its name")
            named = set(json.loads(Path(given.removeprefix("file://")).read_text()))
        else:
            named = {given.partition("=")[0]}
        if not named <= known:
            raise Wrong(f"the template has no parameter {', '.join(sorted(named - known))}")


def docker(arguments: list[str]) -> None:
    if arguments[0] not in _CONTAINER_COMMANDS:
        raise Wrong(f"docker {arguments[0]} is not looked at")
    if arguments[0] == "login":
        sys.stdin.read()
    if arguments[0] == "build":
        check_dockerfile(Path(arguments[arguments.index("--file") + 1]), Path(arguments[-1]))


def check_dockerfile(file: Path, context: Path) -> None:
    """Raises Wrong for an unknown instruction, a source that is not in the context, an entry point that is no list."""
    text = re.sub(r"\\\n\s*", " ", file.read_text())
    instructions = [line.split(maxsplit=1) for line in text.splitlines() if line.strip() and not line.startswith("#")]
    for name, value in instructions:
        if name not in ("FROM", "COPY", "RUN", "WORKDIR", "USER", "ENTRYPOINT", "CMD", "ENV"):
            raise Wrong(f"{file}: {name} is no instruction")
        if name == "COPY":
            for source in shlex.split(value)[:-1]:
                if not (context / source).exists():
                    raise Wrong(f"{file}: {source} is not in {context.resolve()}")
        if name == "ENTRYPOINT" and not isinstance(json.loads(value), list):
            raise Wrong(f"{file}: {value} is no list")
    if instructions[0][0] != "FROM":
        raise Wrong(f"{file} does not begin with FROM")


def aws(arguments: list[str]) -> None:
    import boto3
    import jmespath
    from botocore import xform_name

    service, command, *options = arguments
    if (service, command) in _CUSTOM:
        return
    given = _options(options)
    query = given.pop("--query", None)
    given.pop("--output", None)
    make_client: Any = boto3.client
    client = make_client(service)
    operation = {xform_name(name).replace("_", "-"): name for name in client.meta.service_model.operation_names}.get(
        command
    )
    if operation is None:
        raise Wrong(f"aws {service} has no {command}")
    shape = client.meta.service_model.operation_model(operation).input_shape
    members = {f"--{xform_name(name, '-')}": (name, member) for name, member in shape.members.items()}
    request: dict[str, Any] = {}
    for option, value in given.items():
        if option == "--cli-input-json":
            request |= json.loads(Path(value.removeprefix("file://")).read_text())
        elif option not in members:
            raise Wrong(f"aws {service} {command} has no {option}")
        else:
            name, member = members[option]
            is_text = member.type_name == "string"
            request[name] = value if is_text else json.loads(value)
    if (service, command) not in _SENT:
        from botocore.validate import ParamValidator

        report = ParamValidator().validate(request, shape)
        if report.has_errors():
            raise Wrong(report.generate_report())
        return
    answer = getattr(client, xform_name(operation))(**request)
    for stack in answer.get("Stacks", []):
        for output in stack["Outputs"]:
            if output["OutputKey"] == "ApiUrl":  # on the embedded stack its host name would need DNS
                output["OutputValue"] = json.loads(Path(".local/stack.json").read_text())["apiUrl"]
    if query is not None:
        found = jmespath.search(query, answer)
        print("\t".join(found) if isinstance(found, list) else found)


def _options(words: list[str]) -> dict[str, str]:
    """Options and their values; a flag's is `true`, or `false` where it begins with `--no-`."""
    given = {}
    for nth, word in enumerate(words):
        if word.startswith("--"):
            value = words[nth + 1] if nth + 1 < len(words) and not words[nth + 1].startswith("--") else None
            name = word if value or not word.startswith("--no-") else f"--{word.removeprefix('--no-')}"
            given[name] = value or ("true" if name == word else "false")
    return given


def npm(arguments: list[str]) -> None:
    del arguments


def pip(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "pip", arguments[0], "--quiet", "--dry-run", "--no-deps", "--no-build-isolation"]
    done = subprocess.run([*command, *arguments[1:]], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Wrong(done.stderr.strip())


def python(arguments: list[str]) -> None:
    sys.path.insert(0, str(ROOT))
    match arguments:
        case ["-m", "venv", folder]:
            (Path(folder) / "bin").mkdir(parents=True)
            (Path(folder) / "bin" / "pip").symlink_to(Path(".venv/bin/pip").resolve())
        case ["-m", "pytest", *rest]:
            for path in (each.partition("::")[0] for each in rest if "/" in each):
                if not (ROOT / path).exists():
                    raise Wrong(f"there is no {path}")
        case ["-m", module, *_] if module.split(".")[0] in ("bench", "scripts"):
            if find_spec(module) is None:
                raise Wrong(f"there is no module {module}")
        case [path, *_] if path.startswith("scripts/"):
            compile((ROOT / path).read_text(), path, "exec")
        case _:
            del os.environ["PYTHONPATH"]  # a reader has none
            os.execv(sys.executable, [sys.executable, *arguments])  # noqa: S606 - the reader's own program


def write(folder: Path) -> None:
    """Put the stand-ins into a folder for programs."""
    for name in ("make", "sam", "docker", "aws", "npm", "pip", "python", "python3"):
        program = folder / name
        program.write_text(
            f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(ROOT))} exec {sys.executable} -m {__name__} {name} "$@"\n'
        )
        program.chmod(0o755)


def main(name: str, arguments: list[str]) -> int:
    """Check one command line."""
    commands = {"make": make, "sam": sam, "docker": docker, "aws": aws, "npm": npm, "pip": pip}
    try:
        commands.get(name, python)(arguments)
    except (Wrong, OSError, LookupError, ValueError) as fault:
        print(f"{name} {shlex.join(arguments)}: {fault}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
