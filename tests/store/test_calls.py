"""How many calls to AWS each operation makes: the promise that a report is one write and no read."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from leasehold.job import PRIORITIES
from leasehold.order import Order
from tests.rig import ADMIN, Rig, broken, by


@contextmanager
def counted(client: Any) -> Iterator[Counter[str]]:
    """The calls of a client within the block, by operation."""
    calls: Counter[str] = Counter()

    def count(model: Any, **_more: Any) -> None:
        calls[model.name] += 1

    client.meta.events.register("before-call.dynamodb", count, unique_id="count")
    try:
        yield calls
    finally:
        client.meta.events.unregister("before-call.dynamodb", unique_id="count")


REPORTS: dict[str, Callable[..., Any]] = {
    "succeed": lambda rig, who: rig.jobs.succeed(who, {}),
    "fail": lambda rig, who: rig.jobs.fail(who, broken()),
    "heartbeat": lambda rig, who: rig.jobs.heartbeat(who),
    "release": lambda rig, who: rig.jobs.release(who),
}


@pytest.mark.parametrize("verb", REPORTS)
def test_a_report_with_its_token_is_one_write_and_no_read(rig: Rig, verb: str) -> None:
    job = rig.leased()
    with counted(rig.client) as calls:
        REPORTS[verb](rig, by(job))
    assert calls == {"UpdateItem": 1}


@pytest.mark.parametrize("verb", REPORTS)
def test_a_report_without_its_token_takes_one_read_more(rig: Rig, verb: str) -> None:
    job = rig.leased()
    with counted(rig.client) as calls:
        REPORTS[verb](rig, by(job, with_token=False))
    assert calls == {"GetItem": 1, "UpdateItem": 1}


def test_a_repeated_report_is_one_refused_write(rig: Rig) -> None:
    job = rig.leased()
    rig.jobs.succeed(by(job), {})
    with counted(rig.client) as calls:
        rig.jobs.succeed(by(job), {})
    assert calls == {"UpdateItem": 1}


@pytest.mark.parametrize(("priority", "queries"), [("high", 1), ("normal", 2), ("low", 3)])
@pytest.mark.parametrize("backlog", [1, 40])
def test_a_lease_is_one_query_a_priority_level_and_one_write(
    rig: Rig, priority: Any, queries: int, backlog: int
) -> None:
    for _ in range(backlog):
        rig.enqueue(priority=priority)
    with counted(rig.client) as calls:
        rig.lease()
    assert calls == {"Query": queries, "UpdateItem": 1}


def test_a_batch_of_leases_is_one_query_a_priority_level_and_a_write_each(rig: Rig) -> None:
    for _ in range(20):
        rig.enqueue(priority="high")
    with counted(rig.client) as calls:
        assert len(rig.jobs.lease(["demo.echo"], "worker_a", ADMIN, at_most=10)) == 10
    assert calls == {"Query": 1, "UpdateItem": 10}


def test_an_empty_queue_costs_a_query_a_priority_level(rig: Rig) -> None:
    with counted(rig.client) as calls:
        assert rig.jobs.lease(["demo.echo"], "worker_a", ADMIN) == []
    assert calls == {"Query": len(PRIORITIES)}


def test_taking_over_a_run_out_lease_is_one_write(rig: Rig) -> None:
    rig.leased()
    rig.clock.move(121)
    with counted(rig.client) as calls:
        rig.lease("worker_b")
    assert calls == {"Query": 2, "UpdateItem": 1}


@pytest.mark.parametrize("key", [None, "key-1"])
def test_enqueueing_is_one_write_with_or_without_a_key(rig: Rig, key: str | None) -> None:
    with counted(rig.client) as calls:
        rig.jobs.enqueue(Order("demo.echo", {}), ADMIN, key)
    assert calls == {"PutItem": 1}


def test_an_index_that_is_behind_our_own_lease_costs_no_write_and_no_order(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [rig.enqueue(priority="high").job_id for _ in range(3)]
    seen_before = rig.dispatch.due([("demo.echo", 1)], "high", until=rig.clock(), limit=11)
    first = rig.lease().job_id
    monkeypatch.setattr(rig.dispatch, "due", lambda *_, **__: seen_before)
    with counted(rig.client) as calls:
        second = rig.lease().job_id
    assert calls == {"UpdateItem": 1}
    assert {first, second} < set(jobs)
    assert first != second


def test_a_job_of_ours_is_taken_again_once_its_lease_has_run_out(rig: Rig) -> None:
    job = rig.leased()
    rig.clock.move(121)
    assert rig.lease().job_id == job.job_id
