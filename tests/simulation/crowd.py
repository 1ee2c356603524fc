"""A crowd of workers leasing from one queue, in virtual time: the same seed gives the same crowd, call by call.

Each worker is a thread of its own, but only one runs at a time: whoever sleeps hands over to the one that wakes next.
The table is a dictionary. Its index follows each write late, as a global secondary index does, and every call takes a
time drawn from the seed. Each worker has a service of its own: on Lambda a process handles one request at a time and
remembers nothing of the others.
"""

import heapq
import random
import re
import threading
from bisect import insort
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from leasehold.dispatch import Dispatch
from leasehold.items import Item, new_item
from leasehold.job import Change, Job
from leasehold.jobs import Jobs
from leasehold.registry import Registry
from leasehold.store import JobStore
from leasehold.times import SECOND
from tests.rig import ADMIN, START

_SETTERS = re.compile(r"#(\w+(?:\.#\w+)?) = :(\w+)")


class Timeline:
    """Virtual time shared by threads that take turns. Milliseconds, as a float."""

    def __init__(self) -> None:
        self.now = float(START)
        self._turns: list[tuple[float, int, threading.Semaphore]] = []
        self._count = 0

    def sleep(self, milliseconds: float) -> None:
        """Let the others run until that much time has passed."""
        mine = threading.Semaphore(0)
        self._enter(self.now + milliseconds, mine)
        self._hand_over()
        mine.acquire()

    def run(self, works: list[Callable[[], None]]) -> None:
        """Run all of them to their ends. Raises what the first of them raised."""
        done, faults = threading.Semaphore(0), []

        def worker(start: threading.Semaphore, work: Callable[[], None]) -> None:
            start.acquire()
            try:
                work()
            except BaseException as fault:  # it must not take the others' turns with it
                faults.append(fault)
            if self._turns:
                self._hand_over()
            else:
                done.release()

        threads = []
        for work in works:
            start = threading.Semaphore(0)
            self._enter(self.now, start)
            threads.append(threading.Thread(target=worker, args=(start, work), daemon=True))
            threads[-1].start()
        self._hand_over()
        done.acquire()
        for thread in threads:
            thread.join()
        if faults:
            raise faults[0]

    def _enter(self, moment: float, turn: threading.Semaphore) -> None:
        self._count += 1
        heapq.heappush(self._turns, (moment, self._count, turn))

    def _hand_over(self) -> None:
        moment, _, turn = heapq.heappop(self._turns)
        self.now = max(self.now, moment)
        turn.release()


@dataclass
class Conditions:
    """How fast the pretended AWS is, in milliseconds: each call's mean time, and how far the index is behind."""

    query: float = 5
    write: float = 6
    index_lag: float = 20
    work: float = 30  # what a worker does between two leases: its job, its report, the way over HTTP


