"""DynamoDB spoken directly, to a server that answers as it is told: what is sent, what is tried again, what is not."""

import json
import threading
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from leasehold.aws import TRIES, faults_in_our_words
from leasehold.dynamodb import BadChecksum, DynamoDb, Keys, endpoint_of, keys_of
from leasehold.errors import Throttled, Unavailable

THROTTLED = (400, {"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException", "message": "slow down"})
BROKEN = (500, {"__type": "com.amazonaws.dynamodb.v20120810#InternalServerError", "message": "oh"})
REFUSED = (
    400,
    {
        "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
        "Message": "The conditional request failed",
        "Item": {"jobId": {"S": "job_1"}},
    },
)
FOUND = (200, {"Item": {"jobId": {"S": "job_1"}}})
LOST: tuple[int, Any] = (0, {})
DAMAGED: tuple[int, Any] = (-1, {})


@dataclass
class Scripted:
    """A server that gives the answers of its script in turn; what it was asked, it keeps."""

    script: list[tuple[int, Any]] = field(default_factory=list)
    asked: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    endpoint: str = ""


@pytest.fixture
def server() -> Iterator[Scripted]:
    """A scripted server on loopback."""
    scripted = Scripted()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            scripted.asked.append(({name.lower(): value for name, value in self.headers.items()}, body))
            status, told = scripted.script.pop(0)
            if (status, told) == LOST:
                self.close_connection = True
                return
            content = told.encode() if isinstance(told, str) else json.dumps(told).encode()
            checksum = zlib.crc32(content) if (status, told) != DAMAGED else 1
            self.send_response(status if status > 0 else 200)
            self.send_header("x-amz-crc32", str(checksum))
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *_line: object) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    scripted.endpoint = f"http://127.0.0.1:{listening.server_port}"
    serving = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
    serving.start()
    yield scripted
    listening.shutdown()
    serving.join()
    listening.server_close()


def spoken_to(server: Scripted, pauses: list[float] | None = None) -> DynamoDb:
    """The client under test; the pauses between its tries go to that list instead of being slept."""
    taken = [] if pauses is None else pauses
    keys = Keys("AKID", "secret", "session")
    return DynamoDb(server.endpoint, "eu-west-1", lambda: keys, sleep=taken.append, draw=lambda _low, high: high)


def get(dynamodb: DynamoDb) -> dict[str, Any]:
    return dynamodb.get_item(TableName="jobs", Key={"jobId": {"S": "job_1"}})


def test_a_call_s_arguments_are_the_request_and_its_answer_the_response(server: Scripted) -> None:
    server.script = [FOUND]
    assert get(spoken_to(server)) == FOUND[1]
    [(headers, body)] = server.asked
    assert json.loads(body) == {"TableName": "jobs", "Key": {"jobId": {"S": "job_1"}}}
    assert headers["x-amz-target"] == "DynamoDB_20120810.GetItem"
    assert headers["content-type"] == "application/x-amz-json-1.0"


def test_a_request_is_signed_with_the_session_s_token(server: Scripted) -> None:
    server.script = [FOUND]
    get(spoken_to(server))
    [(headers, _)] = server.asked
    assert headers["x-amz-security-token"] == "session"
    assert headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKID/")
    assert "/eu-west-1/dynamodb/aws4_request" in headers["authorization"]
    assert "x-amz-security-token" in headers["authorization"].split("SignedHeaders=")[1]


@pytest.mark.parametrize("fault", [THROTTLED, BROKEN, LOST, DAMAGED, (503, "<html>away</html>")])
def test_what_may_do_better_in_a_moment_is_tried_again_after_growing_pauses(server: Scripted, fault: Any) -> None:
    server.script = [fault, fault, FOUND]
    pauses: list[float] = []
    assert get(spoken_to(server, pauses)) == FOUND[1]
    assert len({body for _, body in server.asked}) == 1
    assert pauses == sorted(pauses)
    assert len(pauses) == TRIES - 1


@pytest.mark.parametrize(
    ("fault", "raised", "in_our_words"),
    [
        (THROTTLED, ClientError, Throttled),
        (BROKEN, ClientError, Unavailable),
        ((503, "<html>away</html>"), ClientError, Unavailable),
        (LOST, ConnectionClosedError, Unavailable),
        (DAMAGED, BadChecksum, Unavailable),
    ],
)
def test_the_last_try_s_fault_is_told_as_boto3_tells_it(
    server: Scripted, fault: Any, raised: type[Exception], in_our_words: type[Exception]
) -> None:
    server.script = [fault] * TRIES
    with pytest.raises(in_our_words) as told, faults_in_our_words():
        get(spoken_to(server))
    assert isinstance(told.value.__cause__, raised)
    assert server.script == []


def test_a_refused_condition_is_not_tried_again_and_brings_the_item(server: Scripted) -> None:
    server.script = [REFUSED]
    with pytest.raises(ClientError) as refusal:
        get(spoken_to(server))
    assert refusal.value.response["Error"]["Code"] == "ConditionalCheckFailedException"
    assert refusal.value.response["Item"] == {"jobId": {"S": "job_1"}}
    assert len(server.asked) == 1


def test_a_connection_is_kept_for_the_next_call(server: Scripted) -> None:
    server.script = [FOUND, FOUND]
    dynamodb = spoken_to(server)
    get(dynamodb)
    get(dynamodb)
    [pool] = [dynamodb._session._manager.pools[key] for key in dynamodb._session._manager.pools.keys()]  # noqa: SIM118
    assert pool.num_connections == 1


@pytest.mark.parametrize(
    ("environment", "endpoint"),
    [
        ({}, "https://dynamodb.eu-west-1.amazonaws.com"),
        ({"AWS_ENDPOINT_URL": ""}, "https://dynamodb.eu-west-1.amazonaws.com"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "http://127.0.0.1:1"),
        ({"AWS_ENDPOINT_URL": "http://a", "AWS_ENDPOINT_URL_DYNAMODB": "http://b"}, "http://b"),
    ],
)
def test_the_endpoint_is_the_region_s_or_the_one_that_is_set(environment: dict[str, str], endpoint: str) -> None:
    assert endpoint_of(environment, "eu-west-1") == endpoint
    assert endpoint_of({}, "cn-north-1") == "https://dynamodb.cn-north-1.amazonaws.com.cn"


def test_after_a_snapshot_credentials_are_those_that_lambda_hands_out(
    server: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed_out = {
        "AccessKeyId": "AKID2",
        "SecretAccessKey": "secret2",
        "Token": "session2",
        "Expiration": (datetime.now(UTC) + timedelta(hours=6)).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{server.endpoint}/credentials")
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "of-this-sandbox")
    keys = keys_of({})
    assert server.asked == []  # nothing is asked for while a snapshot may still be taken
    server.script = [(200, handed_out), FOUND, FOUND]
    dynamodb = DynamoDb(server.endpoint, "eu-west-1", keys)
    get(dynamodb)
    get(dynamodb)
    assert [headers.get("x-amz-security-token") for headers, _ in server.asked] == [None, "session2", "session2"]
    assert server.asked[0][0]["authorization"] == "of-this-sandbox"
