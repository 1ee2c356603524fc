"""What a worker's call costs us: processor time of a handler whose AWS answers at once, and where that time goes.

The answers are canned just above the socket, so that all of ours is in it: reading the event, the domain, the store's
expressions, DynamoDB's protocol, the signature, the log line. Beside it boto3 making the very same write.
"""

import cProfile
import importlib
import io
import json
import os
import pstats
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from functools import partial
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock, patch

import boto3
from botocore.awsrequest import AWSResponse
from botocore.config import Config

from bench.report import Figure
from leasehold import aws, settings, wiring
from leasehold.access import Caller
from leasehold.dispatch import PROJECTED, Dispatch
from leasehold.dynamodb import DynamoDb, Keys
from leasehold.items import new_item, text
from leasehold.job import Change, Job
from leasehold.jobs import Jobs, Reporter
from leasehold.lease import Lease
from leasehold.settings import registry
from leasehold.store import JobStore
from leasehold.times import wall_clock
from leasehold.tokens import Token, digest_of, token_item
from tests.template_file import ROOT

_CALLS = 400
_ROUNDS = 7
_CONTEXT = SimpleNamespace(aws_request_id="bench")
_LEASE = Lease(1, 0, 5, 1, 120, "demo.echo", "0123456789abcdef")
_SECRET = "A" * 43
_ENVIRONMENT = {
    "JOBS_TABLE": "jobs",
    "TOKENS_TABLE": "tokens",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
}
# Where a layer begins, as the profiler names it: file and function. What a layer calls counts as its own, but for what
# begins another layer.
_LAYERS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "the log line": (("log.py", "info"), ("log.py", "begin")),
    "reading the request": (("request.py", "of"), ("request.py", "json_object"), ("request.py", "reporter")),
    "DynamoDB's protocol": (("dynamodb.py", "_call"),),
    "the signature": (("auth.py", "add_auth"),),
}


def measure() -> list[Figure]:
    """Microseconds of processor time a call, and the share of each layer."""
    figures = []
    with _functions() as (worker_api, authorizer):
        calls: dict[str, Callable[[], Any]] = {
            verb: partial(worker_api, _event(verb), _CONTEXT) for verb in ("succeed", "fail", "heartbeat", "lease")
        }
        calls["authorizer"] = partial(authorizer, _AUTHORIZED, _CONTEXT)
        for name, call in calls.items():
            with redirect_stdout(io.StringIO()):
                _check(name, call())
            shares = ", ".join(f"{layer} {share:.0%}" for layer, share in _shares(call).items())
            figures.append(Figure(name, round(_microseconds(call)), "us", "", shares))
        beside = _microseconds(_boto3_write())
    figures.append(Figure("boto3's update_item alone, the same write", round(beside), "us"))
    return figures


def _microseconds(call: Callable[[], Any]) -> float:
    """Processor time of one call: the median of rounds."""
    rounds = []
    with redirect_stdout(io.StringIO()):
        for _ in range(_ROUNDS):
            started = time.process_time()
            for _ in range(_CALLS):
                call()
            rounds.append((time.process_time() - started) / _CALLS * 1_000_000)
    return statistics.median(rounds)


def _shares(call: Callable[[], Any]) -> dict[str, float]:
    """By layer, its part of the time; the rest is the domain and the store."""
    profile = cProfile.Profile()
    with redirect_stdout(io.StringIO()):
        profile.enable()
        for _ in range(_CALLS):
            call()
        profile.disable()
    timed = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    total = sum(own for _, _, own, _, _ in timed.values())
    within = {
        layer: sum(each[3] for (file, _, name), each in timed.items() if (os.path.basename(file), name) in begins)
        for layer, begins in _LAYERS.items()
    }
    within["DynamoDB's protocol"] -= within["the signature"]
    within["the domain and the store"] = total - sum(within.values())
    return {layer: seconds / total for layer, seconds in within.items()}


