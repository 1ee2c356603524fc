"""Every page of the documentation, followed as it stands there: commands, programs, and what should come of them."""

import json
import os
import pty
import re
import select
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from leasehold.registry import Registry
from leasehold_client.cli.app import app
from tests.stack import stand_ins
from tests.stack.deployment import Deployment, eventually
from tests.stack.pages import END, LANGUAGES, blocks, faults, outside_blocks, pages, printed, script
from tests.template_file import ROOT

PAGES = {str(path.relative_to(ROOT)): path.read_text() for path in pages()}
FOLLOWED = [name for name, text in PAGES.items() if any(block.is_run for block in blocks(text))]
Follow = Callable[[str], list[str]]
_TYPES = ("demo.echo", "report.render")
_PATIENCE_SECONDS = 240

# A worker runs in a terminal of its own: here beside the others until the page ends, and then in good order.
_SHELL = """\
set -euo pipefail
workers=()
leasehold() {
  if [ "$1 ${2-}" != "worker run" ]; then command leasehold "$@"; return; fi
  command leasehold "$@" > worker.log 2>&1 < /dev/null &
  workers+=($!)
  until grep -q working worker.log; do kill -0 $!; sleep 0.1; done
}
end() {
  status=$?
  trap - EXIT
  [ $status = 0 ] && printf '\n@@ end\n'
  for worker in "${workers[@]}"; do kill "$worker" 2> /dev/null || true; done
  for worker in "${workers[@]}"; do wait "$worker" || status=99; done
  [ $status = 0 ] || { echo "ended with $status"; cat worker.log 2>/dev/null || true; }
  exit $status
}
trap end EXIT
"""


@pytest.fixture(scope="module")
def leaving() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Shells whose page is done and whose workers are on their way out, which takes as long as a poll."""
    shells: list[subprocess.Popen[bytes]] = []
    yield shells
    assert {shell.wait(_PATIENCE_SECONDS) for shell in shells} <= {0}


@pytest.fixture
def newcomer(deployment: Deployment, tmp_path: Path) -> Path:
    """A folder like a clone's, with the stack described in it, an admin of its own, and no job in the queues."""
    missing = [program for program in ("bash", "curl", "jq") if shutil.which(program) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}, which the pages use")
    for job_type in _TYPES:

        def is_drained(job_type: str = job_type) -> bool:
            jobs = deployment.json("GET", f"/jobs/lease?type={job_type}&max=10", worker="sweeper-of-tests")["jobs"]
            for job in jobs:
                path, token = f"/jobs/{job['jobId']}/succeed", job["leaseToken"]
                deployment.json("POST", path, {"result": {}}, worker="sweeper-of-tests", token=token)
            return not jobs

        eventually(is_drained)
    own = deployment.json("POST", "/tokens", {"role": "admin", "label": "a reader"}, 201)["token"]
    tokens = deployment.description["tokens"] | {"admin": own}
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "stack.json").write_text(json.dumps(deployment.description | {"tokens": tokens}))
    for name in ("samples", "client", "README.md"):
        (tmp_path / name).symlink_to(ROOT / name)
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    stand_ins.write(programs)
    for name in ("leasehold", "leasehold-mint", "leasehold-thumbnail"):
        (programs / name).symlink_to(Path(sys.executable).parent / name)
    (tmp_path / ".venvs" / "sam" / "bin").mkdir(parents=True)
    (tmp_path / ".venvs" / "sam" / "bin" / "sam").symlink_to(programs / "sam")
    (tmp_path / ".curlrc").write_text("silent\nshow-error\n")  # no progress meter among the answers
    return tmp_path


