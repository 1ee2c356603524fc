"""What happened to a job between two images of the stream."""

from dataclasses import replace

from leasehold.follow_ups import changes
from leasehold.job import HISTORY_LENGTH, Change, Event, Job

_NEW = Job("job_1", "demo.echo", "{}", "queued", "normal", 0, 5, 120, 0, 0, 0, 0, 0, history=(Change(0, "queued", 0),))


def _then(job: Job, *events: Event) -> Job:
    history = (*job.history, *(Change(0, event, 0) for event in events))[-HISTORY_LENGTH:]
    return replace(job, sequence=job.sequence + len(events), history=history)


def _events(old: Job | None, new: Job) -> list[str]:
    return [change.event for change in changes(old, new)]


def test_a_new_job_was_queued() -> None:
    assert _events(None, _NEW) == ["queued"]


def test_a_job_that_was_created_leased_was_leased() -> None:
    assert _events(None, replace(_NEW, history=(Change(0, "leased", 0, "w"),))) == ["leased"]


def test_one_write_is_one_change() -> None:
    leased = _then(_NEW, "leased")
    assert _events(_NEW, leased) == ["leased"]
    assert _events(leased, _then(leased, "succeeded")) == ["succeeded"]


def test_a_heartbeat_is_none() -> None:
    leased = _then(_NEW, "leased")
    assert _events(leased, replace(leased, progress=0.5)) == []


def test_a_lease_that_is_taken_over_is_a_failure_and_a_lease() -> None:
    leased = _then(_NEW, "leased")
    assert _events(leased, _then(leased, "failed", "leased")) == ["failed", "leased"]


def test_a_long_history_tells_the_last_change_as_well() -> None:
    old = _NEW
    for _ in range(15):
        old = _then(old, "leased", "released")
    assert _events(old, _then(old, "leased")) == ["leased"]
