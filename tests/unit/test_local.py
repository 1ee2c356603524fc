"""`make up` beside a stack that is there already: nothing of it gets lost."""

import fcntl
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from local import __main__ as local
from local import api, deployment, server
from local.settings import Settings, Trouble
from tests.template_file import template


class Machine:
    """Stands in for MiniStack and SAM: notes what was done to the server."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.done: list[str] = []
        self.is_up = False
        self.version = "1"

    def start(self, _settings: Settings) -> int:
        self.done.append("start")
        self.is_up = True
        return 4711

    def stop(self, _settings: Settings) -> bool:
        self.done.append("stop")
        self.is_up = False
        return True

    def deploy(self, settings: Settings) -> None:
        self.done.append("deploy")
        if settings.parameters == ("Wrong=1",):
            raise Trouble("`sam deploy` failed")

    def describe(self, settings: Settings, pid: int) -> dict[str, Any]:
        return {
            "endpointUrl": settings.endpoint,
            "apiUrl": "http://127.0.0.1/api",
            "consoleUrl": "http://127.0.0.1/console",
            "tokens": {"admin": "lh_admin"},
            "pid": pid,
            "fingerprint": self.version,
            "parameters": list(settings.parameters),
        }

    def wait(self, _api_url: str) -> None:
        if self.version == "broken":
            raise Trouble("its API does not work")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine(Settings(4566, tmp_path))
    monkeypatch.setattr(server, "start", made.start)
    monkeypatch.setattr(server, "stop", made.stop)
    monkeypatch.setattr(server, "is_alive", lambda _settings: made.is_up)
    monkeypatch.setattr(server, "is_running", lambda _settings: made.is_up)
    monkeypatch.setattr(deployment, "build", lambda _settings: None)
    monkeypatch.setattr(deployment, "deploy", made.deploy)
    monkeypatch.setattr(deployment, "describe", made.describe)
    monkeypatch.setattr(api, "wait", made.wait)
    monkeypatch.setattr(deployment, "fingerprint", lambda: made.version)
    return made


def test_a_second_up_finds_the_stack_and_deploys_what_has_changed(machine: Machine) -> None:
    first = local.up(machine.settings)
    assert local.up(machine.settings) == first
    assert machine.done == ["start", "deploy"]
    machine.version = "2"
    assert local.up(machine.settings)["fingerprint"] == "2"
    assert machine.done == ["start", "deploy", "deploy"]


def test_another_up_of_the_folder_has_to_wait(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    def deploy(settings: Settings) -> None:
        with (settings.folder / "lock").open("w") as lock, pytest.raises(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        machine.deploy(settings)

    monkeypatch.setattr(deployment, "deploy", deploy)
    local.up(machine.settings)
    assert machine.done == ["start", "deploy"]


def test_a_first_up_that_fails_leaves_nothing_running(machine: Machine) -> None:
    with pytest.raises(Trouble):
        local.up(Settings(4566, machine.settings.folder, ("Wrong=1",)))
    assert machine.done == ["start", "deploy", "stop"]
    assert not machine.settings.description.exists()


def test_a_parameter_that_is_no_longer_given_has_its_default_again(tmp_path: Path) -> None:
    settings = Settings(4566, tmp_path, ('JobTypeOverrides={"a": {"b": "="}}', "EmitAllEvents=true"))
    settings.build.mkdir()
    (settings.build / "template.yaml").write_text(yaml.safe_dump({"Parameters": template()["Parameters"]}))
    given, usual = deployment.parameters(settings), deployment.parameters(Settings(4566, tmp_path))
    assert given["JobTypeOverrides"] == '{"a": {"b": "="}}'
    assert (given["EmitAllEvents"], given["RefusePlainHttp"]) == ("true", "false")
    assert (usual["JobTypeOverrides"], usual["EmitAllEvents"], usual["AlarmEmail"]) == ("{}", "false", "")
    with pytest.raises(Trouble, match=r"no parameter EmitAllEvent$"):
        deployment.parameters(Settings(4566, tmp_path, ("EmitAllEvent=true",)))


def test_a_stack_whose_api_does_not_work_is_not_up(machine: Machine) -> None:
    machine.version = "broken"
    with pytest.raises(Trouble, match="API"):
        local.up(machine.settings)
    assert machine.done == ["start", "deploy", "stop"]
    assert not machine.settings.description.exists()


@pytest.fixture
def answers() -> Iterator[tuple[str, list[int]]]:
    """An address that answers with the statuses in the list one after the other, and the last one from then on."""
    statuses: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(statuses.pop(0) if len(statuses) > 1 else statuses[0])
            self.end_headers()
            self.wfile.write(b"no setting is named so")

        def log_message(self, *_arguments: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{http.server_port}", statuses
        http.shutdown()


def test_the_api_is_waited_for(answers: tuple[str, list[int]]) -> None:
    url, statuses = answers
    statuses += [502, 503, 200]
    api.wait(url, seconds=60)
    assert statuses == [200]


def test_an_api_that_goes_on_failing_is_quoted(answers: tuple[str, list[int]]) -> None:
    url, statuses = answers
    statuses += [502]
    with pytest.raises(Trouble, match="502 no setting is named so"):
        api.wait(url, seconds=0)


def test_a_deployment_that_fails_leaves_the_running_stack_as_it_was(machine: Machine) -> None:
    up = local.up(machine.settings)
    with pytest.raises(Trouble):
        local.up(Settings(4566, machine.settings.folder, ("Wrong=1",)))
    assert machine.is_up
    assert json.loads(machine.settings.description.read_text()) == up | {"fingerprint": None}
    local.up(machine.settings)  # which may have been half way to the other parameters
    assert machine.done == ["start", "deploy", "deploy", "deploy"]


@pytest.mark.parametrize(
    "command", [local.up, lambda settings: local.run(settings, threading.Event())], ids=["up", "run"]
)
def test_a_stack_at_another_port_is_not_ended(machine: Machine, command: Any) -> None:
    local.up(machine.settings)
    with pytest.raises(Trouble, match=r"http://127\.0\.0\.1:4566.*make down"):
        command(Settings(4567, machine.settings.folder))
    assert machine.is_up
    assert machine.done == ["start", "deploy"]
