"""What the sweeper wakes, and what it leaves to the messages that are under way."""

from typing import Any

import pytest

from leasehold.job import PRIORITIES
from leasehold.order import Order
from leasehold.sweeper import MOST_WOKEN_AGAIN
from tests.rig import ADMIN
from tests.simulation.world import REGISTRY, World


@pytest.fixture
def world(moto_dynamodb: Any) -> World:
    return World(moto_dynamodb)


def _pushed(world: World, delay_seconds: float = 0) -> str:
    payload = {"assetId": "as_none", "versionNumber": 1}
    job, _ = world.jobs.enqueue(Order("thumbnail.create", payload, delay_seconds=delay_seconds), ADMIN)
    return job.job_id


def _woken(world: World) -> list[str]:
    return [message.body["jobId"] for message in world.queues.messages["retry"]]


def test_a_job_that_comes_due_soon_is_woken_for_its_time(world: World) -> None:
    job_id = _pushed(world, delay_seconds=2000)
    world.sweeper.sweep()
    assert _woken(world) == []
    world.clock.move(1900)
    assert world.sweeper.sweep().woken == 1
    [message] = world.queues.messages["retry"]
    assert (message.body["jobId"], message.due_at) == (job_id, world.clock.now + 100_000)


def test_a_job_that_has_just_come_due_is_left_to_its_message(world: World) -> None:
    _pushed(world)
    world.clock.move(300)
    assert world.sweeper.sweep().woken == 0


def test_a_job_that_is_long_due_is_woken_again(world: World) -> None:
    job_id = _pushed(world)
    world.clock.move(600)
    assert world.sweeper.sweep().woken == 1
    assert _woken(world) == [job_id]


def test_a_backlog_is_not_made_longer_by_its_nudges(world: World) -> None:
    for _ in range(MOST_WOKEN_AGAIN + 20):
        _pushed(world)
    world.clock.move(3600)
    assert world.sweeper.sweep().woken == MOST_WOKEN_AGAIN


def test_jobs_that_come_due_together_share_calls(world: World) -> None:
    made = {_pushed(world, delay_seconds=2000) for _ in range(25)}
    world.clock.move(1900)
    world.faults.calls.clear()
    assert world.sweeper.sweep().woken == 25
    assert world.faults.calls.count("sqs.send_message_batch") == 3
    assert set(_woken(world)) == made


def test_a_queue_that_is_away_for_a_moment_delays_no_other_job(world: World) -> None:
    for _ in range(15):
        _pushed(world, delay_seconds=2000)
    world.clock.move(1900)
    world.faults.calls.clear()
    world.sweeper.sweep()
    world.queues.messages["retry"].clear()
    world.faults.arm(world.faults.calls.index("sqs.send_message_batch"), "throttled")
    sweep = world.sweeper.sweep()
    assert (sweep.failed, sweep.woken) == (10, 5)
    assert len(_woken(world)) == 5


def test_a_long_backlog_does_not_keep_run_out_leases_from_being_found(world: World) -> None:
    world.jobs.enqueue(Order("demo.echo", {}), ADMIN)
    [held] = world.jobs.lease(["demo.echo"], "worker_a", ADMIN)
    for _ in range(300):
        world.jobs.enqueue(Order("demo.echo", {}), ADMIN)
    world.clock.move(121)
    world.faults.calls.clear()
    assert world.sweeper.sweep().expired == 1
    assert world.jobs.get(held.job_id, ADMIN).status == "queued"
    looks = len(PRIORITIES) * len(list(REGISTRY))
    assert world.faults.calls.count("dynamodb.query") == looks


def test_a_job_that_is_pulled_is_not_woken(world: World) -> None:
    world.jobs.enqueue(Order("demo.echo", {}), ADMIN)
    world.clock.move(3600)
    assert world.sweeper.sweep().woken == 0
