"""The running stack, asked for what its description allows and for what it forbids: every answer is as described.

schemathesis makes the requests from the description, by the same choices in each run. Ids and types that exist are made
known to it, so that not everything ends at the first check.
"""

import copy
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    missing_required_header,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from leasehold.times import read, wall_clock
from tests.api import described
from tests.api.in_process import Answer
from tests.template_file import ROOT

Json = dict[str, Any]

_OF_WRONG_REQUESTS = [missing_required_header, negative_data_rejection]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    *_OF_WRONG_REQUESTS,
]
# The console's page is the console's business.
ROUTES = sorted(set(described.operations()) - {"GET /console"})
WORKER_ID = "fuzz-worker"


class Target:
    """The stack, and things in it that requests can be about."""

    def __init__(self, stack: Json) -> None:
        self.began = wall_clock()
        self._admin: str = stack["tokens"]["admin"]
        self._http = httpx.Client(base_url=stack["apiUrl"], timeout=30, trust_env=False)
        # For jobs a token of the one type that is fuzzed: dead pictures of other tests are not to be redriven.
        limited = {"role": "admin", "label": "fuzz", "types": ["demo.echo"], "expiresInDays": 1}
        self._for_jobs: str = self._ask("POST", "/tokens", limited)["token"]
        self._picture = self._uploaded((ROOT / "samples" / "harbour.jpg").read_bytes())
        self.schema = schemathesis.openapi.from_dict(_simplified())
        self.schema.config.update(base_url=stack["apiUrl"])

    def headers(self, route: str) -> dict[str, str]:
        """What opens a route."""
        return {"Authorization": f"Bearer {self._for_jobs if ' /jobs' in route else self._admin}"}

    def existing_id(self, route: str) -> str:
        """The id of a thing that the route can do something with."""
        if "/tokens" in route:
            return str(self._ask("POST", "/tokens", {"role": "viewer", "label": "fuzz", "expiresInDays": 1})["tokenId"])
        if "/assets" in route:
            return self._picture
        job_id = str(self._ask("POST", "/jobs", {"type": "demo.echo", "payload": {}, "priority": "high"})["jobId"])
        if route in ("GET /jobs/{id}", "POST /jobs/{id}/cancel"):
            return job_id
        [job] = self._ask("POST", "/jobs/lease", {"type": "demo.echo", "leaseSeconds": 600})["jobs"]
        if route == "POST /jobs/{id}/redrive":
            self._ask("POST", f"/jobs/{job['jobId']}/fail", {"error": {"message": "no", "retryable": False}})
        return str(job["jobId"])

    def close(self) -> None:
        """Leave no job of ours for others to lease."""
        for status in ("queued", "leased"):
            cursor = ""
            while cursor is not None:
                page = self._ask("GET", f"/jobs?type=demo.echo&status={status}&limit=100{cursor}")
                for job in page["jobs"]:
                    if read(job["createdAt"]) >= self.began:
                        self._http.post(f"/jobs/{job['jobId']}/cancel", headers=self.headers("POST /jobs"))
                cursor = page["cursor"] and f"&cursor={page['cursor']}"
        self._http.close()

    def _ask(self, method: str, path: str, body: Any = None) -> Json:
        headers = {"Authorization": f"Bearer {self._admin}", "X-Worker-Id": WORKER_ID}
        answer = self._http.request(method, path, json=body, headers=headers)
        assert answer.is_success, answer.text
        parsed: Json = answer.json()
        return parsed

    def _uploaded(self, data: bytes) -> str:
        invited = self._ask("POST", "/assets", {"fileName": "harbour.jpg", "contentType": "image/jpeg"})
        form = invited["upload"]
        self._http.post(form["url"], data=form["fields"], files={"file": data}).raise_for_status()
        give_up_at = time.monotonic() + 60
        while not self._ask("GET", f"/assets/{invited['assetId']}")["processed"]:
            assert time.monotonic() < give_up_at, "the picture has no thumbnail after a minute"
            time.sleep(0.2)
        return str(invited["assetId"])


def _simplified() -> Json:
    """The description, of a stack that has one job type, and that asks for no tokens: the tests bring theirs."""
    document: Json = copy.deepcopy(described.document())
    for item in document["paths"].values():
        for method in item.keys() - {"parameters"}:
            item[method]["security"] = []
    schemas = document["components"]["schemas"]
    schemas["Enqueue"]["properties"]["type"] = {"enum": ["demo.echo"]}
    schemas["Lease"]["properties"]["type"] = {"enum": ["demo.echo", ["demo.echo"]]}
    for parameter in document["paths"]["/jobs/lease"]["get"]["parameters"]:
        if parameter.get("name") == "type":
            parameter["schema"]["items"] = {"enum": ["demo.echo"]}
    return document


@pytest.fixture(scope="module")
def target(stack: Json) -> Iterator[Target]:
    """The running stack."""
    made = Target(stack)
    yield made
    made.close()


def _hurry(asked: Any) -> None:
    """Where a request waits for a job, and may, let it wait no longer than a test can."""
    if isinstance(asked, dict) and type(asked.get("wait")) in (int, float) and 0 <= asked["wait"] <= 20:
        asked["wait"] = 0


def fuzz(target: Target, route: str, examples: int) -> None:
    """Ask one route so many times."""
    method, path = route.split(" ")
    operation = target.schema[path][method]
    requests = st.one_of(
        operation.as_strategy(generation_mode=GenerationMode.POSITIVE),
        operation.as_strategy(generation_mode=GenerationMode.NEGATIVE),
    )

    @settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=requests, to_the_point=st.booleans())
    def ask(case: schemathesis.Case[Any], to_the_point: bool) -> None:
        checks = CHECKS
        _hurry(case.query)
        _hurry(case.body)
        if to_the_point and "{id}" in route:
            case.path_parameters["id"] = target.existing_id(route)
            case.headers["X-Worker-Id"] = WORKER_ID
            case.headers.pop("X-Lease-Token", None)
            checks = [each for each in CHECKS if each not in _OF_WRONG_REQUESTS]  # it may have become right by that
        answer = case.call(headers=target.headers(route), allow_redirects=False)
        case.validate_response(answer, checks=checks)
        headers = {name.lower(): values[0] for name, values in answer.headers.items()}
        described.check(Answer(route, answer.status_code, headers, answer.text))

    ask()


@pytest.mark.stack
@pytest.mark.parametrize("route", ROUTES)
def test_every_answer_is_as_described(target: Target, route: str) -> None:
    fuzz(target, route, examples=15)


@pytest.mark.stack
@pytest.mark.soak
@pytest.mark.parametrize("route", ROUTES)
def test_every_answer_is_as_described_in_the_long_run(target: Target, route: str) -> None:
    fuzz(target, route, examples=200)
