"""A stream that stutters: records doubled, reordered across jobs, late, failing in between. Nothing is lost."""

import random
from collections import defaultdict
from typing import Any

import pytest

from leasehold.errors import LeaseholdError
from leasehold.order import Order
from tests.rig import ADMIN, broken, by
from tests.simulation.world import World, small_picture, until_answered


def _eventful(dynamodb: Any) -> World:
    """A world in which much has happened and nothing has been followed up yet."""
    world = World(dynamodb)
    for nth in range(4):
        world.upload(f"uploads/{nth}.jpg", small_picture() if nth else b"no picture")
        world.deliver_upload()
    for nth in range(6):
        world.jobs.enqueue(Order("demo.echo", {}, max_attempts=1 + nth % 2), ADMIN)
        world.clock.move(0.001)  # so that they are leased in this order, in each world
    for nth, job in enumerate(world.jobs.lease(["demo.echo"], "worker_a", ADMIN, at_most=10)):
        if nth % 3 == 0:
            world.jobs.succeed(by(job), {})
        elif nth % 3 == 1:
            world.jobs.fail(by(job), broken())
    world.clock.move(121)
    world.sweeper.sweep()
    return world


def _delivered_in_order(dynamodb: Any) -> tuple[list[Any], list[Any]]:
    world = _eventful(dynamodb)
    while world.stream:
        world.deliver_stream()
    return _shape(world)


def _shape(world: World) -> tuple[list[Any], list[Any]]:
    """What was sent, each key once, without the ids: they differ from world to world."""
    keys = sorted((event, number) for event, _, number in world.queues.event_keys())
    return keys, sorted(number for _, number in world.queues.letters())


@pytest.mark.parametrize("seed", range(5))
def test_a_stuttering_stream_sends_what_a_smooth_one_sends(moto_dynamodb: Any, seed: int) -> None:
    expected = _delivered_in_order(moto_dynamodb)
    world = _eventful(moto_dynamodb)
    chance = random.Random(seed)
    lanes: dict[str, list[Any]] = defaultdict(list)
    for record in world.stream:
        item = record[2]
        lanes[(item.get("jobId") or item["assetId"])["S"]].append(record)
    while lanes:
        # In order within an item, in any order across items.
        lane = chance.choice(sorted(lanes))
        record = lanes[lane][0]
        for _ in range(chance.choice([1, 1, 2, 3])):
            world.stream[:] = [record]
            calls = chance.choice([None, None, 0, 1])
            world.faults.arm(calls, chance.choice(["throttled", "answer lost"]))
            until_answered(world.deliver_stream)
        lanes[lane].pop(0)
        if not lanes[lane]:
            del lanes[lane]
        world.clock.move(chance.choice([0, 1, 100]))
    assert _shape(world) == expected


def test_dropping_a_failed_delivery_is_found(moto_dynamodb: Any) -> None:
    """A test of the test."""
    expected = _delivered_in_order(moto_dynamodb)
    world = _eventful(moto_dynamodb)
    while world.stream:
        world.faults.arm(0, "throttled")
        try:
            world.deliver_stream()
        except LeaseholdError:
            world.stream.pop(0)
    assert _shape(world) != expected