@pytest.fixture
def follow(
    newcomer: Path,
    deployment: Deployment,
    leaving: list[subprocess.Popen[bytes]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Follow:
    """Do what a page says, on a terminal; tell what went wrong."""
    environment = _environment(newcomer, deployment.description, kept=tmp_path_factory.getbasetemp())

    def followed(text: str) -> list[str]:
        page = blocks(text)
        leader, follower = pty.openpty()
        shell = subprocess.Popen(
            ["bash", "-c", _SHELL + script(page)],
            cwd=newcomer,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=follower,
            stderr=follower,
        )
        os.close(follower)
        output = _heard(leader)
        os.close(leader)
        if END not in output:
            return [f"the commands end with {shell.wait(_PATIENCE_SECONDS)}:\n{output}"]
        leaving.append(shell)
        return list(faults(page, printed(output)))

    return followed


def _environment(folder: Path, description: dict[str, Any], kept: Path) -> dict[str, str]:
    return {
        "PATH": os.pathsep.join([str(folder / ".venv" / "bin"), os.environ["PATH"]]),
        "SYSTEM_PATH": os.environ["PATH"],
        "KEPT": str(kept),
        "HOME": str(folder),
        "TERM": "xterm",
        "NO_COLOR": "1",
        "COLUMNS": "250",
        "BROWSER": "true",
        "NO_PROXY": "127.0.0.1",
        "AWS_ENDPOINT_URL": description["endpointUrl"],
        "AWS_REGION": description["region"],
        "AWS_DEFAULT_REGION": description["region"],
        "AWS_ACCESS_KEY_ID": description["accessKeyId"],
        "AWS_SECRET_ACCESS_KEY": description["secretAccessKey"],
    }


def _heard(terminal: int) -> str:
    """What is printed until the page's end, or until the last one has hung up. Without colours and cursor movements."""
    heard = b""
    while END.encode() not in heard.replace(b"\r", b""):
        ready, _, _ = select.select([terminal], [], [], _PATIENCE_SECONDS)
        try:
            piece = os.read(terminal, 65_536) if ready else b""
        except OSError:
            break
        if not piece:
            break
        heard += piece
    return (
        re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", heard.decode("utf-8", "replace"))
        .replace("\r\n", "\n")
        .replace("\r", "\n")
    )


@pytest.mark.stack
@pytest.mark.parametrize("name", FOLLOWED)
def test_a_page_does_what_it_says(follow: Follow, name: str) -> None:
    assert follow(PAGES[name]) == []


@pytest.mark.stack
@pytest.mark.parametrize(
    ("page", "says"),
    [
        ("```sh\nleasehold jobs --status gone\n```", "ended with 2"),
        ("```sh\nfalse | cat\n```", "ended with 1"),
        ("```python\nimport no_such_library\n```", "no_such_library"),
        ('```python title="w.py"\nraise SystemExit(3)\n```\n```sh\nleasehold worker run w:worker\n```', "ended with"),
        ('```sh\necho {}\n```\n```json\n{"types": {}}\n```', "lacks ['types']"),
        ('```sh\necho \'{"n": 1}\'\n```\n```json\n{"n": "1"}\n```', "not like '1'"),
        ("```sh\necho job_1\n```\n```text\nid_…\n```", "no line like 'id_…'"),
        ("```sh\nmake tea\n```", "No rule to make target"),
    ],
)
def test_a_page_that_is_wrong_is_found_out(follow: Follow, page: str, says: str) -> None:
    assert any(says in fault for fault in follow(page))


# -- without the stack ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
def test_every_block_says_what_it_is(name: str) -> None:
    text = PAGES[name]
    for block in blocks(text):
        assert block.language in LANGUAGES, f"line {block.line}: {block.language} is none of {sorted(LANGUAGES)}"
        if block.language == "":
            commands = re.findall(r"^\s*(?:\$ |leasehold |make |sam |curl |python3? |aws )", block.text, re.MULTILINE)
            assert not commands, f"line {block.line}: commands belong into a block of `sh`, where they are run"
    indented = re.findall(r"\n\n    (?!- |\d+\. )\S.*", outside_blocks(text))
    assert not indented, f"fence it and name its language, so that it can be checked: {indented[0].strip()}"


@pytest.mark.parametrize("name", PAGES)
def test_a_file_that_a_page_shows_is_the_project_s_own(name: str) -> None:
    for block in blocks(PAGES[name]):
        if block.title is not None and (ROOT / block.title).exists():
            assert block.text == (ROOT / block.title).read_text(), f"{name}, line {block.line}"


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", outside_blocks(PAGES[name])):
        path, _, place = target.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        found = (ROOT / name).parent / path if path else ROOT / name
        assert found.exists(), target
        if place:
            headings = re.findall(r"^#+ (.*)$", outside_blocks(found.read_text()), re.MULTILINE)
            assert place in {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}, target


@pytest.mark.parametrize("name", PAGES)
def test_commands_in_the_text_are_there(name: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for code in re.findall(r"`((?:leasehold|make) [^`]+)`", outside_blocks(PAGES[name])):
        if code.startswith("make "):
            assert set(re.findall(r" ([a-z]+)\b", code)) & targets, code
        elif not re.search(r"[…]|COMMAND", code):
            _check_command_line(shlex.split(code.split("|")[0].rstrip("\\ "))[1:], code)


def _check_command_line(words: list[str], shown: str) -> None:
    command = get_command(app)
    while words and words[0] in getattr(command, "commands", {}):
        command = command.commands[words.pop(0)]  # type: ignore[attr-defined]  # of groups only, as looked for above
    assert not hasattr(command, "commands") or not words or words[0].startswith("-"), f"no such command: {shown}"
    options = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    unknown = {word for word in words if word.startswith("-")} - options
    assert not unknown, f"no option {unknown}: {shown}"


def test_job_types_in_the_docs_are_as_the_stack_of_the_tests_has_them() -> None:
    from tests.conftest import _STACK_OVERRIDES

    shown: dict[str, Any] = {}
    for text in PAGES.values():
        for block in blocks(text):
            if block.language == "toml":
                shown |= tomllib.loads(block.text)
    assert {each.name for each in Registry.of(shown)} >= {"report.render"}
    assert _STACK_OVERRIDES["report.render"] == shown["report.render"]


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("sam deploy --carefully", "has no --carefully"),
        ("sam build --parameter-overrides Colour=blue", "no parameter Colour"),
        ("sam build --parameter-overrides file://parameters.json", "YAML or TOML"),
        ("aws sqs purge-queue --queue-name x", "has no --queue-name"),
        ("aws sqs drink", "has no drink"),
        ("sam local invoke --event events/none.json", "there is no events/none.json"),
        ("aws ecs create-service --desired-count 2", "serviceName"),
        ("docker build --file Dockerfile .", "gone is not in"),
        ("docker run worker", "is not looked at"),
        ("pip install ./nowhere", "nowhere"),
        ("python -m pytest tests/nowhere/test_x.py", "there is no tests/nowhere/test_x.py"),
        ("python -m bench.nothing", "bench.nothing"),
    ],
)
def test_a_stand_in_refuses_what_would_fail_for_a_reader(
    command: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SYSTEM_PATH", os.environ["PATH"])
    monkeypatch.setenv("KEPT", str(tmp_path))
    (tmp_path / "Dockerfile").write_text("FROM python\nCOPY gone .\n")
    (tmp_path / "sam-deploy.txt").write_text("--guided")
    (tmp_path / "sam-local-invoke.txt").write_text("--event")
    (tmp_path / "sam-build.txt").write_text("--parameter-overrides")
    name, *arguments = command.split()
    assert stand_ins.main(name, arguments) == 2
    assert says in capsys.readouterr().err
