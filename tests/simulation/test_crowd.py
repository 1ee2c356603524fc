"""Many workers on one queue, by simulation: how many writes are refused, how many calls it takes, in what order."""

import pytest

from leasehold.dispatch import Nominated
from leasehold.spread import ALONE, CALM, FEW, FIRST_WIDTH, WIDEST, Spread
from leasehold.store import JobStore
from leasehold.times import SECOND
from tests.rig import ADMIN, HandClock, Rig
from tests.simulation.crowd import Conditions, crowd
from tests.store.test_calls import counted

# A shard takes about 250 jobs a second on AWS: 64 workers ask it for no more when each comes again after this long.
AS_FAST_AS_A_SHARD = Conditions(work=250)
FASTER_THAN_A_SHARD = Conditions(work=30)


@pytest.mark.parametrize("shards", [1, 4])
def test_one_worker_alone_leases_strictly_in_the_order_in_which_jobs_are_due(shards: int) -> None:
    tally = crowd(1, 100, shards=shards)
    assert tally.order == list(range(100))
    assert tally.calls["refused"] == 0


@pytest.mark.parametrize("workers", [2, 8, 64])
def test_however_many_workers_few_writes_are_refused_and_the_calls_a_lease_stay_the_same(workers: int) -> None:
    tally = crowd(workers, 40, conditions=AS_FAST_AS_A_SHARD)
    assert tally.refused_per_lease < 0.2
    assert 2 <= tally.queries_per_lease < 2.25  # alone: one for the empty level, one for the jobs
    assert tally.leases == workers * 40


def test_shards_spread_a_crowd_that_is_too_fast_for_one() -> None:
    tally = crowd(64, 40, shards=4, conditions=FASTER_THAN_A_SHARD)
    assert tally.refused_per_lease < 0.2
    assert tally.queries_per_lease < 6  # four for the empty level, one for the jobs


def test_even_in_a_process_that_knows_nothing_yet_a_lease_makes_few_refused_writes() -> None:
    tally = crowd(64, 20, conditions=AS_FAST_AS_A_SHARD, always_cold=True)
    assert tally.refused_per_lease < 1.5
    assert tally.leases == 64 * 20


@pytest.mark.parametrize("shards", [1, 4])
def test_a_crowd_leaves_no_job_behind(shards: int) -> None:
    tally = crowd(16, 80, shards=shards, jobs=1_000)
    assert sorted(tally.order) == list(range(1_000))


@pytest.mark.parametrize(("earlier", "later"), [("high", "normal"), ("normal", "low")])
def test_in_a_crowd_too_an_earlier_priority_goes_first_whatever_its_shard(rig: Rig, earlier: str, later: str) -> None:
    for _ in range(40):
        rig.enqueue("demo.spread", priority=later)
    first = {rig.enqueue("demo.spread", priority=earlier).job_id for _ in range(5)}
    rig.jobs._leasing._spread.refused("demo.spread")
    assert {rig.lease(job_type="demo.spread").job_id for _ in first} == first
    assert len(rig.jobs.lease(["demo.spread"], "worker_a", ADMIN, at_most=10)) == 10


def test_right_after_a_crowd_a_short_queue_is_leased_in_the_order_in_which_its_jobs_are_due(rig: Rig) -> None:
    due = [rig.enqueue(delay_seconds=seconds).job_id for seconds in (30, 10, 40, 20, 50)]
    rig.clock.move(60)
    rig.jobs._leasing._spread.refused("demo.echo")
    assert [rig.lease().job_id for _ in due] == [due[nth] for nth in (1, 3, 0, 2, 4)]


def test_in_a_crowd_too_a_batch_is_answered_in_the_order_in_which_its_jobs_are_due(rig: Rig) -> None:
    made = [rig.enqueue(delay_seconds=nth / 100).job_id for nth in range(FEW + 28)]
    rig.clock.move(60)
    rig.jobs._leasing._spread.refused("demo.echo")
    places = [made.index(job.job_id) for job in rig.jobs.lease(["demo.echo"], "worker_a", ADMIN, at_most=10)]
    assert places == sorted(places)
    assert places != list(range(10))  # a crowd's batch, not the first ten


def test_who_loses_a_race_for_one_of_a_few_jobs_keeps_to_the_order(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as too_late:
        too_late.setattr(JobStore, "lease", lambda *_seen, **_more: None)
        lost = rig.enqueue().job_id
        assert rig.jobs.lease(["demo.echo"], "worker_a", ADMIN) == []
    made = [rig.enqueue(delay_seconds=nth / 100).job_id for nth in range(1, FEW + 28)]
    rig.clock.move(1)
    assert [rig.lease().job_id for _ in range(6)] == [lost, *made[:5]]


def test_in_a_crowd_a_lease_of_several_types_takes_one_shard_of_each(rig: Rig) -> None:
    for _ in range(100):
        rig.enqueue("demo.spread", priority="high")
        rig.enqueue("demo.echo", priority="high")
    rig.jobs._leasing._spread.refused("demo.spread")
    with counted(rig.client) as calls:
        rig.jobs.lease(["demo.spread", "demo.echo"], "worker_a", ADMIN)
    assert calls == {"Query": 2, "UpdateItem": 1}


def test_a_look_that_ends_early_does_not_claim_to_have_seen_all(rig: Rig) -> None:
    made = {rig.enqueue("demo.spread").job_id for _ in range(40)}

    def look(limit: int) -> Nominated:
        lanes = [("demo.spread", 4)]
        return rig.dispatch.due_in_parts(lanes, "normal", until=rig.clock(), limit=limit, draw=lambda low, _high: low)

    part, whole = look(limit=15), look(limit=100)
    assert 7 <= len(part.candidates) <= 15
    assert not part.are_all
    assert whole.are_all
    assert {each.job_id for each in whole.candidates} == made


def test_a_refusal_widens_the_pick_and_leases_narrow_it_again() -> None:
    clock = HandClock()
    spread = Spread(clock)
    assert spread.width("demo.echo") == ALONE
    spread.refused("demo.echo")
    assert spread.width("demo.echo") == FIRST_WIDTH
    for _ in range(9):
        spread.refused("demo.echo")
    assert spread.width("demo.echo") == WIDEST
    assert spread.width("demo.brief") == ALONE
    for _ in range(80):
        spread.leased("demo.echo")
    assert spread.width("demo.echo") == ALONE


def test_after_a_calm_time_the_order_is_strict_again() -> None:
    clock = HandClock()
    spread = Spread(clock)
    spread.refused("demo.echo")
    clock.move(CALM / SECOND)
    assert spread.width("demo.echo") == FIRST_WIDTH
    clock.move(0.001)
    assert spread.width("demo.echo") == ALONE
