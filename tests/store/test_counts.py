"""Counting jobs: right at any moment, and without reading all of them at each look."""

from typing import Any

import pytest

from leasehold.counts import KNOWN_FOR, SETTLED_AFTER, Counts
from leasehold.errors import Unavailable
from leasehold.overview import LONGEST_COUNT, Overview
from leasehold.times import SECOND
from tests.rig import ADMIN, Rig, broken, by


class SmallPages:
    """A table whose answers hold three entries at most; each query takes so many seconds of the rig's clock."""

    def __init__(self, rig: Rig, seconds: float = 0) -> None:
        self._rig, self._seconds = rig, seconds
        self.queries = 0

    def query(self, **asked: Any) -> Any:
        self.queries += 1
        self._rig.clock.move(self._seconds)
        return self._rig.client.query(**{"Limit": 3, **asked})


def _by_status(rig: Rig, table: Any) -> dict[str, int]:
    return Counts(table, rig.tables["jobs"], clock=rig.clock).by_status("demo.echo", 1, until=rig.clock.now)


def _settle(rig: Rig) -> None:
    rig.clock.move(SETTLED_AFTER / SECOND + 1)


def test_every_job_is_counted_once_however_many_pages_it_takes(rig: Rig) -> None:
    for _ in range(2):
        rig.jobs.fail(by(rig.leased(max_attempts=1)), broken())
    for _ in range(8):
        rig.jobs.succeed(by(rig.leased()), {})
    for _ in range(4):
        rig.leased()
    for _ in range(5):
        rig.enqueue()
    rig.jobs.cancel(rig.enqueue().job_id, ADMIN)
    counted = {"queued": 5, "leased": 4, "succeeded": 8, "dlq": 2, "cancelled": 1}
    assert _by_status(rig, SmallPages(rig)) == counted
    _settle(rig)
    assert _by_status(rig, SmallPages(rig)) == counted


def test_what_was_counted_is_not_read_again_for_an_hour(rig: Rig) -> None:
    done = [rig.leased() for _ in range(9)]
    for job in done:
        rig.jobs.succeed(by(job), {})
    _settle(rig)
    table = SmallPages(rig)
    counts = Counts(table, rig.tables["jobs"], clock=rig.clock)
    assert counts.by_status("demo.echo", 1, until=rig.clock.now)["succeeded"] == 9
    table.queries = 0
    rig.jobs.succeed(by(rig.leased()), {})
    assert counts.by_status("demo.echo", 1, until=rig.clock.now)["succeeded"] == 10
    assert table.queries <= 7  # 3 priorities, the dead, the cancelled, what has settled since, and what has not
    rig.client.delete_item(TableName=rig.tables["jobs"], Key={"jobId": {"S": done[0].job_id}})  # its retention is over
    rig.clock.move(KNOWN_FOR / SECOND + 1)
    assert counts.by_status("demo.echo", 1, until=rig.clock.now)["succeeded"] == 9


def test_a_count_that_takes_too_long_goes_on_at_the_next_call(rig: Rig) -> None:
    for _ in range(10):
        rig.jobs.succeed(by(rig.leased()), {})
    _settle(rig)
    counts = Counts(SmallPages(rig, seconds=1), rig.tables["jobs"], clock=rig.clock)
    for _ in range(3):
        with pytest.raises(Unavailable, match="still being counted"):
            counts.by_status("demo.echo", 1, until=rig.clock.now)
    assert counts.by_status("demo.echo", 1, until=rig.clock.now)["succeeded"] == 10


def test_all_types_together_are_counted_no_longer_than_a_request_may_take(rig: Rig) -> None:
    for job_type in ("demo.echo", "demo.brief"):
        for _ in range(10):
            rig.jobs.succeed(by(rig.leased(job_type=job_type)), {})
    _settle(rig)
    # Either type alone is counted in time.
    table = SmallPages(rig, seconds=LONGEST_COUNT / SECOND / 11)
    counts = Counts(table, rig.tables["jobs"], clock=rig.clock)
    overview = Overview(rig.registry, rig.listing, counts, clock=rig.clock)
    with pytest.raises(Unavailable, match="still being counted"):
        overview.stats(ADMIN)
    for _ in range(10):
        try:
            stats = overview.stats(ADMIN)
            break
        except Unavailable:
            pass
    assert [stats[name]["succeeded"] for name in ("demo.echo", "demo.brief")] == [10, 10]