@dataclass
class Table:
    """As much of DynamoDB as leasing needs, and a count of what was asked of it."""

    timeline: Timeline
    conditions: Conditions
    chance: random.Random
    calls: Counter[str] = field(default_factory=Counter)
    items: dict[str, Item] = field(default_factory=dict)
    _index: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    _to_come: list[tuple[float, str, str, str, Item]] = field(default_factory=list)
    _seen: dict[str, Item] = field(default_factory=dict)

    def put(self, item: Item) -> None:
        """A job that is there from the start."""
        job_id = item["jobId"]["S"]
        self.items[job_id] = self._seen[job_id] = item
        insort(self._index.setdefault(item["dispatchKey"]["S"], []), (item["dueAt"]["S"], job_id))

    def query(self, **asked: Any) -> dict[str, Any]:
        self.calls["query"] += 1
        self._take(self.conditions.query / 2)
        self._catch_up()
        until = asked["ExpressionAttributeValues"][":until"]["S"]
        entries = self._index.get(asked["ExpressionAttributeValues"][":key"]["S"], [])[: asked["Limit"]]
        found = [self._seen[job_id] for due_at, job_id in entries if due_at <= until]
        self.calls["entries"] += len(found)
        self._take(self.conditions.query / 2)
        return {"Items": found}

    def update_item(self, **asked: Any) -> dict[str, Any]:
        self._take(self.conditions.write / 2)
        old = self.items[asked["Key"]["jobId"]["S"]]
        values = asked["ExpressionAttributeValues"]
        if old["seq"] != values[":seen"]:
            self.calls["refused"] += 1
            self._take(self.conditions.write / 2)
            code = {"Error": {"Code": "ConditionalCheckFailedException"}, "Item": old}
            raise ClientError(code, "UpdateItem")
        self.calls["write"] += 1
        new = {**old, "history": {"M": dict(old["history"]["M"])}}
        for name, value in _SETTERS.findall(asked["UpdateExpression"]):
            if "." in name:
                new["history"]["M"][name.partition(".#")[2]] = values[f":{value}"]
            else:
                new[name] = values[f":{value}"]
        job_id = new["jobId"]["S"]
        self.items[job_id] = new
        seen_at = self.timeline.now + self.conditions.index_lag
        self._to_come.append((seen_at, job_id, new["dispatchKey"]["S"], old["dueAt"]["S"], new))
        self._take(self.conditions.write / 2)
        return {"Attributes": new}

    def _take(self, milliseconds: float) -> None:
        self.timeline.sleep(milliseconds * self.chance.uniform(0.5, 1.5))

    def _catch_up(self) -> None:
        while self._to_come and self._to_come[0][0] <= self.timeline.now:
            _, job_id, key, was_due_at, item = self._to_come.pop(0)
            self._index[key].remove((was_due_at, job_id))
            insort(self._index[key], (item["dueAt"]["S"], job_id))
            self._seen[job_id] = item


@dataclass(frozen=True, slots=True)
class Tally:
    """What a crowd's leases came to. `order` is the due order of the jobs leased, in the order of their leases."""

    leases: int
    calls: Counter[str]
    order: list[int]

    @property
    def refused_per_lease(self) -> float:
        return self.calls["refused"] / self.leases

    @property
    def queries_per_lease(self) -> float:
        return self.calls["query"] / self.leases

    @property
    def entries_per_lease(self) -> float:
        return self.calls["entries"] / self.leases


def crowd(
    workers: int,
    leases_each: int,
    *,
    shards: int = 1,
    jobs: int | None = None,
    seed: int = 1,
    conditions: Conditions | None = None,
    always_cold: bool = False,
) -> Tally:
    """Let so many workers lease so many jobs each. `always_cold` gives each lease a process that knows nothing yet."""
    timeline, chance = Timeline(), random.Random(seed)
    conditions = conditions or Conditions()
    table: Any = Table(timeline, conditions, chance)
    registry = Registry.of({"demo.echo": {"shards": shards}})
    total = jobs or workers * leases_each + 1_000
    nth_of = {}
    for nth in range(total):
        job_id = f"job_{nth:06d}"
        table.put(new_item(_job(job_id, nth - total, chance.randrange(shards))))
        nth_of[job_id] = nth
    order: list[int] = []

    def service() -> Jobs:
        return Jobs(
            registry,
            JobStore(table, "jobs"),
            Dispatch(table, "jobs"),
            clock=lambda: int(timeline.now),
            draw=chance.uniform,
            sleep=lambda seconds: timeline.sleep(seconds * SECOND),
        )

    def work(worker: str) -> None:
        process = service()
        timeline.sleep(chance.uniform(0, conditions.work))
        for _ in range(leases_each):
            for job in (service() if always_cold else process).lease(["demo.echo"], worker, ADMIN):
                order.append(nth_of[job.job_id])
            timeline.sleep(conditions.work * chance.uniform(0.5, 1.5))

    timeline.run([lambda nth=nth: work(f"worker_{nth:03d}") for nth in range(workers)])  # type: ignore[misc]
    assert len(order) == len(set(order))
    return Tally(len(order), table.calls, order)


def _job(job_id: str, due: int, shard: int) -> Job:
    return Job(
        job_id=job_id,
        type="demo.echo",
        payload="{}",
        status="queued",
        priority="normal",
        attempt=0,
        max_attempts=5,
        lease_seconds=120,
        lease_number=0,
        sequence=0,
        shard=shard,
        created_at=START + due,
        updated_at=START + due,
        next_run_at=START + due,
        worker_id=None,
        lease_token=None,
        lease_expires_at=None,
        history=(Change(START + due, "queued", 0),),
    )
