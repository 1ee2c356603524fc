"""Where the address and the token come from."""

import json
from pathlib import Path

import pytest

from leasehold_client import NotConfigured
from leasehold_client.connection import Connection

STACK = {
    "apiUrl": "http://127.0.0.1:4566/_aws/execute-api/abc/$default",
    "consoleUrl": "http://127.0.0.1:4566/_aws/execute-api/abc/$default/console",
    "tokens": {"admin": "lh_admin", "worker": "lh_worker", "producer": "lh_producer", "viewer": "lh_viewer"},
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "stack.json").write_text(json.dumps(STACK))
    (tmp_path / "src" / "deep").mkdir(parents=True)
    return tmp_path


def test_given_before_environment_before_file(project: Path) -> None:
    environment = {"LEASEHOLD_URL": "http://env", "LEASEHOLD_TOKEN": "lh_env"}
    given = Connection.find("http://given/", "lh_given", environment=environment, folder=project)
    assert (given.url, given.token, given.console_url) == ("http://given", "lh_given", "http://given/console")
    assert Connection.find(environment=environment, folder=project).token == "lh_env"
    found = Connection.find(environment={}, folder=project / "src" / "deep")
    assert (found.url, found.token, found.console_url) == (STACK["apiUrl"], "lh_admin", STACK["consoleUrl"])
    assert Connection.find(role="worker", environment={}, folder=project).token == "lh_worker"


def test_token_alone_is_used_with_the_address_of_the_file(project: Path) -> None:
    assert Connection.find(token="lh_mine", environment={}, folder=project).url == STACK["apiUrl"]


def test_the_files_token_is_not_sent_to_another_address(project: Path) -> None:
    with pytest.raises(NotConfigured, match="another address"):
        Connection.find("https://elsewhere.example", environment={}, folder=project)
    assert Connection.find(f"{STACK['apiUrl']}/", environment={}, folder=project).token == "lh_admin"


def test_nothing_known_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NotConfigured, match=r"no address and no token.*LEASEHOLD_URL.*make up"):
        Connection.find(environment={}, folder=tmp_path)
    with pytest.raises(NotConfigured, match="no token is known"):
        Connection.find("http://given", environment={}, folder=tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"apiUrl": 1}', '{"apiUrl": "http://x"}'])
def test_half_written_file_is_told(project: Path, text: str) -> None:
    (project / ".local" / "stack.json").write_text(text)
    with pytest.raises(NotConfigured, match="make up"):
        Connection.find(environment={}, folder=project)


@pytest.mark.parametrize("url", ["localhost:4566", "ftp://x", "http://", "http://[::1", ""])
def test_malformed_address(url: str) -> None:
    with pytest.raises(NotConfigured, match="address"):
        Connection.of(url, "lh_x")


@pytest.mark.parametrize("token", ["", "   ", "two words", "a\nb", "tökén"])
def test_malformed_token(token: str) -> None:
    with pytest.raises(NotConfigured, match="token"):
        Connection.of("http://x", token)


def test_token_is_not_in_the_repr() -> None:
    assert "lh_secret" not in repr(Connection.of("http://x", "lh_secret"))
