"""When a call is sent again, and how an answer becomes an error: the pure half of both clients."""

import json
from typing import Any

import pytest

from leasehold_client import calls, errors
from leasehold_client.exchange import Again, Done, Exchange, Lost, Patience, Reply, error_of

PATIENCE = Patience(tries=3, base=1.0, cap=8.0, draw=lambda _low, high: high)
UNSENT = Lost("refused", sent=False)
UNANSWERED = Lost("reset", sent=True)
GATEWAY_503 = Reply(503, {}, b'{"message": "Service Unavailable"}')


def refusal(status: int, code: str, headers: dict[str, str] | None = None, **more: Any) -> Reply:
    body = {"error": {"code": code, "message": "no", **more}}
    return Reply(status, headers or {}, json.dumps(body).encode())


def test_repeatable_call_is_sent_again_after_a_lost_answer_and_only_so_often() -> None:
    exchange = Exchange(calls.stats(), PATIENCE)
    assert exchange.heard(UNANSWERED) == Again(1.0)
    assert exchange.heard(UNANSWERED) == Again(2.0)
    with pytest.raises(errors.Unreachable, match="reset"):
        exchange.heard(UNANSWERED)


@pytest.mark.parametrize(
    "call",
    [
        calls.lease(["demo.echo"], worker_id="worker-1"),
        calls.redrive("job_1"),
        calls.redrive_many(),
        calls.create_asset("a.jpg", "image/jpeg"),
        calls.make_thumbnail("as_1"),
        calls.create_token("viewer", "x"),
        calls.rotate_token("t"),
        calls.revoke_token("t"),
    ],
)
def test_call_that_does_more_when_sent_twice_is_not_sent_again_after_a_lost_answer(call: calls.Call[Any]) -> None:
    with pytest.raises(errors.Unreachable):
        Exchange(call, PATIENCE).heard(UNANSWERED)
    with pytest.raises(errors.Busy):
        Exchange(call, PATIENCE).heard(GATEWAY_503)
    # It can't have been done in these cases.
    assert isinstance(Exchange(call, PATIENCE).heard(UNSENT), Again)
    assert isinstance(Exchange(call, PATIENCE).heard(refusal(429, "throttled")), Again)


def test_retry_after_is_the_shortest_wait() -> None:
    exchange = Exchange(calls.stats(), PATIENCE)
    assert exchange.heard(refusal(429, "throttled", {"retry-after": "7"})) == Again(7.0)
    assert exchange.heard(refusal(503, "unavailable", {"retry-after": "1"})) == Again(2.0)


def test_retry_after_of_minutes_is_left_to_the_caller() -> None:
    with pytest.raises(errors.Busy) as caught:
        Exchange(calls.stats(), PATIENCE).heard(refusal(429, "throttled", {"retry-after": "600"}))
    assert caught.value.retry_after == 600


def test_retry_after_as_a_date_is_ignored_since_clocks_differ() -> None:
    reply = refusal(429, "throttled", {"retry-after": "Fri, 31 Dec 2049 23:59:59 GMT"})
    assert Exchange(calls.stats(), PATIENCE).heard(reply) == Again(1.0)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "malformed_json", errors.Invalid),
        (401, "x", errors.NotAllowed),
        (403, "forbidden", errors.NotAllowed),
        (404, "job_not_found", errors.NotFound),
        (409, "lease_conflict", errors.LeaseConflict),
        (409, "not_in_dlq", errors.Conflict),
        (413, "payload_too_large", errors.Invalid),
        (422, "validation_error", errors.Invalid),
        (429, "throttled", errors.Busy),
        (500, "server_error", errors.ServerError),
        (503, "unavailable", errors.Busy),
        (504, "x", errors.Busy),
    ],
)
def test_each_status_has_its_error(status: int, code: str, kind: type[errors.ApiError]) -> None:
    error = error_of(refusal(status, code, details=[{"field": "f", "message": "m"}]))
    assert type(error) is kind
    assert (error.status, error.code, error.message) == (status, code, "no")
    assert error.details == ({"field": "f", "message": "m"},)


@pytest.mark.parametrize("body", [b'{"message": "Forbidden"}', b"<html>", b"", b"[1]", b'{"error": "text"}'])
def test_gateways_own_answers_get_our_words(body: bytes) -> None:
    error = error_of(Reply(403, {}, body))
    assert isinstance(error, errors.NotAllowed)
    assert error.code == "http_403"
    assert "token" in error.message


@pytest.mark.parametrize("body", [b"<html>hello</html>", b"[]", b"{}", b'{"jobId": 1}', b""])
def test_an_answer_of_something_else_is_told_as_such(body: bytes) -> None:
    with pytest.raises(errors.BadAnswer, match="check the address"):
        Exchange(calls.job("job_1"), PATIENCE).heard(Reply(200, {}, body))


def test_the_waits_are_drawn_below_the_cap_for_any_number_of_tries() -> None:
    drawn: list[tuple[float, float]] = []

    def draw(low: float, high: float) -> float:
        drawn.append((low, high))
        return low

    patience = Patience(base=0.25, cap=8.0, draw=draw)
    for tries in (1, 2, 6, 100_000):
        patience.pause(tries, None)
    assert drawn == [(0.125, 0.25), (0.25, 0.5), (4.0, 8.0), (4.0, 8.0)]


def test_result_of_an_answer() -> None:
    done = Exchange(calls.redrive_many(), PATIENCE).heard(Reply(200, {}, b'{"redriven": 3}'))
    assert done == Done(3)
