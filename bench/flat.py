"""Whether a lease costs the same however many jobs wait, of however many types, and however many workers ask.

On DynamoDB Local, in memory. A million jobs take it several minutes to take in: `python -m bench flat --million`
measures them too, and their figures are kept, with their date, by the runs that leave them out.
"""

import json
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from bench.plots import Line, plot
from bench.report import RESULTS, Figure
from leasehold.dispatch import Dispatch
from leasehold.ids import new_id
from leasehold.items import Item, dispatch_key, instant, text
from leasehold.jobs import Jobs, Reporter
from leasehold.order import Order
from leasehold.registry import Registry
from leasehold.store import JobStore
from leasehold.times import wall_clock
from tests.engines import dynamodb_client, dynamodb_local
from tests.rig import ADMIN
from tests.simulation.crowd import Conditions, crowd
from tests.template_file import create_tables

TITLE: Final = "Flat as it grows"
BACKLOGS: Final = (100, 10_000)
MILLION: Final = 1_000_000
WORKERS: Final = (1, 2, 4, 8, 16, 32, 64)
_TYPES: Final = [f"demo.type-{nth:02d}" for nth in range(20)]
_PAYLOAD: Final = {"order": "A-10233"}
_WARM_UP: Final = 20
_LEASES: Final = 40
_LEASES_EACH: Final = 30
_SIMULATED_EACH: Final = 25
# As often as a shard takes it on AWS: 64 workers, 250 jobs a second.
_AT_A_SHARDS_RATE: Final = Conditions(work=250)


@dataclass(frozen=True, slots=True)
class Leases:
    """What one lease and one report took: calls of each, and their median milliseconds."""

    queries: float
    writes: float
    refused: float
    lease_ms: float
    succeed_ms: float


def measure() -> list[Figure]:
    """Figures by backlog, number of types, and number of workers; and the plot of them in docs/images."""
    backlogs = [*BACKLOGS, MILLION] if "--million" in sys.argv else BACKLOGS
    with dynamodb_local(memory_mb=6000 if MILLION in backlogs else 512) as endpoint:
        by_backlog = _with_backlogs(endpoint, backlogs)
        crowds = {shards: {count: _crowd(endpoint, count, shards) for count in WORKERS} for shards in (1, 4)}
    simulated = {
        shards: {
            count: crowd(count, _SIMULATED_EACH, shards=shards, conditions=_AT_A_SHARDS_RATE).refused_per_lease
            for count in WORKERS
        }
        for shards in (1, 4)
    }
    figures = [
        *(figure for name, leases in by_backlog.items() for figure in _of_backlog(name, leases)),
        *(
            figure
            for shards, by_count in crowds.items()
            for count, leases in by_count.items()
            for figure in _of_crowd(count, shards, leases, simulated[shards][count])
        ),
    ]
    million = f"{MILLION:,} waiting"
    if MILLION in backlogs:
        on = f"measured {datetime.now(UTC):%Y-%m-%d}"
        figures = [replace(each, note=on) if each.name.startswith(million) else each for each in figures]
    else:
        figures += _kept(million)
    _draw(figures, crowds, simulated)
    return figures


def _with_backlogs(endpoint: str, backlogs: Sequence[int]) -> dict[str, Leases]:
    """One worker, asking for one type or for all, on tables where so many jobs wait: a lease of each in turn.

    In turn, so that a machine that is busy for a while, or a server that is still warming up, is so for all of them.
    """
    with ExitStack() as tables:
        seats = {}
        for size in backlogs:
            client, table = tables.enter_context(_table(endpoint))
            _load(client, table, size)
            for name, types in (("one type", _TYPES[:1]), ("20 types", _TYPES)):
                seats[f"{size:,} waiting, {name}"] = _Seat(endpoint, table, types)
        for nth in range(-_WARM_UP, _LEASES):
            for seat in seats.values():
                if nth == 0:
                    seat.begin()
                seat.lease_and_succeed()
        return {name: seat.leases() for name, seat in seats.items()}


