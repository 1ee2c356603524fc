"""What usage costs at list prices, by service, in dollars for a million jobs."""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from bench.journeys import Journey
from bench.metered import Invocations
from tests.template_file import resources, template

PRICES: Final = Path(__file__).with_name("prices.toml")
_STREAMS: Final = {"jobs": "JobsChanges", "assets": "AssetsChanges"}
_EVENTS_A_CALL: Final = 10
_WAITS_FOR: Final = {"s3.get_object": "s3_get", "s3.put_object": "s3_put", "events.put_events": "events"}

SERVICES: Final = (
    "API Gateway",
    "Lambda requests",
    "Lambda duration",
    "DynamoDB writes",
    "DynamoDB index writes",
    "DynamoDB reads",
    "EventBridge",
    "SQS",
    "S3",
)


def prices() -> Mapping[str, Any]:
    """The price list."""
    return tomllib.loads(PRICES.read_text("utf-8"))


@dataclass(frozen=True, slots=True)
class Bill:
    """Dollars for a million jobs by service, and, apart from them, what their log lines cost."""

    services: Mapping[str, float]
    logs: float

    @property
    def total(self) -> float:
        """Without the logs."""
        return sum(self.services.values())


@dataclass(frozen=True, slots=True)
class Biller:
    """The price list, and how busy the stack is: both decide what a job costs."""

    prices: Mapping[str, Any]
    authorizer: Journey
    jobs_per_second: float
    slowness: float = 1.0
    parameters: Mapping[str, float] = field(default_factory=dict)

    def at(self, **other: Any) -> "Biller":
        """The same with another traffic, slowness, or with parameters of the template set."""
        return replace(self, **other)

    def bill(self, journey: Journey) -> Bill:
        """What a million such jobs cost."""
        usage, price = journey.usage, self.prices
        functions = self._functions(journey)
        checks = self.authorizer_invocations(journey.routes)
        calls = usage.calls
        indexes = sum(units for name, units in usage.write_units.items() if "/" in name)
        writes = sum(usage.write_units.values()) - indexes
        reads = usage.read_units + checks * self.authorizer.usage.read_units
        sqs = sum(count for name, count in calls.items() if name.startswith("sqs."))
        services = {
            "API Gateway": len(journey.routes) * price["api_gateway"]["request_million"],
            "Lambda requests": sum(each.count for each in functions.values()) * price["lambda"]["request_million"],
            "Lambda duration": sum(self.seconds_of_gigabytes(*each) for each in functions.items())
            * price["lambda"]["gb_second"]
            * 1e6,
            "DynamoDB writes": writes * price["dynamodb"]["write_million"],
            "DynamoDB index writes": indexes * price["dynamodb"]["write_million"],
            "DynamoDB reads": reads * price["dynamodb"]["read_million"],
            "EventBridge": calls.get("events.put_events", 0) * price["eventbridge"]["event_million"],
            "SQS": sqs * price["sqs"]["request_million"],
            "S3": calls.get("s3.put_object", 0) * price["s3"]["put_million"]
            + calls.get("s3.get_object", 0) * price["s3"]["get_million"],
        }
        traffic = price["traffic"]
        logged = (
            usage.log_bytes
            + sum(each.count for each in functions.values()) * traffic["log_bytes_an_invocation"]
            + len(journey.routes) * traffic["log_bytes_a_request"]
        )
        return Bill(services, logged * 1e6 / 1e9 * price["cloudwatch"]["log_gb"])

    def seconds_of_gigabytes(self, function: str, invocations: Invocations) -> float:
        """GB-seconds of a function's part: computing at its share of a processor, and waiting for others."""
        return invocations.count * self.milliseconds(function, invocations) / 1000 * self.memory_mb(function) / 1024

    def milliseconds(self, function: str, invocations: Invocations) -> float:
        """The billed time of one invocation."""
        share: float = min(1.0, self.memory_mb(function) / self.prices["lambda"]["mb_of_one_vcpu"])
        return math.ceil(self.slowness * (invocations.processor_ms / share + self._waiting_ms(invocations)))

    def memory_mb(self, function: str) -> int:
        """A function's memory with these parameters."""
        return memory_mb(function, self.parameters)

    def _waiting_ms(self, invocations: Invocations) -> float:
        waits: Mapping[str, float] = self.prices["waiting_milliseconds"]
        total = 0.0
        for call, count in invocations.calls.items():
            each = count / invocations.count
            if call == "events.put_events":
                each = max(min(1.0, each), each / _EVENTS_A_CALL)
            total += each * waits[_WAITS_FOR.get(call, call.partition(".")[0])]
        return total

    def _functions(self, journey: Journey) -> dict[str, Invocations]:
        """The functions' parts, with the outbox and the authorizer as often as this traffic needs them."""
        functions = dict(journey.usage.functions)
        if "OutboxFunction" in functions:
            measured = functions["OutboxFunction"]
            count = self.outbox_invocations(journey.records)
            # The same records and calls, in fewer invocations that each have more to do, or the other way round.
            processor_ms = measured.processor_ms * max(1.0, measured.count / count)
            functions["OutboxFunction"] = Invocations(count, processor_ms, measured.calls)
        checks = self.authorizer_invocations(journey.routes)
        if checks == 0:
            return functions
        once = self.authorizer.usage.functions["AuthorizerFunction"]
        calls = {call: count * checks for call, count in once.calls.items()}
        return functions | {"AuthorizerFunction": Invocations(checks, once.processor_ms, calls)}

    def authorizer_invocations(self, routes: tuple[str, ...]) -> float:
        """How often a job needs it: its answer is kept by token and route; one token a route is taken to be in use."""
        [authorizer] = resources("AWS::ApiGatewayV2::Authorizer").values()
        kept: float = authorizer["Properties"]["AuthorizerResultTtlInSeconds"]
        return min(len(routes), len(set(routes)) / (kept * self.jobs_per_second))

    def outbox_invocations(self, records: Mapping[str, float]) -> float:
        """How many invocations a job's stream records need.

        Lambda looks at each shard some times a second, or once a batching window, and makes of what is new as many
        batches as may run at once, by the items' keys.
        """
        traffic: Mapping[str, float] = self.prices["traffic"]
        total = 0.0
        for table, count in records.items():
            source = resources("AWS::Lambda::EventSourceMapping")[_STREAMS[table]]["Properties"]
            window = source.get("MaximumBatchingWindowInSeconds", 0)
            looks = traffic["stream_shards"] * (1 / window if window else traffic["stream_polls_per_second"])
            at_once = source.get("ParallelizationFactor", 1)
            new = count * self.jobs_per_second / looks
            by_size = new / source["BatchSize"]
            batches = max(at_once * (1 - math.exp(-new / at_once)), by_size)
            total += looks * batches / self.jobs_per_second
        return total


def memory_mb(function: str, parameters: Mapping[str, float] | None = None) -> int:
    """A function's memory, of the template, where parameters that are not given have their defaults."""
    size = resources("AWS::Serverless::Function")[function]["Properties"]["MemorySize"]
    if isinstance(size, dict):
        name = size["Ref"]
        size = (parameters or {}).get(name, template()["Parameters"][name]["Default"])
    return int(size)
