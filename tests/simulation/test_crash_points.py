"""Every flow, stopped before and after every AWS call in it, its answers lost, its calls throttled: all ends well.

Each point runs in a world of its own: the flow goes wrong there, and then time passes, with retries, redeliveries, the
sweeper and an honest worker. The job must end where it should, with exactly one effect each, and nothing left over.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from leasehold import report, store
from leasehold.errors import LeaseholdError
from leasehold.job import Job
from leasehold.order import Order
from tests.rig import ADMIN, broken, by
from tests.simulation.world import (
    MODES,
    Mode,
    Stopped,
    World,
    check_history,
    small_picture,
    until_answered,
)


@dataclass(frozen=True)
class Flow:
    """Something that happens, and how it must end."""

    name: str
    prepare: Callable[[World], Any]
    act: Callable[[World, Any], Any]
    status: str
    # Whether whoever sent the request, event or record sends it again after the process died under it.
    is_sent_again: bool
    work: Callable[[World, Job], None] | None = None


def _order(**more: Any) -> Order:
    return Order("demo.echo", {"n": 1}, **more)


def _leased(world: World, **more: Any) -> Job:
    world.jobs.enqueue(_order(**more), ADMIN, "the-key")
    [job] = world.jobs.lease(["demo.echo"], "worker_a", ADMIN)
    return job


def _run_out(world: World, **more: Any) -> Job:
    job = _leased(world, **more)
    world.clock.move(121)
    return job


def _succeed(world: World, job: Job) -> None:
    world.jobs.succeed(by(job), {"by": job.worker_id})


def _dead_in_the_stream(world: World) -> None:
    job = _leased(world, max_attempts=1)
    while world.stream:
        world.deliver_stream()
    world.jobs.fail(by(job), broken())


def _far_off(world: World) -> None:
    world.upload("uploads/far.jpg", small_picture())
    world.deliver_upload()
    [asset] = [each for each in world.every_asset() if each.kind == "source"]
    payload = {"assetId": asset.asset_id, "versionNumber": 1}
    world.jobs.enqueue(Order("thumbnail.create", payload, delay_seconds=950), ADMIN)
    while world.stream:
        world.deliver_stream()
    world.clock.move(900)


def _woken(world: World) -> None:
    world.sweeper.sweep()  # it comes due within the sweeper's reach
    world.clock.move(60)
    world.deliver_wake_up()


def _drained(world: World) -> None:
    while world.stream:
        world.deliver_stream()


FLOWS = [
    Flow(
        "enqueue",
        lambda world: None,
        lambda world, _: world.jobs.enqueue(_order(), ADMIN, "the-key"),
        "succeeded",
        is_sent_again=True,
        work=_succeed,
    ),
    Flow(
        "lease",
        lambda world: world.jobs.enqueue(_order(), ADMIN, "the-key"),
        lambda world, _: world.jobs.lease(["demo.echo"], "worker_a", ADMIN),
        "succeeded",
        is_sent_again=False,
        work=_succeed,
    ),
    Flow(
        "take over",
        _run_out,
        lambda world, _: world.jobs.lease(["demo.echo"], "worker_b", ADMIN),
        "succeeded",
        is_sent_again=False,
        work=_succeed,
    ),
    Flow(
        "succeed",
        _leased,
        lambda world, job: world.jobs.succeed(by(job), {"by": job.worker_id}),
        "succeeded",
        is_sent_again=False,
        work=_succeed,
    ),
    Flow(
        "succeed, known by the worker id alone",
        _leased,
        lambda world, job: world.jobs.succeed(by(job, with_token=False), {"by": job.worker_id}),
        "succeeded",
        is_sent_again=False,
        work=_succeed,
    ),
    Flow(
        "fail to retry",
        _leased,
        lambda world, job: world.jobs.fail(by(job), broken()),
        "succeeded",
        is_sent_again=False,
        work=_succeed,
    ),
    Flow(
        "fail to dlq",
        lambda world: _leased(world, max_attempts=1),
        lambda world, job: world.jobs.fail(by(job), broken()),
        "dlq",
        is_sent_again=False,
    ),
    Flow(
        "release",
        _leased,
        lambda world, job: world.jobs.release(by(job)),
        "succeeded",
        is_sent_again=False,
        work=_succeed,
    ),
    Flow(
        "expire",
        _run_out,
        lambda world, _: world.sweeper.sweep(),
        "succeeded",
        is_sent_again=False,
        work=_succeed,
    ),
    Flow(
        "expire to dlq",
        lambda world: _run_out(world, max_attempts=1),
        lambda world, _: world.sweeper.sweep(),
        "dlq",
        is_sent_again=False,
    ),
    Flow(
        "cancel",
        _leased,
        lambda world, job: world.jobs.cancel(job.job_id, ADMIN),
        "cancelled",
        is_sent_again=True,
    ),
    Flow(
        "thumbnail from S3",
        lambda world: world.upload("uploads/a b.jpg", small_picture()),
        lambda world, _: world.deliver_upload(),
        "succeeded",
        is_sent_again=True,
    ),
    Flow(
        "thumbnail by a wake-up",
        _far_off,
        lambda world, _: _woken(world),
        "succeeded",
        is_sent_again=True,
    ),
    Flow(
        "outbox",
        _dead_in_the_stream,
        lambda world, _: _drained(world),
        "dlq",
        is_sent_again=True,
    ),
]

POINTS_TRIED: list[tuple[str, int, Mode]] = []


def _run(dynamodb: Any, flow: Flow, at: int | None, mode: Mode) -> tuple[World, int]:
    """The flow in a world of its own, with that fault, and all that follows. Returns the calls that it made."""
    world = World(dynamodb)
    prepared = flow.prepare(world)
    world.faults.arm(at, mode)
    try:
        until_answered(lambda: flow.act(world, prepared))
    except Stopped:
        if flow.is_sent_again:
            until_answered(lambda: flow.act(world, prepared))
    calls = len(world.faults.calls)
    work = flow.work
    world.settle(None if work is None else lambda job: work(world, job))
    return world, calls


def _check(flow: Flow, world: World) -> None:
    jobs = world.every_job()
    assert len({job.job_id for job in jobs}) == (2 if flow.name == "thumbnail by a wake-up" else 1)
    keys, letters = world.queues.event_keys(), world.queues.letters()
    for job in jobs:
        check_history(job)
        assert job.status == flow.status, [change.event for change in job.history]
        final = [key for key in keys if key[1] == job.job_id and key[0] == f"job.{job.status}"]
        assert final == [(f"job.{job.status}", job.job_id, job.lease_number)]
        assert letters == ({(job.job_id, job.lease_number)} if flow.status == "dlq" else set())
        failures = [change for change in job.history if change.event in ("failed", "dlq")]
        assert len([key for key in keys if key[:2] == ("job.failed", job.job_id)]) == len(failures)
    sources = [asset for asset in world.every_asset() if asset.kind == "source"]
    named = {thumbnail.key for asset in sources for thumbnail in asset.thumbnails}
    assert world.derived_keys() == named
    assert {asset.key for asset in world.every_asset() if asset.kind == "derived"} == named
    assert all(asset.processed for asset in sources)
    assert {key[0] for key in keys if key[0].startswith("asset.")} == ({"asset.processed"} if sources else set())


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_the_flow_ends_well_wherever_it_is_broken(moto_dynamodb: Any, flow: Flow) -> None:
    world, calls = _run(moto_dynamodb, flow, None, "stop before")
    _check(flow, world)
    assert calls > 0
    for at in range(calls):
        for mode in MODES:
            world, _ = _run(moto_dynamodb, flow, at, mode)
            try:
                _check(flow, world)
            except AssertionError as fault:
                raise AssertionError(f"{flow.name}: {mode} at call {at} of {calls}: {fault}") from fault
            POINTS_TRIED.append((flow.name, at, mode))


def test_the_number_of_points_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\ncrash points tried: {len(POINTS_TRIED)}")


# ---- tests of the tests: a seeded fault must be found ----


def _broken_points(dynamodb: Any, flow_name: str) -> list[str]:
    """Where the flow, as it is now, does not end well."""
    [flow] = [flow for flow in FLOWS if flow.name == flow_name]
    _, calls = _run(dynamodb, flow, None, "stop before")
    found = []
    for at in range(calls):
        for mode in MODES:
            try:
                world, _ = _run(dynamodb, flow, at, mode)
                _check(flow, world)
            except (AssertionError, LeaseholdError) as fault:
                found.append(f"{mode} at {at}: {fault}")
    return found


def test_forgetting_own_reports_is_found(moto_dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def forget(item: Any, holder: Any, _verb: Any) -> Any:
        raise report.conflict(item, holder)

    monkeypatch.setattr(store, "repeated", forget)
    assert _broken_points(moto_dynamodb, "succeed")


def test_sending_before_writing_is_found(moto_dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The swapped order: the handler buries the job itself, before its write."""
    real = store.JobStore.fail
    worlds: list[World] = []
    made = World.__init__

    def remember(self: World, dynamodb: Any) -> None:
        made(self, dynamodb)
        worlds.append(self)

    def fail(self: store.JobStore, holder: Any, verdict: Any, failure: Any, **more: Any) -> Any:
        job = self.get(holder.job_id)
        assert job is not None
        worlds[-1].outbox._bury([job])
        return real(self, holder, verdict, failure, **more)

    monkeypatch.setattr(World, "__init__", remember)
    monkeypatch.setattr(store.JobStore, "fail", fail)
    monkeypatch.setattr(
        "tests.simulation.test_crash_points.FLOWS", [flow for flow in FLOWS if flow.name == "fail to retry"]
    )
    assert _broken_points(moto_dynamodb, "fail to retry")


def test_a_stream_record_dropped_on_a_fault_is_found(moto_dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    real = World.deliver_stream

    def drop(self: World) -> None:
        record = self.stream[0]
        try:
            real(self)
        except BaseException:
            self.stream.remove(record)
            raise

    monkeypatch.setattr(World, "deliver_stream", drop)
    assert _broken_points(moto_dynamodb, "outbox")
