"""What both clients share of HTTP: settings of httpx, and its answers and faults in our words."""

import ssl
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

import httpx

from leasehold_client.calls import Call
from leasehold_client.connection import Connection
from leasehold_client.errors import NotConfigured
from leasehold_client.exchange import Lost, Reply

# These faults happen before a byte of the request has left.
_UNSENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_CONNECT_SECONDS: Final = 10.0
# A proxy of the user's must not get between us and this machine.
DIRECT: Final[Mapping[str, None]] = {"all://127.0.0.1": None, "all://localhost": None, "all://[::1]": None}


@cache
def tls() -> ssl.SSLContext:
    """The settings of TLS, made once: to read the certificates takes longer than most calls."""
    return httpx.create_ssl_context()


def request_of(call: Call[Any], connection: Connection) -> httpx.Request:
    """The call as a request. Raises ValueError where it can't be written, NotConfigured where its address is wrong."""
    headers = {"Authorization": f"Bearer {connection.token}", "User-Agent": _AGENT, **call.headers}
    content = call.content
    if content is not None:
        headers["Content-Type"] = "application/json"
    try:
        url = httpx.URL(connection.url + call.path)
    except httpx.InvalidURL as fault:
        raise NotConfigured(f"the address {connection.url!r} is malformed: {fault}") from None
    return httpx.Request(
        call.method,
        url,
        headers=headers,
        content=content,
        extensions={"timeout": httpx.Timeout(call.timeout, connect=min(call.timeout, _CONNECT_SECONDS)).as_dict()},
    )


def reply_of(response: httpx.Response) -> Reply:
    """The answer, read to its end."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Reply(response.status_code, headers, response.content)


def lost(fault: httpx.RequestError, connection: Connection) -> Lost:
    """What is known of a request that got no answer."""
    reason = str(fault) or type(fault).__name__
    if isinstance(fault, httpx.TimeoutException):
        reason = "no answer in time"
    advice = "is it up, and is the address right?"
    return Lost(f"can't reach {connection.url}: {reason}; {advice}", sent=not isinstance(fault, _UNSENT))


def _agent() -> str:
    try:
        return f"leasehold-client/{version('leasehold-client')}"
    except PackageNotFoundError:
        return "leasehold-client"


_AGENT: Final = _agent()
