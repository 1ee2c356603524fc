"""What every engine must do alike: the rules of a job's life, one behaviour a test."""

import json
from typing import Any

import pytest

from leasehold.dispatch import Candidate
from leasehold.errors import (
    AlreadyFinished,
    Invalid,
    LeaseConflict,
    LeaseholdError,
    NotFound,
    NotInDlq,
    Throttled,
    Unavailable,
)
from leasehold.http.answers import json_answer
from leasehold.job import Job, Status
from leasehold.lease import Lease
from leasehold.order import Order
from leasehold.report import Reported
from leasehold.store import JobStore
from leasehold.times import DAY, SECOND
from leasehold.views import listed_view
from tests.rig import ADMIN, START, Rig, broken, by


@pytest.fixture
def rig(any_rig: Rig) -> Rig:
    return any_rig


# ---- enqueue ----


def test_a_new_job_is_queued_and_due_now(rig: Rig) -> None:
    job = rig.now_is(rig.enqueue(payload={"hello": "wörld"}))
    assert (job.status, job.attempt, job.max_attempts, job.next_run_at) == ("queued", 0, 5, START)
    assert job.payload == '{"hello":"wörld"}'
    assert [change.event for change in job.history] == ["queued"]


def test_a_delayed_job_is_not_due_before_its_time(rig: Rig) -> None:
    rig.enqueue(delay_seconds=60)
    rig.clock.move(59.999)
    assert rig.jobs.lease(["demo.echo"], "worker_a", ADMIN) == []
    rig.clock.move(0.001)
    assert rig.lease().status == "leased"


def test_a_job_can_be_put_off_for_years(rig: Rig) -> None:
    job = rig.enqueue(run_at=START + 3650 * DAY)
    assert rig.now_is(job).next_run_at == START + 3650 * DAY
    assert rig.jobs.lease(["demo.echo"], "worker_a", ADMIN) == []


def test_the_same_idempotency_key_finds_the_same_job(rig: Rig) -> None:
    order = Order("demo.echo", {"n": 1})
    first, is_new = rig.jobs.enqueue(order, ADMIN, "key-1")
    again, is_new_again = rig.jobs.enqueue(order, ADMIN, "key-1")
    rig.clock.move(1)
    later, is_new_later = rig.jobs.enqueue(order, ADMIN, "key-1")
    assert is_new
    assert first.job_id == again.job_id == later.job_id
    assert not is_new_again  # however soon it came
    assert not is_new_later
    assert rig.lease().job_id == first.job_id
    assert rig.jobs.lease(["demo.echo"], "worker_a", ADMIN) == []


def test_the_same_idempotency_key_with_another_body_is_refused(rig: Rig) -> None:
    rig.jobs.enqueue(Order("demo.echo", {"n": 1}), ADMIN, "key-1")
    with pytest.raises(Invalid) as refused:
        rig.jobs.enqueue(Order("demo.echo", {"n": 2}), ADMIN, "key-1")
    assert refused.value.code == "idempotency_key_reused"


# ---- lease ----


def test_a_lease_names_its_worker_and_its_end(rig: Rig) -> None:
    job = rig.leased("worker_a")
    assert (job.status, job.worker_id, job.lease_number) == ("leased", "worker_a", 1)
    assert job.lease_expires_at == START + 120 * SECOND
    assert job.next_run_at is None
    assert job.lease_token is not None
    assert rig.now_is(job) == job


def test_a_leased_job_is_not_leased_again(rig: Rig) -> None:
    rig.leased()
    assert rig.jobs.lease(["demo.echo"], "worker_b", ADMIN) == []


def test_high_goes_before_normal_before_low_however_long_the_backlog(rig: Rig) -> None:
    low = rig.enqueue(priority="low")
    rig.clock.move(1)
    normal = [rig.enqueue() for _ in range(15)]
    rig.clock.move(1)
    high = rig.enqueue(priority="high")
    order = [rig.lease().job_id for _ in range(17)]
    assert order[0] == high.job_id
    assert set(order[1:16]) == {job.job_id for job in normal}
    assert order[16] == low.job_id


