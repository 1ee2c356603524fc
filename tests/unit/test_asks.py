"""Requests read without pydantic: whatever is read so, its model reads the same; and what is usual is read so."""

import math
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from leasehold.http import asks, bodies, worker_asks
from leasehold.job import PRIORITIES, STATUSES, Failure
from leasehold.order import Order

# What stands in requests, and what must not: numbers at both sides of each limit, texts that are none, wrong kinds.
_NUMBERS = st.one_of(
    st.integers(-2, 101),
    st.sampled_from([43_200, 43_201, 3_155_760_000, 3_155_760_001, 10**30]),
    st.floats(),
    st.sampled_from([-0.0, 0.1234567, 1.0, 20.0, 20.5, math.nan, math.inf]),
)
_TEXTS = st.one_of(
    st.text(max_size=5),
    st.sampled_from(
        ["", "a", "demo.echo", "a,b", "a, b", " ,", "ü", "\ud800", "x" * 64, "x" * 65, "x" * 101, "y" * 2001]
    ),
)
_QUERY_TEXTS = st.one_of(_TEXTS, st.sampled_from(["1", "10", "11", "007", "1.0", " 1", "+1", "1e1", "٣", "99999"]))
_TIMES = st.sampled_from(
    ["2030-01-31T12:00:00Z", "2030-01-31T12:00:00.123456+02:00", "2030-01-31", "20300131T120000Z", "1969-12-31T23:59Z"]
)
_VALUES = st.one_of(
    st.none(),
    st.booleans(),
    _NUMBERS,
    _TEXTS,
    _TIMES,
    st.lists(_TEXTS, max_size=22),
    st.dictionaries(_TEXTS, st.none() | _NUMBERS, max_size=3),
)


