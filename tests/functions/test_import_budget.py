"""What a function may import while it starts: a deny-list each, since milliseconds differ from machine to machine.

Each function is loaded as Lambda loads it, in a process of its own, and makes its parts as it does there.
"""

import json
import os
import subprocess
import sys

import pytest

from tests.template_file import ROOT, resources

# Large libraries that no function needs in order to start, or at all.
_NOBODY = {"boto3", "aws_xray_sdk", "jsonschema", "numpy", "PIL", "pi_heif", "multiprocessing"}
_POWERTOOLS = {"aws_lambda_powertools"}
_MODELS = {"pydantic", "leasehold.http.bodies"}
_CLIENTS = {"botocore.session", "botocore.client"}

DENIED = {
    "worker_api": _NOBODY | _POWERTOOLS | _MODELS | _CLIENTS | {"leasehold.follow_ups", "leasehold.asset"},
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


def _modules_of(name: str) -> set[str]:
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
    }
    code = _LOADED.format(name=name)
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("name", DENIED)
def test_a_function_starts_without_what_it_does_not_need(name: str) -> None:
    assert sorted(_modules_of(name) & DENIED[name]) == []


def test_every_function_has_a_budget() -> None:
    folders = {each["Properties"]["CodeUri"].split("/")[1] for each in resources("AWS::Serverless::Function").values()}
    assert folders == set(DENIED)