class _Seat:
    """A worker at a table, its calls counted and its leases timed."""

    def __init__(self, endpoint: str, table: str, types: Sequence[str]) -> None:
        client = dynamodb_client(endpoint)
        self._calls = _counted(client)
        self._types = types
        self._refill = _service(dynamodb_client(endpoint), table, Registry.of({name: {} for name in types}))
        self._jobs = _service(client, table, Registry.of({name: {} for name in types}))
        self.begin()

    def begin(self) -> None:
        """Forget what was counted so far."""
        self._calls.clear()
        self._leasing: list[float] = []
        self._reporting: list[float] = []

    def lease_and_succeed(self, worker: str = "worker_a") -> None:
        """Lease one job and report it; another comes in its place, so that the backlog stays as it is."""
        self._refill.enqueue(Order(self._types[0], _PAYLOAD), ADMIN)
        leasing, leased = _timed(lambda: self._jobs.lease(self._types, worker, ADMIN))
        for job in leased:
            who = Reporter(job.job_id, worker, job.lease_token, ADMIN)
            reporting, _ = _timed(lambda: self._jobs.succeed(who, {}))  # noqa: B023 - called at once
            self._leasing.append(leasing)
            self._reporting.append(reporting)

    def leases(self) -> Leases:
        """What they took."""
        return _summed_up(self._calls, self._leasing, self._reporting)


def _summed_up(calls: Counter[str], leasing: Sequence[float], reporting: Sequence[float]) -> Leases:
    count = len(leasing)
    return Leases(
        calls["Query"] / count,
        calls["UpdateItem"] / count - 1,  # the other one is the report
        calls["refused"] / count,
        statistics.median(leasing) * 1000,
        statistics.median(reporting) * 1000,
    )


def _crowd(endpoint: str, workers: int, shards: int) -> Leases:
    """So many workers at once, each with a service of its own, as Lambda has a process for each request under way.

    All of them are cold when they begin, and none has anything to do but lease and report.
    """
    with _table(endpoint) as (client, table):
        _load(client, table, workers * _LEASES_EACH + 1_000, shards)
        shared = dynamodb_client(endpoint, workers)
        calls = _counted(shared)
        registry = Registry.of({_TYPES[0]: {"shards": shards}})
        durations: list[tuple[float, float]] = []

        def work(nth: int) -> None:
            jobs, worker = _service(shared, table, registry), f"worker_{nth:03d}"
            for _ in range(_LEASES_EACH):
                leasing, leased = _timed(lambda: jobs.lease(_TYPES[:1], worker, ADMIN))
                for job in leased:
                    who = Reporter(job.job_id, worker, job.lease_token, ADMIN)
                    reporting, _ = _timed(lambda: jobs.succeed(who, {}))  # noqa: B023 - called at once
                    durations.append((leasing, reporting))

        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(work, range(workers)))
        return _summed_up(calls, [each for each, _ in durations], [each for _, each in durations])


@contextmanager
def _table(endpoint: str) -> Iterator[tuple[Any, str]]:
    client = dynamodb_client(endpoint)
    tables = create_tables(client, new_id("flat"), with_streams=False)
    try:
        yield client, tables["jobs"]
    finally:
        for name in tables.values():
            client.delete_table(TableName=name)


def _load(client: Any, table: str, size: int, shards: int = 1) -> None:
    """So many queued jobs, each due a moment after the one before, the last of them just now.

    Four in five are of the first type, the others spread over all of them.
    """
    sample = _sample_item()
    first = wall_clock() - size

    def write(start: int) -> None:
        requests = [
            {"PutRequest": {"Item": _variant(sample, nth, first + nth, _type_of(nth), nth % shards)}}
            for nth in range(start, min(start + 25, size))
        ]
        while requests:
            answer = client.batch_write_item(RequestItems={table: requests})
            requests = answer["UnprocessedItems"].get(table, [])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(0, size, 25)))


