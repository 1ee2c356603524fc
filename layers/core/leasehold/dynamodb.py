"""DynamoDB, spoken directly: its JSON protocol, signed and sent by botocore's own signer and HTTP session.

A client of botocore is made of a model of all 57 operations, and what it imports and builds for that is most of a
function's start. DynamoDB's protocol needs none of it: a call's arguments are the request's JSON, its answer the
response's. Methods take and return what boto3's do, and raise botocore's exceptions, so either can stand in for the
other; the conformance suite runs over both.
"""

import json
import os
import socket
import time
import zlib
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, Self

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError
from botocore.httpsession import URLLib3Session
from botocore.utils import get_environ_proxies

from leasehold.aws import CONNECT_SECONDS, READ_SECONDS, THROTTLES, TRIES
from leasehold.backoff import Backoff, Draw, uniform

_PAUSES: Final = Backoff(base_seconds=0.05, cap_seconds=1.0)
# As botocore's clients do: nothing waits to be sent together with more, and a silent connection is kept.
_SOCKET_OPTIONS: Final = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1), (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
_CONTENT_TYPE: Final = "application/x-amz-json-1.0"
_VERSION: Final = "DynamoDB_20120810"

Answer = dict[str, Any]


class Keys(NamedTuple):
    """AWS credentials as a signer reads them."""

    access_key: str
    secret_key: str
    token: str | None


class BadChecksum(HTTPClientError):  # type: ignore[misc]
    """The answer was damaged on its way."""

    fmt = "the answer's checksum does not hold"


class DynamoDb:
    """The operations that Leasehold uses, as methods named like boto3's.

    Each is tried at most three times: again after a throttled, failed or lost answer, with short pauses between. So a
    write may take effect twice, as with boto3; the conditions of the stores tell.
    """

    def __init__(
        self,
        endpoint: str,
        region: str,
        keys: Callable[[], Any],
        *,
        connections: int = 10,
        sleep: Callable[[float], None] = time.sleep,
        draw: Draw = uniform,
    ) -> None:
        self._url = endpoint.rstrip("/") + "/"
        self._region = region
        self._keys = keys
        self._sleep = sleep
        self._draw = draw
        self._session = URLLib3Session(
            verify=os.environ.get("AWS_CA_BUNDLE") or True,
            proxies=get_environ_proxies(self._url),
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            max_pool_connections=connections,
            socket_options=_SOCKET_OPTIONS,
        )

    @classmethod
    def of_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """DynamoDB as a function's environment names it: region, credentials, and another endpoint where one is set."""
        region = environment["AWS_REGION"]
        return cls(endpoint_of(environment, region), region, keys_of(environment))

    def get_item(self, **asked: Any) -> Answer:
        return self._call("GetItem", asked)

    def put_item(self, **asked: Any) -> Answer:
        return self._call("PutItem", asked)

    def update_item(self, **asked: Any) -> Answer:
        return self._call("UpdateItem", asked)

    def delete_item(self, **asked: Any) -> Answer:
        return self._call("DeleteItem", asked)

    def query(self, **asked: Any) -> Answer:
        return self._call("Query", asked)

    def scan(self, **asked: Any) -> Answer:
        return self._call("Scan", asked)

    def batch_get_item(self, **asked: Any) -> Answer:
        return self._call("BatchGetItem", asked)

    def _call(self, operation: str, asked: Answer) -> Answer:
        body = json.dumps(asked).encode()
        for nth in range(1, TRIES):
            try:
                return self._send(operation, body)
            except (ClientError, ConnectionError, HTTPClientError) as fault:
                if not _passes(fault):
                    raise
                self._sleep(_PAUSES.wait(nth, self._draw))
        return self._send(operation, body)

    def _send(self, operation: str, body: bytes) -> Answer:
        request = AWSRequest(
            "POST",
            self._url,
            {"Content-Type": _CONTENT_TYPE, "X-Amz-Target": f"{_VERSION}.{operation}", "User-Agent": "leasehold"},
            body,
        )
        SigV4Auth(self._keys(), "dynamodb", self._region).add_auth(request)
        response = self._session.send(request.prepare())
        content: bytes = response.content
        checksum = response.headers.get("x-amz-crc32")
        if checksum is not None and int(checksum) != zlib.crc32(content):
            raise BadChecksum
        if response.status_code == 200:
            answer: Answer = json.loads(content)
            return answer
        raise _error(operation, response.status_code, content)


def endpoint_of(environment: Mapping[str, str], region: str) -> str:
    """The address of DynamoDB in that region, or the one the environment sets in its place."""
    for name in ("AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL"):
        if environment.get(name):
            return environment[name]
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"https://dynamodb.{region}.{suffix}"


def keys_of(environment: Mapping[str, str]) -> Callable[[], Any]:
    """The function's credentials: its environment's, or with SnapStart those that Lambda hands out and renews."""
    if environment.get("AWS_ACCESS_KEY_ID"):
        keys = Keys(
            environment["AWS_ACCESS_KEY_ID"],
            environment["AWS_SECRET_ACCESS_KEY"],
            environment.get("AWS_SESSION_TOKEN") or None,
        )
        return lambda: keys
    return _handed_out()


def _handed_out() -> Callable[[], Any]:
    """Credentials from the address in AWS_CONTAINER_CREDENTIALS_FULL_URI, asked for at the first call."""
    kept: list[Any] = []

    def keys() -> Any:
        if not kept:
            from botocore.credentials import ContainerProvider

            kept.append(ContainerProvider().load())
        return kept[0].get_frozen_credentials()  # renews them before they run out

    return keys


def _passes(fault: BotoCoreError | ClientError) -> bool:
    """Whether the same call may do better in a moment."""
    if isinstance(fault, ClientError):
        status = fault.response["ResponseMetadata"]["HTTPStatusCode"]
        return status >= 500 or fault.response["Error"]["Code"] in THROTTLES
    return True


def _error(operation: str, status: int, content: bytes) -> ClientError:
    """A refusal as botocore tells of it: code and message under `Error`, all else beside it."""
    try:
        told = json.loads(content)
        code = str(told.pop("__type")).rpartition("#")[2]
    except (ValueError, KeyError, AttributeError, TypeError):
        told, code = {}, str(status)  # a gateway's own page, not DynamoDB's word
    message = told.pop("message", None) or told.pop("Message", None) or "no message"
    metadata = {"HTTPStatusCode": status}
    return ClientError({**told, "Error": {"Code": code, "Message": message}, "ResponseMetadata": metadata}, operation)
