"""Fixtures of the client's tests: a fake API, and clients of it that wait for nothing."""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from leasehold_client import Client, Patience
from leasehold_client.cli import main
from tests.client.fake_api import TOKEN, URL, FakeApi, serving


@pytest.fixture
def api() -> FakeApi:
    return FakeApi()


@pytest.fixture
def pauses() -> list[float]:
    """How long the client slept each time."""
    return []


@pytest.fixture
def client(api: FakeApi, pauses: list[float]) -> Iterator[Client]:
    patience = Patience(draw=lambda _low, high: high)
    with Client(URL, TOKEN, transport=api.transport, sleep=pauses.append, patience=patience) as made:
        yield made


@pytest.fixture
def served_api(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeApi]:
    """The fake API on loopback, with address and token in the environment, and nothing else to find."""
    with serving(FakeApi()) as api:
        monkeypatch.setenv("LEASEHOLD_URL", api.url)
        monkeypatch.setenv("LEASEHOLD_TOKEN", TOKEN)
        monkeypatch.chdir(tmp_path)
        yield api


@dataclass(frozen=True)
class Ran:
    """What a command did: its exit status and what it printed."""

    status: int
    out: str
    errors: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def rows(self) -> list[list[str]]:
        return [line.split("\t") for line in self.out.splitlines()]


Shell = Callable[..., Ran]


@pytest.fixture
def leasehold(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Run the command in this process: `leasehold("jobs", "--json")`."""

    def run(*arguments: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["leasehold", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return Ran(int(ended.value.code or 0), captured.out, captured.err)

    return run