def test_jobs_of_one_priority_come_in_the_order_in_which_they_are_due(rig: Rig) -> None:
    late = rig.enqueue("demo.spread", delay_seconds=30)
    early = rig.enqueue("demo.spread", delay_seconds=10)
    middle = rig.enqueue("demo.spread", delay_seconds=20)
    rig.clock.move(60)
    jobs = rig.jobs.lease(["demo.spread"], "worker_a", ADMIN, at_most=10)
    assert [job.job_id for job in jobs] == [early.job_id, middle.job_id, late.job_id]


def test_a_lease_call_takes_as_many_jobs_as_asked_of_all_types_asked(rig: Rig) -> None:
    for _ in range(4):
        rig.enqueue("demo.echo")
        rig.enqueue("demo.brief")
    rig.enqueue("demo.spread")
    jobs = rig.jobs.lease(["demo.echo", "demo.brief"], "worker_a", ADMIN, at_most=6)
    assert len({job.job_id for job in jobs}) == 6
    assert {job.type for job in jobs} <= {"demo.echo", "demo.brief"}


@pytest.mark.parametrize("fault", [Throttled, Unavailable])
def test_a_batch_that_is_broken_off_answers_with_the_jobs_that_it_has_leased(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, fault: type[LeaseholdError]
) -> None:
    first, second = rig.enqueue(priority="high"), rig.enqueue()
    lease = JobStore.lease

    def broken_at_the_second(self: JobStore, seen: Candidate, *rest: Any, **more: Any) -> Job | None:
        if seen.job_id == second.job_id:
            raise fault("not now")
        return lease(self, seen, *rest, **more)

    with monkeypatch.context() as broken_off:
        broken_off.setattr(JobStore, "lease", broken_at_the_second)
        assert [job.job_id for job in rig.jobs.lease(["demo.echo"], "worker_a", ADMIN, at_most=5)] == [first.job_id]
        with pytest.raises(fault):
            rig.jobs.lease(["demo.echo"], "worker_a", ADMIN, at_most=5)
    assert rig.lease().job_id == second.job_id


def test_a_job_that_dies_in_a_lease_call_does_not_change_the_order_of_the_others(rig: Rig) -> None:
    rig.leased(max_attempts=1)
    rig.clock.move(121)
    due = [rig.enqueue(delay_seconds=nth).job_id for nth in range(6)]
    rig.clock.move(10)
    assert [rig.lease().job_id for _ in due] == due


def test_waiting_for_a_job_ends_with_the_job_or_with_the_time(rig: Rig) -> None:
    assert rig.jobs.lease(["demo.echo"], "worker_a", ADMIN, wait_seconds=20) == []
    assert rig.clock.now == START + 20 * SECOND
    rig.enqueue(delay_seconds=5)
    [job] = rig.jobs.lease(["demo.echo"], "worker_a", ADMIN, wait_seconds=20)
    assert START + 25 * SECOND <= rig.clock.now < START + 27 * SECOND
    assert job.status == "leased"


# ---- succeed ----


@pytest.mark.parametrize("with_token", [True, False])
def test_success_is_stored_with_its_result(rig: Rig, with_token: bool) -> None:
    job = rig.leased()
    rig.jobs.succeed(by(job, with_token=with_token), {"answer": 42})
    done = rig.now_is(job)
    assert (done.status, done.result, done.worker_id, done.lease_token) == ("succeeded", '{"answer":42}', None, None)
    assert rig.jobs.lease(["demo.echo"], "worker_b", ADMIN) == []


@pytest.mark.parametrize("with_token", [True, False])
def test_a_repeated_success_gets_the_same_answer_and_changes_nothing(rig: Rig, with_token: bool) -> None:
    job = rig.leased()
    first = rig.jobs.succeed(by(job), {"answer": 42})
    done = rig.now_is(job)
    rig.clock.move(1)
    assert rig.jobs.succeed(by(job, with_token=with_token), {"answer": 43}) == first
    assert rig.now_is(job) == done


