"""A jobs service to test with: real stores over an engine, a clock that is moved by hand, and chance that is none."""

from dataclasses import dataclass, field
from typing import Any

from leasehold.access import Caller
from leasehold.asset_store import AssetStore
from leasehold.counts import Counts
from leasehold.dispatch import Dispatch
from leasehold.job import Failure, Job
from leasehold.jobs import Jobs, Reporter
from leasehold.listing import Listing
from leasehold.order import Order
from leasehold.overview import Overview
from leasehold.registry import Registry
from leasehold.store import JobStore
from leasehold.times import SECOND

START = 1_800_000_000_000
ADMIN = Caller("admin-token", "admin")

REGISTRY = Registry.of({
    "demo.echo": {},
    "demo.brief": {"lease_seconds": 5, "max_attempts": 2, "backoff_base_seconds": 10, "backoff_cap_seconds": 15},
    "demo.spread": {"shards": 4},
    "thumbnail.create": {"delivery": "push", "backoff_base_seconds": 5, "backoff_cap_seconds": 900},
})  # fmt: skip


@dataclass
class HandClock:
    """A clock that stands still until it is moved."""

    now: int = START

    def __call__(self) -> int:
        return self.now

    def move(self, seconds: float) -> None:
        """Let time pass."""
        self.now += round(seconds * SECOND)


@dataclass
class Rig:
    """Everything a test of the service needs. `draw` always takes the longest wait."""

    client: Any
    tables: dict[str, str]
    clock: HandClock = field(default_factory=HandClock)
    registry: Registry = REGISTRY

    def __post_init__(self) -> None:
        self.store = JobStore(self.client, self.tables["jobs"])
        self.dispatch = Dispatch(self.client, self.tables["jobs"])
        self.listing = Listing(self.client, self.tables["jobs"])
        self.assets = AssetStore(self.client, self.tables["assets"])
        counts = Counts(self.client, self.tables["jobs"], clock=self.clock)
        self.overview = Overview(self.registry, self.listing, counts, clock=self.clock)
        self.jobs = Jobs(
            self.registry,
            self.store,
            self.dispatch,
            clock=self.clock,
            draw=lambda _low, high: high,
            sleep=self.clock.move,
        )

    def enqueue(self, job_type: str = "demo.echo", **order: Any) -> Job:
        """A new job."""
        job, _ = self.jobs.enqueue(Order(job_type, order.pop("payload", {}), **order), ADMIN)
        return job

    def lease(self, worker: str = "worker_a", job_type: str = "demo.echo", **asked: Any) -> Job:
        """The next due job, leased; the test fails where none is due."""
        [job] = self.jobs.lease([job_type], worker, ADMIN, **asked)
        return job

    def redrive_many(self, *, job_type: str | None, code: str | None, limit: int | None) -> int:
        """Redrive dead jobs as an admin."""
        return self.jobs.redrive_many(self.overview.dead(ADMIN, job_type=job_type, code=code), limit)

    def leased(self, worker: str = "worker_a", job_type: str = "demo.echo", **order: Any) -> Job:
        """A new job that this worker has leased."""
        self.enqueue(job_type, **order)
        return self.lease(worker, job_type)

    def now_is(self, job: Job) -> Job:
        """The job as stored now."""
        return self.now_is_id(job.job_id)

    def now_is_id(self, job_id: str) -> Job:
        """The job of that id as stored now."""
        found = self.store.get(job_id)
        assert found is not None
        return found


def by(job: Job, worker: str | None = None, *, with_token: bool = True) -> Reporter:
    """The worker that holds the job, reporting with or without its lease token."""
    holder = worker or job.worker_id or "worker_a"
    return Reporter(job.job_id, holder, job.lease_token if with_token else None, ADMIN)


def broken(message: str = "it broke", **more: Any) -> Failure:
    """A failure as a worker reports it."""
    return Failure(message, **more)
