"""Requests as they leave: what is in them, and what is refused before it is sent."""

import json
from datetime import UTC, datetime

import pytest

from leasehold_client import calls


def test_ids_can_not_become_another_route() -> None:
    assert calls.job("a?b=%2F").path == "/jobs/a%3Fb%3D%252F"
    for bad in ("", ".", "..", "../tokens", "/"):
        with pytest.raises(ValueError, match="no id"):
            calls.cancel(bad)


def test_query_is_escaped_and_leaves_out_what_is_not_given() -> None:
    assert calls.jobs().path == "/jobs"
    assert calls.jobs(status="dlq", cursor="a+b=").path == "/jobs?status=dlq&cursor=a%2Bb%3D"


def test_enqueue_makes_up_a_new_key_each_time() -> None:
    first, second = (calls.enqueue("demo.echo").headers["Idempotency-Key"] for _ in range(2))
    assert first != second
    assert calls.enqueue("demo.echo", idempotency_key="mine").headers["Idempotency-Key"] == "mine"


def test_enqueue_sends_the_server_times_with_their_offset() -> None:
    call = calls.enqueue("demo.echo", run_at=datetime(2030, 1, 31, 12, tzinfo=UTC))
    assert json.loads(call.content or b"")["runAt"] == "2030-01-31T12:00:00.000+00:00"
    with pytest.raises(ValueError, match="time zone"):
        calls.enqueue("demo.echo", run_at=datetime(2030, 1, 31, 12))  # noqa: DTZ001 (the very mistake)


@pytest.mark.parametrize("payload", [{"x": float("nan")}, {"x": object()}, {"x": {1, 2}}])
def test_what_is_no_json_is_refused_before_it_is_sent(payload: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="JSON"):
        _ = calls.enqueue("demo.echo", payload).content


def test_headers_take_no_line_breaks_or_other_alphabets_and_are_not_empty() -> None:
    for bad in ("a\r\nX-Evil: 1", "schlüssel", ""):
        with pytest.raises(ValueError, match="header"):
            calls.enqueue("demo.echo", idempotency_key=bad)
        with pytest.raises(ValueError, match="header"):
            calls.succeed("job_1", {}, worker_id=bad)


def test_a_report_carries_worker_and_lease() -> None:
    call = calls.fail("job_1", "no", worker_id="worker-1", lease_token="1~x", code="c", retry_after_seconds=0)
    assert call.headers == {"X-Worker-Id": "worker-1", "X-Lease-Token": "1~x"}
    assert json.loads(call.content or b"") == {
        "error": {"message": "no", "code": "c", "retryable": True, "retryAfterSeconds": 0}
    }


def test_long_poll_waits_longer_for_its_answer_than_the_server_does() -> None:
    assert calls.lease(["demo.echo"], worker_id="worker-1", wait_seconds=20).timeout > 25
