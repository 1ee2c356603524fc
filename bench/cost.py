"""What a million jobs cost at list prices, service by service, beside the same work on other services."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from bench.bill import SERVICES, Bill, Biller, memory_mb, prices
from bench.journeys import PICTURE, POLL, Journey, journeys
from bench.report import Figure

_GOALS = {"create, lease, succeed": 10, PICTURE: 15}
_MEMORIES = (384, 512, 1024)
_MONTH = 60 * 60 * 24 * 30  # seconds
_POLL_EVERY = 5
_LONGEST_WAIT = 20


def measure() -> list[Figure]:
    """Totals by kind of job, what they are at other traffic and speed, the peers', and what an idle stack costs."""
    found = {journey.name: journey for journey in journeys()}
    authorizer, sweeper, poll = found.pop("authorizer"), found.pop("sweeper"), found.pop(POLL)
    list_prices = prices()
    biller = Biller(list_prices, authorizer, list_prices["traffic"]["jobs_per_second"])
    bills = {name: biller.bill(journey) for name, journey in found.items()}
    _show(biller, found, bills)
    figures = []
    for name, journey in found.items():
        goal = f"< {_GOALS[name]}" if name in _GOALS else ""
        figures.append(_dollars(f"{name}, a million", bills[name].total, goal, _parts(bills[name])))
        figures.append(_dollars(f"{name}, durations twice as long", biller.at(slowness=2).bill(journey).total))
        figures.append(_dollars(f"{name}, at 10 jobs a second", biller.at(jobs_per_second=10).bill(journey).total))
        figures.append(_dollars(f"{name}, at 1,000 jobs a second", biller.at(jobs_per_second=1000).bill(journey).total))
        figures.append(_dollars(f"{name}, log lines besides", bills[name].logs))
    return [*figures, *_by_memory(biller, found[PICTURE]), *_peers(biller, found), *_idle(biller, sweeper, poll)]


def _by_memory(biller: Biller, picture: Journey) -> list[Figure]:
    """A picture's price by the memory of its function. What each size refuses is in docs/operations.md."""
    thumbnail = picture.usage.functions["ThumbnailFunction"]
    figures = []
    for megabytes in _MEMORIES:
        sized = biller.at(parameters={"ThumbnailMemory": megabytes})
        aim = f"< {_GOALS[PICTURE]}" if megabytes == min(_MEMORIES) else ""
        note = f"{sized.milliseconds('ThumbnailFunction', thumbnail):g} ms a picture"
        figures.append(_dollars(f"{PICTURE}, ThumbnailMemory {megabytes:,}", sized.bill(picture).total, aim, note))
    return figures


def _peers(biller: Biller, found: dict[str, Journey]) -> list[Figure]:
    """The same work elsewhere. What each has and lacks is in docs/operations.md."""
    price = biller.prices
    figures = []
    sqs = {"create, lease, succeed": 3, "with a heartbeat": 4, "with a retry": 5}
    for name, requests in sqs.items():
        alone = requests * price["sqs"]["request_million"]
        attempts = 2 if name == "with a retry" else 1
        figures += [
            _dollars(
                f"{name}: Step Functions activity",
                attempts * price["step_functions"]["transition_million"],
                note="at least: a transition an attempt; workers need AWS credentials",
            ),
            _dollars(f"{name}: plain SQS", alone, note="no state, history, fence or events; AWS credentials"),
            _dollars(
                f"{name}: plain SQS behind this API",
                alone + _behind_the_api(biller, found[name], requests),
                note="the same HTTP API, authorizer and functions, no table",
            ),
        ]
    picture = biller.bill(found[PICTURE]).services
    thumbnail = found[PICTURE].usage.functions["ThumbnailFunction"]
    duration = biller.seconds_of_gigabytes("ThumbnailFunction", thumbnail) * price["lambda"]["gb_second"] * 1e6
    bare = picture["S3"] + price["lambda"]["request_million"] + duration
    figures.append(_dollars(f"{PICTURE}: S3 event to a bare function", bare, note="no record, retry by us or events"))
    queued = bare + 3 * price["sqs"]["request_million"]
    figures.append(_dollars(f"{PICTURE}: S3 event to SQS to a function", queued, note="no record or events"))
    return figures