@contextmanager
def _functions() -> Iterator[tuple[Callable[..., Any], Callable[..., Any]]]:
    """The handlers of worker_api and authorizer, over a DynamoDB that answers at once."""
    with patch.dict(os.environ, _ENVIRONMENT):
        dynamodb = DynamoDb("https://dynamodb.us-east-1.amazonaws.com", "us-east-1", lambda: Keys("a", "b", "c"))
        dynamodb._session = SimpleNamespace(send=_answered)
        for cached in (aws.dynamodb, settings.registry, wiring.jobs, wiring.tokens):
            cached.cache_clear()
        with patch.object(wiring, "dynamodb", lambda: dynamodb):
            try:
                yield tuple(importlib.import_module(f"functions.{name}.app").handler for name in _NAMES)
            finally:
                for cached in (settings.registry, wiring.jobs, wiring.tokens):
                    cached.cache_clear()


_NAMES = ("worker_api", "authorizer")


def _answered(request: Any) -> Any:
    operation = request.headers["X-Amz-Target"].rpartition(".")[2]
    return SimpleNamespace(status_code=200, headers={}, content=_ANSWERS[operation])


def _event(verb: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((ROOT / "events" / "worker_api" / f"{verb}.json").read_text())
    event["headers"]["x-lease-token"] = _LEASE.token
    return event


def _check(name: str, answer: Mapping[str, Any]) -> None:
    """A refusal would be measured as gladly."""
    assert answer.get("statusCode") == 200 or answer.get("isAuthorized"), (name, answer)


def _boto3_write() -> Callable[[], Any]:
    """boto3 making the write of `succeed`, its answer canned at the same place."""
    with patch.dict(os.environ, _ENVIRONMENT):
        client: Any = boto3.client("dynamodb", config=Config(retries={"mode": "standard", "total_max_attempts": 3}))
    recorder = Mock()
    recorder.update_item.return_value = {}
    Jobs(registry(), JobStore(recorder, "jobs"), Dispatch(recorder, "jobs")).succeed(
        Reporter("job_1", "worker_a", _LEASE.token, Caller("token", "worker")), {"pages": 3}
    )
    client.meta.events.register("before-send.dynamodb", lambda **_: AWSResponse("", 200, {}, _Body()))
    return lambda: client.update_item(**recorder.update_item.call_args.kwargs)


class _Body:
    """An empty answer, as urllib3 hands one over."""

    def stream(self) -> Iterator[bytes]:
        return iter((b"{}",))


def _job() -> Job:
    now = wall_clock()
    return Job(
        job_id="job_1",
        type="demo.echo",
        payload='{"pages":[1,2,3]}',
        status="leased",
        priority="normal",
        attempt=0,
        max_attempts=5,
        lease_seconds=120,
        lease_number=1,
        sequence=1,
        shard=0,
        created_at=now,
        updated_at=now,
        worker_id="worker_a",
        lease_token=_LEASE.token,
        lease_expires_at=now + 120_000,
        history=(Change(now, "queued", 0), Change(now, "leased", 0, "worker_a")),
    )


def _candidate() -> dict[str, Any]:
    """The job as the dispatch index shows it while it is queued."""
    item = new_item(_job())
    return {name: item[name] for name in ("jobId", "dispatchKey", "dueAt", *PROJECTED)} | {"status": text("queued")}


def _token() -> dict[str, Any]:
    return token_item(Token("0123456789abcdef", "worker", "bench", digest_of(_SECRET), wall_clock()))


_AUTHORIZED = {
    "routeKey": "POST /jobs/{id}/succeed",
    "headers": {"authorization": f"Bearer lh_0123456789abcdef_{_SECRET}"},
}
_ANSWERS = {
    "UpdateItem": json.dumps({"Attributes": new_item(_job())}).encode(),
    "Query": json.dumps({"Items": [_candidate()] * 11}).encode(),
    "GetItem": json.dumps({"Item": _token()}).encode(),
}