def _some(fields: Mapping[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with some of the fields: of the right kind or of any, and now and then one more."""
    each = {name: st.one_of(right, _VALUES) for name, right in fields.items()}
    return st.fixed_dictionaries({}, optional={**each, "other": _VALUES})


_LEASE = {"type": st.lists(_TEXTS, min_size=1, max_size=3) | _TEXTS, "max": _NUMBERS, "leaseSeconds": _NUMBERS}
_ERROR = {"message": _TEXTS, "code": _TEXTS, "retryable": st.booleans(), "retryAfterSeconds": _NUMBERS}
_ORDER = {
    "type": _TEXTS,
    "payload": st.dictionaries(_TEXTS, _NUMBERS, max_size=2),
    "runAt": _TIMES,
    "delaySeconds": _NUMBERS,
    "priority": st.sampled_from([*PRIORITIES, "urgent"]),
    "maxAttempts": _NUMBERS,
    "leaseSeconds": _NUMBERS,
}
_QUERY = {"type": _QUERY_TEXTS, "max": _QUERY_TEXTS, "leaseSeconds": _QUERY_TEXTS, "wait": _QUERY_TEXTS}
_PAGE = {
    "status": st.sampled_from([*STATUSES, "none"]),
    "type": _TEXTS,
    "code": _TEXTS,
    "limit": _QUERY_TEXTS,
    "cursor": _TEXTS,
}


def _order_of(body: Any) -> Order:
    asked = bodies.checked(bodies.EnqueueBody, body)
    return Order(
        asked.type,
        asked.payload,
        asked.run_at,
        asked.delay_seconds,
        asked.priority,
        asked.max_attempts,
        asked.lease_seconds,
    )


def _lease_of(asked: bodies.LeaseBody) -> worker_asks.LeaseAsk:
    return worker_asks.LeaseAsk(asked.type, asked.max, asked.lease_seconds, asked.wait)


def _failure_of(body: Any) -> Failure:
    error = bodies.checked(bodies.FailBody, body).error
    return Failure(error.message, error.code, error.retryable, error.retry_after_seconds)


def _heartbeat_of(body: Any) -> worker_asks.HeartbeatAsk:
    asked = bodies.checked(bodies.HeartbeatBody, body)
    return worker_asks.HeartbeatAsk(asked.lease_seconds, asked.progress, asked.message)


def _jobs_page_of(query: Any) -> asks.JobsPageAsk:
    asked = bodies.checked(bodies.ListQuery, query)
    return asks.JobsPageAsk(asked.status, asked.type, asked.code, asked.limit, asked.cursor)


def _upload_of(body: Any) -> asks.UploadAsk:
    asked = bodies.checked(bodies.UploadBody, body)
    return asks.UploadAsk(asked.file_name, asked.content_type)


def _page_of(query: Any) -> asks.PageAsk:
    asked = bodies.checked(bodies.PageQuery, query)
    return asks.PageAsk(asked.limit, asked.cursor)


Read = Callable[[Any], Any]
# Each reader, and the same by its model alone.
READERS: dict[str, tuple[Read, Read]] = {
    "lease": (lambda body: worker_asks.lease(body, {}), lambda body: _lease_of(bodies.checked(bodies.LeaseBody, body))),
    "lease by query": (
        lambda query: worker_asks.lease({}, query),
        lambda query: _lease_of(bodies.checked(bodies.LeaseQuery, query)),
    ),
    "lease by both": (lambda both: worker_asks.lease(*both), lambda both: _lease_of(bodies.lease(*both))),
    "heartbeat": (worker_asks.heartbeat, _heartbeat_of),
    "succeed": (worker_asks.result, lambda body: bodies.checked(bodies.SucceedBody, body).result),
    "fail": (worker_asks.failure, _failure_of),
    "release": (worker_asks.delay, lambda body: bodies.checked(bodies.ReleaseBody, body).delay_seconds),
    "enqueue": (asks.order, _order_of),
    "jobs": (asks.jobs_page, _jobs_page_of),
    "assets": (asks.page, _page_of),
    "upload": (asks.upload, _upload_of),
}


def _outcome(read: Read, asked: Any) -> Any:
    try:
        return read(asked)
    except Exception as refusal:
        return type(refusal), str(refusal)


def _agree(reader: str, asked: Any) -> None:
    ours, models = READERS[reader]
    assert _outcome(ours, asked) == _outcome(models, asked)


@given(_some(_LEASE | {"wait": _NUMBERS}).filter(bool))
@example({"type": "a,,b", "max": 10, "wait": 20})
@example({"type": ["\ud800"]})
@example({"type": "demo.echo", "max": True})
def test_a_lease_is_read_as_its_model_reads_it(body: dict[str, Any]) -> None:
    _agree("lease", body)


@pytest.mark.parametrize("written", ["a,b", "a, b", " a ,,\tb , "])
def test_names_of_types_are_read_whatever_stands_between_them(written: str) -> None:
    assert (
        worker_asks.lease({}, {"type": written}).types == worker_asks.lease({"type": written}, {}).types == ["a", "b"]
    )


@given(st.fixed_dictionaries({}, optional=_QUERY))
@example({"type": "demo.echo", "max": "٣"})
def test_a_lease_by_query_is_read_as_its_model_reads_it(query: dict[str, str]) -> None:
    _agree("lease by query", query)


@given(_some(_LEASE | {"wait": _NUMBERS}), st.fixed_dictionaries({}, optional=_QUERY))
@example({"max": 2}, {"type": "demo.echo", "max": "1e1", "wait": "1.5"})
@example({"max": "2"}, {"type": "demo.echo"})
def test_a_lease_by_body_and_query_is_read_as_its_model_reads_it(body: dict[str, Any], query: dict[str, str]) -> None:
    _agree("lease by both", (body, query))


@pytest.mark.parametrize(
    ("body", "query", "asked"),
    [
        ({"max": 2}, {"type": "a"}, (["a"], 2, None, 0)),
        ({"type": ["b"], "wait": 0.5}, {"type": "a", "max": "3", "wait": "20"}, (["b"], 3, None, 0.5)),
        ({"leaseSeconds": 5}, {"type": "a", "leaseSeconds": "5 weeks", "wait": "1.5"}, (["a"], 1, 5, 1.5)),
        ({"other": 1}, {"type": "a", "max": "2", "other": "x"}, (["a"], 2, None, 0)),
    ],
)
def test_a_lease_is_what_body_and_query_ask_for_and_the_body_wins(
    body: dict[str, Any], query: dict[str, str], asked: tuple[Any, ...]
) -> None:
    assert worker_asks.lease(body, query) == asked


@given(_some({"leaseSeconds": _NUMBERS, "progress": _NUMBERS, "message": _TEXTS}))
@example({"progress": 1e-200})
@example({"progress": False})
@example({"message": "\udce9" * 2_001})
def test_a_heartbeat_is_read_as_its_model_reads_it(body: dict[str, Any]) -> None:
    _agree("heartbeat", body)


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("caf\udce9.jpg", "caf\ufffd.jpg"),
        ("\ud83d alone", "\ufffd alone"),
        ("\U0001f4a3", "\U0001f4a3"),
        ("x" * 2_001, "x" * 2_000),
        ("", ""),
        (None, None),
    ],
    ids=lambda told: ascii(told)[:40],
)
def test_a_heartbeat_is_not_refused_for_its_wording(told: str | None, kept: str | None) -> None:
    asked = {"message": told, "leaseSeconds": None, "progress": None, "other": "\ud800"}
    assert worker_asks.heartbeat(asked) == worker_asks.HeartbeatAsk(None, None, kept)


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ({"message": "no file caf\udce9.jpg"}, Failure("no file caf\ufffd.jpg")),
        ({"message": ""}, Failure("the worker gave no message")),
        ({"message": "m", "code": "\udce9"}, Failure("m", "\ufffd")),
        ({"message": "m", "code": "c" * 101}, Failure("m", "c" * 100)),
        ({"message": "m", "code": ""}, Failure("m")),
        ({"message": "m", "code": None, "retryable": None, "retryAfterSeconds": None}, Failure("m")),
        ({"message": "m", "retryable": False, "\ud800": "\ud800"}, Failure("m", retryable=False)),
    ],
    ids=lambda told: ascii(told)[:40],
)
def test_a_failure_is_not_refused_for_its_wording(told: dict[str, Any], kept: Failure) -> None:
    assert worker_asks.failure({"error": told}) == kept


def test_a_release_without_a_delay_is_due_at_once() -> None:
    assert worker_asks.delay({"delaySeconds": None}) == worker_asks.delay({}) == 0


def test_a_result_is_kept_whatever_its_names_are() -> None:
    assert worker_asks.result({"result": {"caf\udce9": {"\udce9": 1}, "": 2}}) == {"caf\udce9": {"\udce9": 1}, "": 2}


@given(_some({"result": st.dictionaries(_TEXTS, _VALUES, max_size=3)}))
@example({"result": {"\udfff": 1}})
def test_a_result_is_read_as_its_model_reads_it(body: dict[str, Any]) -> None:
    _agree("succeed", body)


@given(_some({"error": _some(_ERROR)}))
@example({"error": {"message": "m", "code": "", "retryable": True}})
@example({"error": {"message": "m", "retryable": None}})
@example({"error": {"message": "\udce9", "code": "\udce9" * 101}})
def test_a_failure_is_read_as_its_model_reads_it(body: dict[str, Any]) -> None:
    _agree("fail", body)


@given(_some({"delaySeconds": _NUMBERS}))
@example({"delaySeconds": None})
def test_a_release_is_read_as_its_model_reads_it(body: dict[str, Any]) -> None:
    _agree("release", body)


@given(_some(_ORDER))
@example({"type": "demo.echo", "payload": {}, "runAt": "0001-01-01T00:00:00+14:00"})
@example({"type": "demo.echo", "payload": {}, "priority": ["high"]})
def test_an_order_is_read_as_its_model_reads_it(body: dict[str, Any]) -> None:
    _agree("enqueue", body)


@given(st.fixed_dictionaries({}, optional=_PAGE))
def test_a_page_is_read_as_its_model_reads_it(query: dict[str, str]) -> None:
    _agree("jobs", query)
    _agree("assets", query)


@given(
    _some({"fileName": _TEXTS, "contentType": st.sampled_from(["image/jpeg", "image/jpeg\n", "image", "a/b/c", ""])})
)
@example({"fileName": "a.jpg", "contentType": "image/jpeg\n"})
def test_an_upload_is_read_as_its_model_reads_it(body: dict[str, Any]) -> None:
    _agree("upload", body)


_USUAL = """
import sys
from leasehold.http import asks, worker_asks
worker_asks.lease({"type": ["demo.echo"], "max": 10, "leaseSeconds": 60, "wait": 20}, {})
worker_asks.lease({}, {"type": "demo.echo,other", "max": "3", "wait": "20"})
worker_asks.lease({"max": 2}, {"type": "demo.echo", "wait": "20"})
worker_asks.heartbeat({"progress": 0.5, "message": "half of it", "leaseSeconds": 60})
worker_asks.heartbeat({})
worker_asks.result({"result": {"pages": 3}})
worker_asks.failure({"error": {"message": "no paper", "code": "E_PAPER", "retryable": True, "retryAfterSeconds": 1.5}})
worker_asks.delay({})
asks.order({"type": "demo.echo", "payload": {"n": 1}, "runAt": "2030-01-31T12:00:00Z", "priority": "high"})
asks.order({"type": "demo.echo", "payload": {}, "delaySeconds": 5, "maxAttempts": 3, "leaseSeconds": 60})
asks.jobs_page({"status": "dlq", "type": "demo.echo", "limit": "100", "cursor": "x"})
asks.page({})
asks.upload({"fileName": "Grüße.jpg", "contentType": "image/jpeg"})
print("pydantic" in sys.modules)
"""


def test_usual_requests_are_read_without_pydantic() -> None:
    done = subprocess.run([sys.executable, "-c", _USUAL], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("reader", READERS)
def test_what_a_model_refuses_is_refused_in_its_words(reader: str) -> None:
    spoilt = {"type": 5, "max": "x", "limit": "x", "result": 5, "error": 5, "delaySeconds": "x", "progress": "x"}
    ours, models = READERS[reader]
    asked = (spoilt, {}) if reader == "lease by both" else spoilt
    refused = _outcome(ours, asked)
    assert isinstance(refused, tuple)
    assert refused == _outcome(models, asked)