@pytest.mark.parametrize("with_token", [True, False])
def test_after_a_success_the_other_verbs_are_refused(rig: Rig, with_token: bool) -> None:
    job = rig.leased()
    rig.jobs.succeed(by(job), {})
    done = rig.now_is(job)
    who = by(job, with_token=with_token)
    for report in (
        lambda: rig.jobs.fail(who, broken()),
        lambda: rig.jobs.release(who),
        lambda: rig.jobs.heartbeat(who),
    ):
        with pytest.raises(LeaseConflict):
            report()
    assert rig.now_is(job) == done


def test_another_worker_cannot_finish_the_job(rig: Rig) -> None:
    job = rig.leased("worker_a")
    for with_token in (True, False):
        with pytest.raises(LeaseConflict):
            rig.jobs.succeed(by(job, "worker_b", with_token=with_token), {})
    assert rig.now_is(job) == job


def test_a_made_up_token_opens_nothing(rig: Rig) -> None:
    job = rig.leased("worker_a")
    held = Lease.parse(job.lease_token or "")
    assert held is not None
    forged = Lease(held.number, 0, 100, held.sequence, held.seconds, held.type, "A" * 16)
    for token in (forged.token, "nonsense", "", f"{job.lease_token}x"):
        with pytest.raises(LeaseConflict):
            rig.jobs.succeed(type(by(job))(job.job_id, "worker_a", token, ADMIN), {})
    assert rig.now_is(job) == job


def test_a_report_on_a_job_that_does_not_exist_is_a_conflict(rig: Rig) -> None:
    job = rig.leased()
    for with_token in (True, False):
        gone = type(by(job))("job_gone", "worker_a", job.lease_token if with_token else None, ADMIN)
        with pytest.raises(LeaseConflict):
            rig.jobs.succeed(gone, {})
    assert rig.store.get("job_gone") is None


# ---- fail ----


@pytest.mark.parametrize("with_token", [True, False])
def test_a_failure_with_attempts_left_queues_the_job_after_its_backoff(rig: Rig, with_token: bool) -> None:
    job = rig.leased()
    rig.clock.move(3)
    reported = rig.jobs.fail(by(job, with_token=with_token), broken("no luck", code="E1"))
    stored = rig.now_is(job)
    assert (reported.status, reported.attempt) == ("queued", 1)
    assert reported.next_run_at == stored.next_run_at == START + 13 * SECOND
    assert (stored.status, stored.attempt, stored.worker_id, stored.lease_token) == ("queued", 1, None, None)
    assert stored.lease_expires_at is None
    assert stored.last_error is not None
    assert (stored.last_error.code, stored.last_error.message) == ("E1", "no luck")


