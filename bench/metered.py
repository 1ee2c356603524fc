"""A meter: what a piece of work asks of AWS, and how long it keeps a processor busy."""

import io
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from typing import Any

# A query is charged half a read unit at least; DynamoDB Local says 0 where it found nothing.
_LEAST_QUERY = 0.5


@dataclass(frozen=True, slots=True)
class Invocations:
    """A function's part in a job: how often it runs, for how long it computes each time, whom it calls in all."""

    count: float
    processor_ms: float
    calls: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Usage:
    """What one job uses, on average. Write units by table and index; calls as `service.operation`."""

    functions: Mapping[str, Invocations]
    calls: Mapping[str, float]
    write_units: Mapping[str, float]
    read_units: float
    log_bytes: float


class Meter:
    """Counts calls, capacity, processor time and log lines. `log` is where the functions print."""

    def __init__(self, log: io.StringIO) -> None:
        self._log = log
        self.reset()

    def reset(self) -> None:
        """Begin anew."""
        self._calls: Counter[str] = Counter()
        self._write_units: Counter[str] = Counter()
        self._read_units = 0.0
        self._log_bytes = 0
        self._processor_ms: dict[str, list[float]] = defaultdict(list)
        self._calls_of: dict[str, Counter[str]] = defaultdict(Counter)

    def usage(self, jobs: int) -> Usage:
        """What one of so many jobs has used since the beginning."""
        return Usage(
            {
                name: Invocations(len(times) / jobs, _typical(times), _each(self._calls_of[name], jobs))
                for name, times in self._processor_ms.items()
            },
            _each(self._calls, jobs),
            _each(self._write_units, jobs),
            self._read_units / jobs,
            self._log_bytes / jobs,
        )

    def metering(self, dynamodb: Any) -> Any:
        """The DynamoDB client, its calls counted, and the capacity they consume by table and index."""
        return _Metering(dynamodb, self._calls_made, self._consumed)

    def counting(self, service: str, client: Any) -> Any:
        """The client, each call of it counted; a batch of events counts as its events."""
        return _Counting(service, client, self._calls_made)

    def timed(self, function: str, handler: Callable[..., Any]) -> Callable[..., Any]:
        """The handler, each invocation of it measured."""

        def invoke(*arguments: Any) -> Any:
            calls, logged = self._calls.copy(), self._log.tell()
            started = time.process_time()
            try:
                return handler(*arguments)
            finally:
                self._processor_ms[function].append((time.process_time() - started) * 1000)
                self._calls_of[function] += self._calls - calls
                self._log_bytes += self._log.tell() - logged

        return invoke

    def _calls_made(self, call: str, times: int) -> None:
        self._calls[call] += times

    def _consumed(self, operation: str, said: Any) -> None:
        if operation in ("GetItem", "Query"):
            self._read_units += max(_LEAST_QUERY, said["CapacityUnits"])
            return
        table = said["TableName"].rpartition("-")[2]
        self._write_units[table] += said["Table"]["CapacityUnits"]
        for index, used in said.get("GlobalSecondaryIndexes", {}).items():
            self._write_units[f"{table}/{index}"] += used["CapacityUnits"]


@contextmanager
def log_kept() -> Iterator[io.StringIO]:
    """Where the functions that are imported within the block print to."""
    with redirect_stdout(io.StringIO()) as log:
        yield log


class _Counting:
    def __init__(self, service: str, client: Any, count: Callable[[str, int], None]) -> None:
        self._service, self._client, self._count = service, client, count

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        real = getattr(self._client, operation)

        def call(**arguments: Any) -> Any:
            self._count(f"{self._service}.{operation}", len(arguments.get("Entries", [0])))
            return real(**arguments)

        return call


class _Metering:
    def __init__(self, client: Any, count: Callable[[str, int], None], consumed: Callable[[str, Any], None]) -> None:
        self._client, self._count, self._consumed = client, count, consumed

    def __getattr__(self, method: str) -> Callable[..., Any]:
        real = getattr(self._client, method)
        operation = "".join(word.capitalize() for word in method.split("_"))

        def call(**arguments: Any) -> Any:
            self._count(f"dynamodb.{operation}", 1)
            answer = real(**arguments, ReturnConsumedCapacity="INDEXES")
            self._consumed(operation, answer["ConsumedCapacity"])
            return answer

        return call


def _typical(durations: Sequence[float]) -> float:
    """The mean of all but the slowest tenth: a function's routes differ, and the machine may be busy with others."""
    return statistics.mean(sorted(durations)[: max(1, len(durations) * 9 // 10)])


def _each(counts: Mapping[str, float], jobs: int) -> dict[str, float]:
    return {name: count / jobs for name, count in counts.items()}
