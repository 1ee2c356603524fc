"""The embedded stack under measurement: how fast it is up, how fast a report and a picture go through it."""

import io
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

from bench.report import Figure, spread
from tests.engines import free_port
from tests.stack.deployment import Deployment, eventually
from tests.template_file import ROOT

_REPORTS = 200
_PICTURES = 100


def measure() -> list[Figure]:
    """All figures of the stack."""
    with _stack() as (deployment, up_seconds):
        return [
            Figure("make up when all is installed and built", round(up_seconds, 1), "s", "< 20"),
            *spread("succeed over HTTP", _reports(deployment), "< 25 median"),
            *spread("upload to processed, 3 MP JPEG", _uploads(deployment), "< 500 median"),
        ]


def _reports(deployment: Deployment) -> list[float]:
    for _ in range(_REPORTS + 10):
        deployment.json("POST", "/jobs", {"type": "demo.echo", "payload": {}}, 201)
    durations = []
    for _ in range(_REPORTS + 10):
        [job] = deployment.json("GET", "/jobs/lease?type=demo.echo", worker="bench-worker")["jobs"]
        started = time.perf_counter()
        deployment.json(
            "POST",
            f"/jobs/{job['jobId']}/succeed",
            {"result": {}},
            worker="bench-worker",
            token=job["leaseToken"],
        )
        durations.append((time.perf_counter() - started) * 1000)
    return durations[10:]  # the first ones warm the functions up


def _uploads(deployment: Deployment) -> list[float]:
    s3, dynamodb = deployment.aws("s3"), deployment.aws("dynamodb")
    durations = []
    for nth in range(_PICTURES + 3):
        data = _photo(nth)
        invited = deployment.json("POST", "/assets", {"fileName": "a.jpg", "contentType": "image/jpeg"}, 201)
        asset_id = invited["assetId"]
        started = time.perf_counter()
        s3.put_object(Bucket=deployment.description["uploadsBucket"], Key=invited["upload"]["fields"]["key"], Body=data)
        eventually(lambda asset_id=asset_id: _processed(dynamodb, deployment, asset_id), pause_seconds=0.005)
        durations.append((time.perf_counter() - started) * 1000)
    return durations[3:]


def _processed(dynamodb: Any, deployment: Deployment, asset_id: str) -> bool:
    answer = dynamodb.get_item(
        TableName=deployment.description["assetsTable"], Key={"assetId": {"S": asset_id}}, ConsistentRead=True
    )
    return bool(answer["Item"]["processed"]["BOOL"])


def _photo(seed: int, width: int = 2000, height: int = 1500) -> bytes:
    chance = random.Random(seed)
    noise = Image.frombytes("RGB", (width // 8, height // 8), chance.randbytes(width // 8 * (height // 8) * 3))
    out = io.BytesIO()
    noise.resize((width, height), Image.Resampling.BICUBIC).save(out, "JPEG", quality=85)
    return out.getvalue()


@contextmanager
def _stack() -> Iterator[tuple[Deployment, float]]:
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "LEASEHOLD_PORT": str(free_port()), "LEASEHOLD_FOLDER": folder}
        _local("up", environment)  # builds
        _local("down", environment)
        started = time.perf_counter()
        _local("up", environment)
        up_seconds = time.perf_counter() - started
        deployment = Deployment(json.loads((Path(folder) / "stack.json").read_text()))
        try:
            deployment.http.get("/health", timeout=httpx.Timeout(30))
            yield deployment, up_seconds
        finally:
            deployment.close()
            _local("down", environment)


def _local(command: str, environment: dict[str, str]) -> None:
    subprocess.run(
        [sys.executable, "-m", "local", command], cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL
    )