def _behind_the_api(biller: Biller, journey: Journey, requests: int) -> float:
    """What the API, its authorizer and its functions add to a call of a queue: each a request and an invocation."""
    price = biller.prices
    api = requests * (price["api_gateway"]["request_million"] + price["lambda"]["request_million"])
    once = journey.usage.functions["JobsApiFunction"]  # one call to a service, as there
    seconds = biller.seconds_of_gigabytes("JobsApiFunction", once) * requests
    return float(api + seconds * price["lambda"]["gb_second"] * 1e6)


def _idle(biller: Biller, sweeper: Journey, poll: Journey) -> list[Figure]:
    """What a month costs in which nothing is to be done: the stack alone, and each worker that looks for work."""
    price = biller.prices
    [once] = sweeper.usage.functions.values()
    sweep = (
        price["lambda"]["request_million"] / 1e6
        + biller.seconds_of_gigabytes("SweeperFunction", once) * price["lambda"]["gb_second"]
        + sweeper.usage.read_units * price["dynamodb"]["read_million"] / 1e6
    )
    polls = _MONTH / _POLL_EVERY
    # A request that waits keeps its process for itself, and looks again about each 0.6 s.
    waits, looks = _MONTH / _LONGEST_WAIT, _MONTH / 0.6
    waiting = (
        waits * (price["api_gateway"]["request_million"] + price["lambda"]["request_million"]) / 1e6
        + _MONTH * memory_mb("WorkerApiFunction") / 1024 * price["lambda"]["gb_second"]
        + looks * poll.usage.read_units * price["dynamodb"]["read_million"] / 1e6
    )
    return [
        _dollars("idle: the sweeper, a month", sweep * _MONTH / 60, note="each minute; alarms and storage besides"),
        _dollars(
            f"idle: a worker that polls each {_POLL_EVERY} s, a month",
            biller.bill(poll).total * polls / 1e6,
            note="one type; each further one adds its reads",
        ),
        _dollars(
            f"idle: a worker that waits {_LONGEST_WAIT} s a call, a month",
            waiting,
            note="it keeps a function running all the time",
        ),
    ]


def _parts(bill: Bill) -> str:
    grouped = {
        "API": bill.services["API Gateway"],
        "Lambda": bill.services["Lambda requests"] + bill.services["Lambda duration"],
        "DynamoDB": sum(cost for name, cost in bill.services.items() if name.startswith("DynamoDB")),
        "EventBridge": bill.services["EventBridge"],
        "SQS": bill.services["SQS"],
        "S3": bill.services["S3"],
    }
    return ", ".join(f"{name} {cost:.2f}" for name, cost in grouped.items() if cost)


def _dollars(name: str, value: float, aim: str = "", note: str = "") -> Figure:
    return Figure(name, round(value, 2), "$", aim, note)


def _show(biller: Biller, found: dict[str, Journey], bills: dict[str, Bill]) -> None:
    console = Console(width=140)
    table = Table(
        title=f"Dollars for a million jobs, {biller.prices['region']}, prices of {biller.prices['checked']},"
        f" {biller.jobs_per_second:g} jobs a second",
        title_justify="left",
    )
    table.add_column("service")
    for name in bills:
        table.add_column(name, justify="right")
    for service in SERVICES:
        table.add_row(service, *_cells([bill.services[service] for bill in bills.values()]))
    table.add_section()
    table.add_row("total", *_cells([bill.total for bill in bills.values()]))
    table.add_row("log lines besides", *_cells([bill.logs for bill in bills.values()]))
    console.print(table)
    times = Table(title="What a job of each kind uses; times measured in this run", title_justify="left")
    for column in ("job", "function", "times", "processor ms", "billed ms", "MB"):
        times.add_column(column, justify="left" if column in ("job", "function") else "right")
    for name, journey in found.items():
        for function, each in journey.usage.functions.items():
            billed = biller.milliseconds(function, each)
            times.add_row(
                name, function, f"{each.count:.2f}", f"{each.processor_ms:.1f}", f"{billed:g}", str(memory_mb(function))
            )
        units = ", ".join(f"{table} {count:g}" for table, count in journey.usage.write_units.items())
        times.add_row("", f"write units: {units}; read units: {journey.usage.read_units:g}")
    console.print(times)


def _cells(values: Sequence[float]) -> list[str]:
    return [f"{value:.2f}" if value else "" for value in values]
