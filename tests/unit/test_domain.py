"""The parts that know no AWS: leases, tokens, times, types, follow-ups."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leasehold import times
from leasehold.access import ROLES, ROLES_BY_ROUTE, Caller
from leasehold.asset import Asset, comparable
from leasehold.backoff import Backoff
from leasehold.errors import Forbidden, Invalid
from leasehold.follow_ups import AssetNews, DeadLetter, FollowUp, JobNews, WakeUp, of_asset, of_job
from leasehold.ids import derived_id, is_id, new_id
from leasehold.items import job_of, new_item
from leasehold.job import Change, Failure, Job, after_failure
from leasehold.lease import Lease, new_secret
from leasehold.registry import Registry, load
from leasehold.tokens import Token, digest_of, parse_bearer, shown
from leasehold.worker import checked_worker_id

JOB = Job(
    job_id="job_1",
    type="demo.echo",
    payload="{}",
    status="queued",
    priority="normal",
    attempt=0,
    max_attempts=5,
    lease_seconds=120,
    lease_number=0,
    sequence=0,
    shard=0,
    created_at=1_000,
    updated_at=1_000,
    next_run_at=1_000,
    history=(Change(1_000, "queued", 0),),
)


@given(st.integers(0, times.LATEST))
def test_an_instant_survives_being_written(instant: int) -> None:
    assert times.read(times.written(instant)) == instant


@given(st.integers(0, times.LATEST), st.integers(0, times.LATEST))
def test_written_times_sort_as_the_times_do(one: int, other: int) -> None:
    assert (times.written(one) < times.written(other)) == (one < other)


def test_a_time_needs_its_offset() -> None:
    assert times.read("2030-01-31T13:00:00+01:00") == times.read("2030-01-31T12:00:00Z")
    assert times.read("2030-01-31t12:00:00z") == times.read("2030-01-31T12:00:00Z")  # as RFC 3339 allows
    with pytest.raises(ValueError, match="offset"):
        times.read("2030-01-31T12:00:00")


@given(
    number=st.integers(0, 10**9 - 1),
    attempt=st.integers(0, 100),
    name=st.from_regex(r"[a-z0-9._-]{1,64}", fullmatch=True),
)
def test_a_lease_survives_its_token(number: int, attempt: int, name: str) -> None:
    lease = Lease(number, attempt, 100, 7, 43_200, name, new_secret())
    assert Lease.parse(lease.token) == lease


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1~2",
        "a~b~c~d~e~f~g",
        "1~0~5~1~120~demo.echo~" + "x" * 1000,
        "１~0~5~1~120~d~" + "x" * 16,
        "01~0~5~1~120~demo.echo~" + "x" * 16,
        "1~0~5~1~123456~demo.echo~" + "x" * 16,
        "1~0~5~1~120~Demo~" + "x" * 16,
        "1~0~5~1~120~~" + "x" * 16,
        "1~0~5~1~120~demo.echo~" + "x" * 15,
        "1~0~5~1~120~demo.echo~" + "x" * 15 + "!",
        "1~0~5~1~120~demo.echo~~" + "x" * 16,
    ],
)
def test_what_is_no_lease_token_is_none(text: str) -> None:
    assert Lease.parse(text) is None


@pytest.mark.parametrize("worker_id", [None, "", "abcd", "a" * 129, "worker a", "wörker", "worker\n", "worker_a\n"])
def test_a_bad_worker_id_is_refused(worker_id: str | None) -> None:
    with pytest.raises(Invalid) as refused:
        checked_worker_id(worker_id)
    assert refused.value.details[0]["field"] == "X-Worker-Id"


@pytest.mark.parametrize("worker_id", ["abcde", "A.b_c:d-9", "a" * 128])
def test_a_good_worker_id_is_taken(worker_id: str) -> None:
    assert checked_worker_id(worker_id) == worker_id


def test_ids_are_legal_and_derived_ones_are_always_the_same() -> None:
    assert is_id(new_id("job"))
    assert new_id("job") != new_id("job")
    assert derived_id("as", "bucket", "kéy \ud800") == derived_id("as", "bucket", "kéy \ud800")
    assert derived_id("as", "ab", "c") != derived_id("as", "a", "bc")
    assert not any(is_id(text) for text in ("", "a b", "a/b", "é", "a" * 129, "a\n"))


@pytest.mark.parametrize(
    ("attempt", "retryable", "status", "expected_attempt"),
    [(0, True, "queued", 1), (3, True, "queued", 4), (4, True, "dlq", 5), (0, False, "dlq", 1), (9, True, "dlq", 10)],
)
def test_a_failed_attempt_is_judged(attempt: int, retryable: bool, status: str, expected_attempt: int) -> None:
    verdict = after_failure(
        Failure("x", retryable=retryable),
        attempt=attempt,
        max_attempts=5,
        backoff=Backoff(10, 3600),
        now=1_000,
        draw=lambda low, _high: low,
    )
    assert (verdict.status, verdict.attempt) == (status, expected_attempt)
    assert verdict.next_run_at == (1_000 if status == "dlq" else 1_000 + 5_000 * 2**attempt)


def test_a_job_survives_its_item() -> None:
    assert job_of(new_item(JOB)) == JOB


# ---- tokens and roles ----


def test_a_token_admits_its_secret_only() -> None:
    token = Token("0" * 16, "viewer", "x", digest_of("s1"), 0)
    assert token.admits("s1", 1)
    assert not token.admits("s2", 1)


def test_an_expired_token_admits_nobody() -> None:
    token = Token("0" * 16, "viewer", "x", digest_of("s1"), 0, expires_at=100)
    assert token.admits("s1", 99)
    assert not token.admits("s1", 100)


def test_a_rotated_token_admits_its_previous_secret_for_a_while() -> None:
    token = Token("0" * 16, "viewer", "x", digest_of("new"), 0, previous_digest=digest_of("old"), previous_until=100)
    assert token.admits("new", 500)
    assert token.admits("old", 99)
    assert not token.admits("old", 100)


def test_a_bearer_header_is_read() -> None:
    text = shown("0123456789abcdef", "A" * 43)
    assert parse_bearer(f"Bearer {text}") == ("0123456789abcdef", "A" * 43)
    assert parse_bearer(f"bearer   {text} ") == ("0123456789abcdef", "A" * 43)
    for wrong in ("", text, f"Basic {text}", f"Bearer {text}x", "Bearer lh_1_2"):
        assert parse_bearer(wrong) is None


def test_every_reader_reads_and_only_admins_administer() -> None:
    for route, roles in ROLES_BY_ROUTE.items():
        assert "admin" in roles
        if route.startswith("GET ") and route not in ("GET /tokens", "GET /jobs/lease"):
            assert roles == set(ROLES)
    assert not Caller("t", "nobody").may_call("GET /jobs")
    assert not Caller("t", "viewer").may_call("PUT /unknown")


def test_a_limited_token_is_kept_to_its_types_and_workers() -> None:
    caller = Caller("t", "worker", ("a.b",), ("eu-*",))
    caller.check_type("a.b")
    caller.check_worker("eu-1234")
    with pytest.raises(Forbidden):
        caller.check_type("a.c")
    with pytest.raises(Forbidden):
        caller.check_worker("us-1234")


# ---- registry ----


def test_the_shipped_registry_has_its_two_types() -> None:
    registry = load()
    thumbnail = registry["thumbnail.create"]
    assert thumbnail.is_pushed
    assert thumbnail.backoff == Backoff(5, 900)
    echo = registry["demo.echo"]
    assert (echo.lease_seconds, echo.max_attempts, echo.backoff, echo.retention_days) == (120, 5, Backoff(10, 3600), 30)
    assert not echo.is_pushed


@pytest.mark.parametrize(
    ("payload", "at_fault"),
    [
        ({"assetId": 7, "versionNumber": 0}, ["assetId", "versionNumber"]),
        ({"assetId": "as_1"}, ["versionNumber"]),
        ({}, ["assetId", "versionNumber"]),
        ({"assetId": "as_1", "versionNumber": 1, "version": 1, "x" * 1_000: 1}, ["version", "x" * 92]),
    ],
    ids=["wrong", "one missing", "all missing", "unexpected"],
)
def test_a_payload_is_held_against_its_schema_and_each_field_at_fault_is_named(
    payload: dict[str, object], at_fault: list[str]
) -> None:
    thumbnail = load()["thumbnail.create"]
    thumbnail.check_payload({"assetId": "as_1", "versionNumber": 1})
    with pytest.raises(Invalid) as refused:
        thumbnail.check_payload(payload)
    assert [detail["field"] for detail in refused.value.details] == [f"payload.{name}" for name in at_fault]


@pytest.mark.parametrize(
    "payload", [{"assetId": "\ud800", "versionNumber": 1}, {"assetId": "as_1", "versionNumber": 1e300}]
)
def test_a_payload_that_can_name_no_picture_is_refused(payload: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        load()["thumbnail.create"].check_payload(payload)


def test_an_unknown_type_is_refused_with_the_known_ones() -> None:
    with pytest.raises(Invalid, match=r"demo\.echo") as refused:
        load()["demo.ecco"]
    assert refused.value.code == "unknown_job_type"


def test_the_jobs_of_a_type_that_has_left_the_registry_keep_the_default_rules() -> None:
    assert load().rules_of("old.type").max_attempts == 5


@pytest.mark.parametrize(
    "table",
    [
        {"lease_seconds": 0},
        {"lease_seconds": "120"},
        {"max_attempts": True},
        {"max_attempts": 101},
        {"delivery": "fax"},
        {"leese_seconds": 3},
        {"shards": 0},
        {"payload_schema": "object"},
        {"lease_seconds": 1.5},
        {"retention_days": float("nan")},
    ],
)
def test_a_bad_setting_of_a_type_is_named(table: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"my.type.*" + next(iter(table))):
        Registry.of({"my.type": table})


def test_settings_of_a_stack_replace_those_of_the_file() -> None:
    registry = load(json.dumps({"demo.echo": {"max_attempts": 2}, "new.type": {}}))
    assert registry["demo.echo"].max_attempts == 2
    assert registry["new.type"].max_attempts == 5
    assert load()["demo.echo"].max_attempts == 5


# ---- follow-ups ----


def _follow_ups(old: Job | None, new: Job, *, pushed: bool = False, tell_all: bool = False) -> list[FollowUp]:
    return of_job(old, new, is_pushed=lambda _name: pushed, tell_all=tell_all)


LEASED = replace(JOB, status="leased", sequence=1, lease_number=1, lease_expires_at=9_000, next_run_at=None)


def test_a_queued_pushed_job_is_woken_when_it_is_due() -> None:
    assert _follow_ups(None, JOB, pushed=True) == [WakeUp("job_1", 0, 1_000)]
    assert _follow_ups(None, JOB) == []
    retried = replace(LEASED, status="queued", sequence=2, attempt=1, next_run_at=5_000)
    assert WakeUp("job_1", 1, 5_000) in _follow_ups(LEASED, retried, pushed=True)


def test_a_failed_attempt_is_news_under_its_own_lease() -> None:
    retried = replace(LEASED, status="queued", sequence=2, attempt=1, next_run_at=5_000)
    assert _follow_ups(LEASED, retried) == [JobNews("job.failed", retried, 1)]
    taken_over = replace(LEASED, sequence=3, attempt=1, lease_number=2)
    assert _follow_ups(LEASED, taken_over) == [JobNews("job.failed", taken_over, 1)]


def test_a_dead_job_is_news_and_a_dead_letter() -> None:
    dead = replace(LEASED, status="dlq", sequence=2, attempt=1)
    assert _follow_ups(LEASED, dead) == [
        JobNews("job.failed", dead, 1),
        JobNews("job.dlq", dead, 1),
        DeadLetter(dead),
    ]


def test_a_heartbeat_is_no_news() -> None:
    assert _follow_ups(LEASED, replace(LEASED, lease_expires_at=99_000), tell_all=True, pushed=True) == []


def test_the_frequent_events_are_told_only_when_wanted() -> None:
    assert _follow_ups(None, JOB, tell_all=True) == [JobNews("job.queued", JOB, 0)]
    assert _follow_ups(JOB, LEASED, tell_all=True) == [JobNews("job.leased", LEASED, 1)]
    assert _follow_ups(JOB, LEASED) == []


def test_a_processed_source_asset_is_news_once_a_version() -> None:
    waiting = Asset("as_1", "source", "b", "k", 1, False, 0, 0)
    done = replace(waiting, processed=True)
    assert of_asset(waiting, done) == [AssetNews("asset.processed", done)]
    assert of_asset(done, replace(done, updated_at=5)) == []
    again = replace(done, version_number=2)
    assert of_asset(done, again) == [AssetNews("asset.processed", again)]
    assert of_asset(None, replace(done, kind="derived")) == []


def test_sequencers_of_different_length_compare_as_s3_says() -> None:
    assert comparable("0055AED6DCD90281E5") < comparable("0055AED6DCD90281E6")
    assert comparable("0055aed6") == comparable("0055AED600")
