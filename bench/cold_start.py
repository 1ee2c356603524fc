"""Cold starts of every function, as built, beside a function that imports boto3 and makes a DynamoDB client.

Every file is dated 1980, as SAM dates what it packs: bytecode that is checked by date is worth nothing then. Functions
take turns, so that a busy moment of the machine hits them all; a figure is the median of the rounds' ratios.
"""

import json
import os
import shutil
import statistics
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.progress import track

from bench.lambda_emulator import ColdStart, Function, StandIn, cold_start
from bench.report import Figure
from local.deployment import build
from local.settings import Settings
from tests.template_file import ROOT, resources

ROUNDS = 9
_FOLDER = ROOT / ".cache" / "bench"
_THE_YEAR_1980 = 315_532_800
_BARE = """
import boto3

DYNAMODB = boto3.client("dynamodb")


def handler(event, context):
    return {}
"""
_TOKEN = f"Bearer lh_0123456789abcdef_{'A' * 43}"
# The usual first call of each; no event of events/ has a token that could be one.
_FIRST_CALLS: dict[str, Mapping[str, Any]] = {
    "AuthorizerFunction": {"routeKey": "POST /jobs/{id}/succeed", "headers": {"authorization": _TOKEN}},
}
_EVENTS = {
    "WorkerApiFunction": "worker_api/succeed",
    "JobsApiFunction": "jobs_api/enqueue",
    "ConsoleFunction": "console/index",
    "OutboxFunction": "outbox/asset_processed",
    "SweeperFunction": "sweeper/each_minute",
    "ThumbnailFunction": "thumbnail/wake_up",
}
_INIT_AIMS = {"WorkerApiFunction": "< 0.60", "AuthorizerFunction": "< 0.60"}


def measure() -> list[Figure]:
    """Init, and init with the first call, of each function over the bare one's."""
    settings = Settings(0, _FOLDER)
    _FOLDER.mkdir(parents=True, exist_ok=True)
    build(settings)
    with tempfile.TemporaryDirectory() as folder, StandIn() as aws:
        built = Path(folder) / "build"
        shutil.copytree(settings.build, built)
        functions = {"bare": _bare(Path(folder) / "bare"), **_functions(built)}
        _date_1980(Path(folder))
        rounds = [
            {name: cold_start(each, _environment(aws)) for name, each in functions.items()}
            for _ in track(range(ROUNDS), "cold starts", transient=True)
        ]
    bare = statistics.median(each["bare"].init for each in rounds)
    figures = [Figure("boto3 and a DynamoDB client, init", round(bare), "ms")]
    for name in functions.keys() - {"bare"}:
        figures += _figures(name, rounds)
    return [figures[0], *sorted(figures[1:], key=lambda figure: figure.name)]


def _figures(name: str, rounds: list[dict[str, ColdStart]]) -> list[Figure]:
    init = statistics.median(each[name].init / each["bare"].init for each in rounds)
    total = statistics.median(each[name].total / each["bare"].total for each in rounds)
    milliseconds = statistics.median(each[name].init for each in rounds)
    until_answered = statistics.median(each[name].total for each in rounds)
    shown = name.removesuffix("Function")
    return [
        Figure(f"{shown}, init", round(init, 2), "of bare", _INIT_AIMS.get(name, "< 1.00"), f"{milliseconds:.0f} ms"),
        Figure(f"{shown}, with first call", round(total, 2), "of bare", "< 1.10", f"{until_answered:.0f} ms"),
    ]


def _bare(folder: Path) -> Function:
    folder.mkdir()
    (folder / "app.py").write_text(_BARE)
    return Function(folder, [], {})


def _functions(built: Path) -> dict[str, Function]:
    return {
        name: Function(
            built / name,
            [built / layer["Ref"] / "python" for layer in each["Properties"].get("Layers", [])],
            _FIRST_CALLS[name] if name in _FIRST_CALLS else _event(_EVENTS[name]),
        )
        for name, each in resources("AWS::Serverless::Function").items()
    }


def _event(name: str) -> Mapping[str, Any]:
    event: Mapping[str, Any] = json.loads((ROOT / "events" / f"{name}.json").read_text())
    return event


def _environment(aws: StandIn) -> dict[str, str]:
    """What the template tells the functions, as far as they need it to start."""
    tables = {f"{kind}_TABLE": kind.lower() for kind in ("JOBS", "ASSETS", "TOKENS")}
    queues = {f"{kind}_QUEUE_URL": f"{aws.endpoint}/queue" for kind in ("RETRY", "DEAD_LETTER")}
    return {
        **tables,
        **queues,
        "AWS_ENDPOINT_URL": aws.endpoint,
        "EVENT_BUS": "events",
        "UPLOADS_BUCKET": "uploads",
        "DERIVED_BUCKET": "derived",
        "THUMBNAIL_MAX_MIB": "50",
        "POWERTOOLS_METRICS_NAMESPACE": "Leasehold",
        "POWERTOOLS_SERVICE_NAME": "bench",
    }


def _date_1980(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            os.utime(path, (_THE_YEAR_1980, _THE_YEAR_1980))