def test_the_wait_doubles_with_each_failure_up_to_the_cap(rig: Rig) -> None:
    rig.enqueue(max_attempts=100)
    waits = []
    for _ in range(12):
        job = rig.lease()
        reported = rig.jobs.fail(by(job), broken())
        assert reported.next_run_at is not None
        waits.append((reported.next_run_at - rig.clock.now) // SECOND)
        rig.clock.now = reported.next_run_at
    assert waits == [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600]


def test_the_failure_of_the_last_attempt_is_final(rig: Rig) -> None:
    job = rig.leased(max_attempts=1)
    rig.clock.move(3)
    reported = rig.jobs.fail(by(job), broken())
    stored = rig.now_is(job)
    assert (reported.status, reported.next_run_at) == ("dlq", rig.clock.now)
    assert (stored.status, stored.attempt, stored.next_run_at) == ("dlq", 1, rig.clock.now)
    assert rig.jobs.lease(["demo.echo"], "worker_b", ADMIN) == []


def test_a_failure_that_is_not_retryable_is_final(rig: Rig) -> None:
    job = rig.leased()
    assert rig.jobs.fail(by(job), broken(retryable=False)).status == "dlq"


def test_the_worker_may_say_when_to_retry(rig: Rig) -> None:
    job = rig.leased()
    reported = rig.jobs.fail(by(job), broken(retry_after_seconds=1800))
    assert reported.next_run_at == START + 1800 * SECOND


@pytest.mark.parametrize("max_attempts", [5, 1])
def test_a_repeated_failure_counts_once(rig: Rig, max_attempts: int) -> None:
    job = rig.leased(max_attempts=max_attempts)
    first = rig.jobs.fail(by(job), broken())
    stored = rig.now_is(job)
    rig.clock.move(1)
    assert rig.jobs.fail(by(job), broken("again")) == first
    assert rig.jobs.fail(by(job, with_token=False), broken("again")) == first
    assert rig.now_is(job) == stored
    with pytest.raises(LeaseConflict):
        rig.jobs.succeed(by(job), {})


def test_a_failure_repeated_after_the_next_lease_still_gets_its_answer(rig: Rig) -> None:
    job = rig.leased("worker_a")
    first = rig.jobs.fail(by(job), broken())
    rig.clock.move(60)
    taken = rig.lease("worker_b")
    assert rig.jobs.fail(by(job, "worker_a"), broken()) == first
    assert rig.now_is(job) == taken
    with pytest.raises(LeaseConflict):  # without a token nobody can tell which lease is meant
        rig.jobs.fail(by(job, "worker_a", with_token=False), broken())


@pytest.mark.parametrize("last", ["leased", "succeeded"])
def test_the_last_three_reports_are_repeated_whoever_has_reported_since(rig: Rig, last: str) -> None:
    def report(job: Job, verb: str) -> Reported:
        return rig.jobs.fail(by(job), broken()) if verb == "fail" else rig.jobs.release(by(job), 60)

    rig.enqueue()
    made: list[tuple[Job, str, Reported]] = []
    for verb in ("fail", "release", "fail", "release", "fail"):
        job = rig.lease(f"worker_{len(made)}")
        made.append((job, verb, report(job, verb)))
        rig.clock.move(200)
    job = rig.lease("worker_z")
    if last == "succeeded":
        rig.jobs.succeed(by(job), {})
    stored = rig.now_is(job)
    kept = made[-3:] if last == "leased" else made[-2:]
    for earlier, verb, answer in made:
        if (earlier, verb, answer) in kept:
            assert report(earlier, verb) == answer
        else:
            with pytest.raises(LeaseConflict):
                report(earlier, verb)
        with pytest.raises(LeaseConflict):
            report(earlier, "fail" if verb == "release" else "release")
        with pytest.raises(LeaseConflict):
            rig.jobs.succeed(by(earlier), {})
    assert rig.now_is(job) == stored


def test_without_a_token_a_failure_is_not_repeated_once_another_has_had_the_job(rig: Rig) -> None:
    job = rig.leased("worker_a")
    rig.jobs.fail(by(job), broken())
    rig.clock.move(60)
    rig.lease("worker_b")
    rig.clock.move(121)
    [seen] = rig.dispatch.due([("demo.echo", 1)], "normal", until=rig.clock.now, limit=1).candidates
    assert rig.jobs.expire(seen)
    with pytest.raises(LeaseConflict):
        rig.jobs.fail(by(job, "worker_a", with_token=False), broken())


# ---- release and heartbeat ----


def test_release_gives_the_job_back_without_using_an_attempt(rig: Rig) -> None:
    job = rig.leased("worker_a")
    first = rig.jobs.release(by(job), 30)
    assert (first.status, first.attempt, first.next_run_at) == ("queued", 0, START + 30 * SECOND)
    assert rig.jobs.release(by(job), 30) == first
    rig.clock.move(30)
    again = rig.lease("worker_b")
    assert (again.attempt, again.lease_number) == (0, 2)


def test_a_heartbeat_prolongs_the_lease_from_now(rig: Rig) -> None:
    job = rig.leased()
    rig.clock.move(100)
    beat = rig.jobs.heartbeat(by(job), progress=0.5, message="half way")
    assert beat.lease_expires_at == rig.clock.now + 120 * SECOND
    assert not beat.cancel_requested
    stored = rig.now_is(job)
    assert (stored.progress, stored.progress_message) == (0.5, "half way")
    rig.clock.move(100)
    assert rig.jobs.lease(["demo.echo"], "worker_b", ADMIN) == []
    assert rig.jobs.heartbeat(by(job), lease_seconds=5).lease_expires_at == rig.clock.now + 5 * SECOND


def test_a_heartbeat_after_the_lease_has_run_out_is_refused(rig: Rig) -> None:
    job = rig.leased()
    rig.clock.move(120)
    with pytest.raises(LeaseConflict):
        rig.jobs.heartbeat(by(job))
    assert rig.now_is(job) == job


# ---- expiry ----


def test_a_late_report_on_a_lease_that_nobody_took_over_counts(rig: Rig) -> None:
    job = rig.leased()
    rig.clock.move(5000)
    rig.jobs.succeed(by(job), {})
    assert rig.now_is(job).status == "succeeded"


def test_a_run_out_lease_is_taken_over_as_a_failed_attempt(rig: Rig) -> None:
    lost = rig.leased("worker_a")
    rig.clock.move(120)
    taken = rig.lease("worker_b")
    assert (taken.job_id, taken.attempt, taken.lease_number) == (lost.job_id, 1, 2)
    assert taken.last_error is not None
    assert taken.last_error.code == "lease_expired"
    assert [change.event for change in taken.history] == ["queued", "leased", "failed", "leased"]
    with pytest.raises(LeaseConflict):
        rig.jobs.succeed(by(lost), {})
    with pytest.raises(LeaseConflict):
        rig.jobs.fail(by(lost), broken())
    assert rig.now_is(lost) == taken


def test_a_lease_that_runs_out_on_the_last_attempt_ends_in_the_dlq(rig: Rig) -> None:
    job = rig.leased(max_attempts=1)
    rig.clock.move(121)
    assert rig.jobs.lease(["demo.echo"], "worker_b", ADMIN) == []
    stored = rig.now_is(job)
    assert (stored.status, stored.attempt, stored.next_run_at) == ("dlq", 1, rig.clock.now)
    assert stored.last_error is not None
    assert stored.last_error.code == "lease_expired"


def test_a_poison_job_does_not_run_for_ever(rig: Rig) -> None:
    rig.enqueue(max_attempts=3)
    runs = 0
    for _ in range(10):
        runs += len(rig.jobs.lease(["demo.echo"], "worker_a", ADMIN))
        rig.clock.move(10_000)
    assert runs == 3


def test_the_sweep_expires_the_lease_that_it_saw(rig: Rig) -> None:
    job = rig.leased()
    rig.clock.move(120)
    [seen] = rig.dispatch.due([("demo.echo", 1)], "normal", until=rig.clock.now, limit=5).candidates
    assert rig.jobs.expire(seen)
    stored = rig.now_is(job)
    assert (stored.status, stored.attempt, stored.next_run_at) == ("queued", 1, rig.clock.now + 10 * SECOND)
    assert not rig.jobs.expire(seen)
    assert rig.now_is(job) == stored


@pytest.mark.parametrize("event", ["succeeded", "heartbeat", "taken over", "cancelled"])
def test_the_sweep_cannot_overwrite_what_has_happened_since(rig: Rig, event: str) -> None:
    job = rig.leased()
    rig.clock.move(119)
    [seen] = rig.dispatch.due([("demo.echo", 1)], "normal", until=rig.clock.now + 10 * SECOND, limit=5).candidates
    if event == "heartbeat":
        rig.jobs.heartbeat(by(job))
    rig.clock.move(1)
    if event == "succeeded":
        rig.jobs.succeed(by(job), {})
    if event == "taken over":
        rig.lease("worker_b")
    if event == "cancelled":
        rig.jobs.cancel(job.job_id, ADMIN)
    stored = rig.now_is(job)
    assert not rig.jobs.expire(seen)
    assert rig.now_is(job) == stored


# ---- cancel and redrive ----


def test_cancelling_a_queued_job_keeps_it_from_running(rig: Rig) -> None:
    job = rig.enqueue()
    assert rig.jobs.cancel(job.job_id, ADMIN).status == "cancelled"
    assert rig.jobs.cancel(job.job_id, ADMIN).status == "cancelled"
    assert rig.jobs.lease(["demo.echo"], "worker_a", ADMIN) == []


def test_a_worker_learns_of_the_cancellation_by_its_heartbeat(rig: Rig) -> None:
    job = rig.leased()
    rig.jobs.cancel(job.job_id, ADMIN)
    for with_token in (True, False):
        assert rig.jobs.heartbeat(by(job, with_token=with_token)).cancel_requested
        with pytest.raises(LeaseConflict):
            rig.jobs.succeed(by(job, with_token=with_token), {})
    with pytest.raises(LeaseConflict):
        rig.jobs.heartbeat(by(job, "worker_b"))
    assert rig.now_is(job).status == "cancelled"


def test_a_finished_job_cannot_be_cancelled(rig: Rig) -> None:
    job = rig.leased()
    rig.jobs.succeed(by(job), {})
    with pytest.raises(AlreadyFinished):
        rig.jobs.cancel(job.job_id, ADMIN)


def test_redrive_starts_a_dead_job_anew(rig: Rig) -> None:
    job = rig.leased(max_attempts=1)
    rig.jobs.fail(by(job), broken())
    rig.clock.move(60)
    redriven = rig.jobs.redrive(job.job_id, ADMIN, max_attempts=7)
    assert (redriven.status, redriven.attempt, redriven.max_attempts) == ("queued", 0, 7)
    assert redriven.next_run_at == rig.clock.now
    again = rig.lease("worker_b")
    assert again.lease_number == 2
    with pytest.raises(LeaseConflict):
        rig.jobs.succeed(by(job), {})


def test_only_dead_jobs_can_be_redriven(rig: Rig) -> None:
    job = rig.enqueue()
    with pytest.raises(NotInDlq):
        rig.jobs.redrive(job.job_id, ADMIN)
    with pytest.raises(NotFound):
        rig.jobs.redrive("job_none", ADMIN)


def test_many_dead_jobs_are_redriven_by_type_and_code(rig: Rig) -> None:
    for nth in range(6):
        job = rig.leased(max_attempts=1)
        rig.jobs.fail(by(job), broken(code="E1" if nth % 2 else "E2"))
    other = rig.leased(job_type="demo.brief", max_attempts=1)
    rig.jobs.fail(by(other), broken(code="E1"))
    assert rig.redrive_many(job_type="demo.echo", code="E1", limit=2) == 2
    assert rig.redrive_many(job_type="demo.echo", code="E1", limit=None) == 1
    assert rig.redrive_many(job_type=None, code=None, limit=None) == 4
    assert rig.redrive_many(job_type=None, code=None, limit=None) == 0


def test_redriving_many_that_is_throttled_on_the_way_answers_with_what_it_has_done(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = rig.leased(max_attempts=1)
    rig.clock.move(1)
    second = rig.leased(max_attempts=1)
    for each in (first, second):
        rig.jobs.fail(by(each), broken())
    redrive = JobStore.redrive

    def throttled_at_the_second(self: JobStore, seen: Job, **more: Any) -> Job:
        if seen.job_id == second.job_id:
            raise Throttled("not now")
        return redrive(self, seen, **more)

    asked: dict[str, Any] = {"job_type": "demo.echo", "code": None, "limit": None}
    with monkeypatch.context() as throttled:
        throttled.setattr(JobStore, "redrive", throttled_at_the_second)
        assert rig.redrive_many(**asked) == 1
        with pytest.raises(Throttled):
            rig.redrive_many(**asked)
    assert rig.redrive_many(**asked) == 1


def test_redriving_very_many_ends_in_time_to_answer(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        rig.jobs.fail(by(rig.leased(max_attempts=1)), broken())
    redrive = rig.store.redrive

    def slow(*seen: Any, **how: Any) -> Any:
        rig.clock.move(7)
        return redrive(*seen, **how)

    monkeypatch.setattr(rig.store, "redrive", slow)
    assert rig.redrive_many(job_type=None, code=None, limit=None) == 3
    assert rig.redrive_many(job_type=None, code=None, limit=None) == 2


# ---- looking ----


def test_pages_show_every_job_once_newest_first(rig: Rig) -> None:
    made = []
    for nth in range(23):
        made.append(rig.enqueue("demo.echo" if nth % 3 else "demo.brief").job_id)
        rig.clock.move(0.001 if nth % 2 else 0)
    for limit in (1, 5, 23, 100):
        seen: list[str] = []
        cursor = None
        while True:
            page, cursor = rig.overview.page(ADMIN, status=None, job_type=None, limit=limit, cursor=cursor)
            seen += [job.job_id for job in page]
            created = [job.created_at for job in page]
            assert created == sorted(created, reverse=True)
            if cursor is None:
                break
        assert len(seen) == 23
        assert set(seen) == set(made)


@pytest.mark.parametrize("payload", ["x" * 65_000, "é" * 32_500, '"' * 32_500], ids=["plain", "accents", "quotes"])
def test_a_page_of_large_jobs_ends_before_it_is_too_large_for_lambda(rig: Rig, payload: str) -> None:
    for _ in range(40):
        rig.enqueue(payload={"large": payload})
    first, cursor = rig.overview.page(ADMIN, status=None, job_type="demo.echo", limit=100, cursor=None)
    answer = json_answer(200, {"jobs": [listed_view(job) for job in first]})
    assert 0 < len(json.dumps(answer)) < 3_000_000
    seen = {job.job_id for job in first}
    while cursor is not None:
        following, cursor = rig.overview.page(ADMIN, status=None, job_type="demo.echo", limit=100, cursor=cursor)
        seen |= {job.job_id for job in following}
    assert len(seen) == 40


def test_pages_of_one_status_hold_only_that_status(rig: Rig) -> None:
    dead = rig.leased(max_attempts=1)
    rig.jobs.fail(by(dead), broken())
    done = rig.leased()
    rig.jobs.succeed(by(done), {})
    cancelled = rig.enqueue()
    rig.jobs.cancel(cancelled.job_id, ADMIN)
    held = rig.leased()
    waiting = rig.enqueue(delay_seconds=5)
    for status, job in (
        ("dlq", dead),
        ("succeeded", done),
        ("cancelled", cancelled),
        ("leased", held),
        ("queued", waiting),
    ):
        page, cursor = rig.overview.page(ADMIN, status=status, job_type="demo.echo", limit=10, cursor=None)
        assert [each.job_id for each in page] == [job.job_id]
        assert cursor is None


def test_a_page_is_narrowed_by_the_code_of_the_last_error(rig: Rig) -> None:
    wanted = []
    for nth in range(5):
        job = rig.leased(max_attempts=1)
        rig.jobs.fail(by(job), broken(code="mail_down" if nth % 2 == 0 else "disk_full"))
        rig.clock.move(1)
        wanted += [job.job_id] if nth % 2 == 0 else []
    retrying = rig.leased()
    rig.jobs.fail(by(retrying), broken(code="mail_down"))
    rig.enqueue()

    def listed(status: Status | None) -> list[str]:
        found: list[str] = []
        cursor: str | None = None
        while True:
            page, cursor = rig.overview.page(
                ADMIN, status=status, job_type="demo.echo", code="mail_down", limit=2, cursor=cursor
            )
            assert len(page) <= 2
            found += [job.job_id for job in page]
            if cursor is None:
                return found

    assert listed("dlq") == wanted[::-1]
    assert listed(None) == [retrying.job_id, *wanted[::-1]]


def test_stats_count_by_type_and_status(rig: Rig) -> None:
    rig.jobs.fail(by(rig.leased(max_attempts=1)), broken())
    rig.jobs.succeed(by(rig.leased()), {})
    rig.enqueue("demo.brief")
    rig.clock.move(90)
    stats = rig.overview.stats(ADMIN)
    assert stats["demo.echo"] == {
        "queued": 0,
        "leased": 0,
        "succeeded": 1,
        "dlq": 1,
        "cancelled": 0,
        "oldestDueSeconds": None,
    }
    assert stats["demo.brief"]["queued"] == 1
    assert stats["demo.brief"]["oldestDueSeconds"] == 90


def test_history_keeps_the_last_twenty_changes(rig: Rig) -> None:
    rig.enqueue(max_attempts=100)
    for _ in range(15):
        job = rig.lease()
        reported = rig.jobs.fail(by(job), broken())
        assert reported.next_run_at is not None
        rig.clock.now = reported.next_run_at
    history = rig.now_is(job).history
    assert len(history) == 20
    assert [change.event for change in history] == ["leased", "failed"] * 10
    assert history[-1].attempt == 15
    assert [change.at for change in history] == sorted(change.at for change in history)
