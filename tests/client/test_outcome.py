"""What a handler's return or exception is reported as."""

import pytest

from leasehold_client import Cancelled, Reject, Release, Retry
from leasehold_client.worker.outcome import Failed, Released, Stopped, Succeeded, code_of, raised, returned


def test_results() -> None:
    assert returned(None) == Succeeded({})
    assert returned({"pages": 3}) == Succeeded({"pages": 3})


@pytest.mark.parametrize("result", [3, "text", [1], {"x": object()}, {"x": float("inf")}, {1, 2}])
def test_result_that_can_not_be_kept_is_a_failure_that_is_not_tried_again(result: object) -> None:
    outcome = returned(result)
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.retryable) == ("bad_result", False)


def test_exceptions_of_ours() -> None:
    assert raised(Retry("later", after=30)) == Failed("later", "retry", True, 30)
    assert raised(Retry(code="upstream_down")) == Failed("to be tried again", "upstream_down", True, None)
    assert raised(Reject("bad_page", "page 3 is blank")) == Failed("page 3 is blank", "bad_page", False)
    assert raised(Release(after=5)) == Released(5)
    assert raised(Cancelled("the job was cancelled")) == Stopped("the job was cancelled")


def test_any_other_exception_is_a_failure_that_is_tried_again() -> None:
    assert raised(KeyError("x")) == Failed("KeyError: 'x'", "key_error", True)
    assert raised(TimeoutError()) == Failed("TimeoutError", "timeout_error", True)
    assert raised(SystemExit(3)) == Failed("SystemExit: 3", "system_exit", True)


def test_messages_are_made_fit_to_be_stored() -> None:
    outcome = raised(OSError("bad name \udcff" + "x" * 5_000))
    assert isinstance(outcome, Failed)
    assert outcome.message.startswith("OSError: bad name ?x")
    assert len(outcome.message) == 2_000


@pytest.mark.parametrize(
    ("name", "code"),
    [("ValueError", "value_error"), ("HTTPStatusError", "http_status_error"), ("S3Error", "s3_error"), ("x", "x")],
)
def test_codes(name: str, code: str) -> None:
    assert code_of(name) == code


@pytest.mark.parametrize("after", [-1, 43_201, float("nan"), float("inf")])
def test_impossible_waits(after: float) -> None:
    with pytest.raises(ValueError, match="after"):
        Retry(after=after)


def test_impossible_codes_and_releases() -> None:
    with pytest.raises(ValueError, match="code"):
        Reject("")
    with pytest.raises(ValueError, match="code"):
        Retry(code="x" * 101)
    with pytest.raises(ValueError, match="after"):
        Release(after=float("inf"))
