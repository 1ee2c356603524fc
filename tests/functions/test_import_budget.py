"""What a function may import while it starts: a deny-list each, since milliseconds differ from machine to machine.

Each function is loaded as Lambda loads it, in a process of its own, and makes its parts as it does there.
"""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.template_file import ROOT, resources

# Large libraries that no function needs in order to start, or at all.
_NOBODY = {"boto3", "aws_xray_sdk", "jsonschema", "numpy", "PIL", "pi_heif", "multiprocessing", "asyncio"}
_POWERTOOLS = {"aws_lambda_powertools"}
_MODELS = {"pydantic", "leasehold.http.bodies"}
_CLIENTS = {"botocore.session", "botocore.client"}

DENIED = {
    "worker_api": _NOBODY
    | _POWERTOOLS
    | _MODELS
    | _CLIENTS
    | {"leasehold.follow_ups", "leasehold.asset", "leasehold.listing", "leasehold.http.asks"},
    "authorizer": _NOBODY | _POWERTOOLS | _MODELS | _CLIENTS | {"leasehold.jobs", "leasehold.registry", "tomllib"},
    "jobs_api": _NOBODY | _POWERTOOLS | _MODELS,
    "console": _NOBODY | _POWERTOOLS | _MODELS | _CLIENTS | {"botocore", "leasehold"},
    "outbox": _NOBODY | _MODELS,
    "sweeper": _NOBODY | _MODELS,
    # Pictures are made in a process beside it, which loads Pillow for itself.
    "thumbnail": _NOBODY | _MODELS,
}

_LOADED = """
import importlib, json, sys
importlib.import_module("functions.{name}.app")
print(json.dumps(sorted(sys.modules)))
"""

# Everything that gives chance, a name or a secret, told of when it is asked while the function is loading.
_SNAPSHOT = """
import importlib, json, os, random, secrets, sys, uuid
drawn = []
def telling(name):
    def draw(*_):
        drawn.append(name)
        return b"0" * 16
    return draw
os.urandom, uuid.uuid4 = telling("os.urandom"), telling("uuid.uuid4")
random._urandom = telling("SystemRandom")
for name in ("token_bytes", "token_hex", "token_urlsafe"):
    setattr(secrets, name, telling(name))
for name in ("random", "uniform", "shuffle", "choice", "randrange", "getrandbits"):
    setattr(random, name, telling(name))
importlib.import_module("functions.{name}.app")
print(json.dumps([drawn, "botocore.session" in sys.modules]))
"""


def _modules_of(name: str) -> set[str]:
    return set(_said(_LOADED, name))


def _said(code: str, name: str, **more: str) -> Any:
    """What that code says in a process with the function's environment."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "AWS_LAMBDA_FUNCTION_NAME": name,
        **dict.fromkeys(
            (
                "JOBS_TABLE",
                "ASSETS_TABLE",
                "TOKENS_TABLE",
                "UPLOADS_BUCKET",
                "DERIVED_BUCKET",
                "EVENT_BUS",
                "RETRY_QUEUE_URL",
                "DEAD_LETTER_QUEUE_URL",
            ),
            "x",
        ),
        "THUMBNAIL_MAX_MIB": "50",
        **more,
    }
    command = [sys.executable, "-c", code.replace("{name}", name)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("name", DENIED)
def test_a_function_starts_without_what_it_does_not_need(name: str) -> None:
    assert sorted(_modules_of(name) & DENIED[name]) == []


def _with_snapshots() -> list[str]:
    functions = resources("AWS::Serverless::Function").values()
    return [each["Properties"]["CodeUri"].split("/")[1] for each in functions if "SnapStart" in each["Properties"]]


@pytest.mark.parametrize("name", _with_snapshots())
def test_a_snapshot_holds_no_chance_and_no_credentials(name: str) -> None:
    """Each copy of a snapshot begins with what was in it: a drawn secret would be everybody's."""
    drawn, has_client = _said(_SNAPSHOT, name, AWS_LAMBDA_INITIALIZATION_TYPE="snap-start")
    assert drawn == []
    assert not has_client


def test_every_function_has_a_budget() -> None:
    folders = {each["Properties"]["CodeUri"].split("/")[1] for each in resources("AWS::Serverless::Function").values()}
    assert folders == set(DENIED)