def _type_of(nth: int) -> str:
    return _TYPES[nth // 5 % len(_TYPES)] if nth % 5 == 0 else _TYPES[0]


def _sample_item() -> Item:
    made: list[Item] = []

    class Recorder:
        def put_item(self, **asked: Any) -> None:
            made.append(asked["Item"])

    _service(Recorder(), "none", Registry.of({_TYPES[0]: {}})).enqueue(Order(_TYPES[0], _PAYLOAD), ADMIN)
    return made[0]


def _variant(sample: Item, nth: int, due_at: int, job_type: str, shard: int) -> Item:
    job_id = f"job_{nth:026d}"
    return {
        **sample,
        "jobId": text(job_id),
        "type": text(job_type),
        "shard": {"N": str(shard)},
        "dispatchKey": text(dispatch_key(job_type, "normal", shard)),
        "createdKey": text(f"{sample['createdAt']['S']}#{job_id}"),
        "nextRunAt": instant(due_at),
        "dueAt": instant(due_at),
    }


def _service(client: Any, table: str, registry: Registry) -> Jobs:
    return Jobs(registry, JobStore(client, table), Dispatch(client, table))


def _counted(client: Any) -> Counter[str]:
    """The calls of a client by operation, and the writes among them that were refused."""
    calls: Counter[str] = Counter()

    def count(model: Any, parsed: Any, **_more: Any) -> None:
        calls[model.name] += 1
        calls["refused"] += parsed.get("Error", {}).get("Code") == "ConditionalCheckFailedException"

    client.meta.events.register("after-call.dynamodb", count)
    return calls


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    made = work()
    return time.perf_counter() - started, made


def _of_backlog(name: str, leases: Leases) -> list[Figure]:
    calls = leases.queries + leases.writes
    return [
        Figure(f"{name}: calls a lease", round(calls, 2), "calls", "the same", f"{leases.queries:g} of them queries"),
        Figure(f"{name}: lease", round(leases.lease_ms, 1), "ms", "the same"),
        Figure(f"{name}: succeed", round(leases.succeed_ms, 1), "ms", "the same"),
    ]


def _of_crowd(count: int, shards: int, leases: Leases, simulated: float) -> list[Figure]:
    name = f"{count} workers, {shards} shard{'s' if shards > 1 else ''}"
    aim = "< 0.2" if count == max(WORKERS) else ""
    calls = leases.queries + leases.writes
    return [
        Figure(f"{name}: refused writes a lease", round(leases.refused, 3), "", aim, f"{calls:.2f} calls a lease"),
        Figure(f"{name}: refused, simulated", round(simulated, 3), "", aim, "index 20 ms behind, 250 jobs a second"),
    ]


def _kept(name: str) -> list[Figure]:
    """The figures of that name of an earlier run; their notes say when that was."""
    earlier = json.loads(RESULTS.read_text()).get(TITLE, []) if RESULTS.exists() else []
    return [Figure(**each) for each in earlier if each["name"].startswith(name)]


def _draw(
    figures: Sequence[Figure], crowds: dict[int, dict[int, Leases]], simulated: dict[int, dict[int, float]]
) -> None:
    by_name = {each.name: each.value for each in figures}
    backlogs = [size for size in (*BACKLOGS, MILLION) if f"{size:,} waiting, one type: lease" in by_name]

    def over_backlogs(types: str, what: str) -> dict[int, float]:
        names = {size: f"{size:,} waiting, {types}: {what}" for size in backlogs}
        return {size: by_name[name] for size, name in names.items() if name in by_name}

    plot(
        "flat-backlog.svg",
        "A lease and a report, by jobs waiting",
        "jobs waiting",
        "ms on DynamoDB Local",
        [
            Line("lease, 1 type", over_backlogs("one type", "lease")),
            Line("succeed, 1 type", over_backlogs("one type", "succeed"), is_dashed=True),
            Line("lease, 20 types", over_backlogs("20 types", "lease")),
            Line("succeed, 20 types", over_backlogs("20 types", "succeed"), is_dashed=True),
        ],
        highest=100,
    )
    plot(
        "flat-workers.svg",
        "Refused writes a lease, by workers",
        "workers",
        "refused writes a lease",
        [
            line
            for shards, by_count in crowds.items()
            for line in (
                Line(f"DynamoDB Local, {shards} shard(s)", {nth: each.refused for nth, each in by_count.items()}),
                Line(f"simulated AWS, {shards} shard(s)", simulated[shards], is_dashed=True),
            )
        ],
        highest=0.4,
    )
