"""Every route answers as described: each success, and each error that it can give, provoked here."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from leasehold import wiring
from leasehold.access import Caller
from leasehold.asset import Facts, StoredThumbnail, Upload
from tests.api import described
from tests.api.in_process import WORKER_ID, Answer, Api

Ask = Callable[[Api], Answer]
Case = tuple[str, int, str | None, Ask]

ECHO = {"type": "demo.echo", "payload": {"hello": "world"}}
ELSEWHERE = Caller("fedcba9876543210", "admin", types=("thumbnail.create",))
ELSEBODY = Caller("fedcba9876543210", "admin", worker_ids=("somebody-*",))
ANOTHER = {"x-worker-id": "worker-2"}
ANY_TOKEN = {"role": "admin", "label": "without limits"}
HUGE = "x" * 70_000
ERROR = {"error": {"message": "the mail server refused us", "code": "mail_down"}}


def picture(api: Api, *, made: bool = True) -> str:
    """The id of an uploaded asset, with a thumbnail if `made`."""
    asset_id = str(api.post("/assets", {"fileName": "a.jpg", "contentType": "image/jpeg"}).json["assetId"])
    store = wiring.assets()
    asset = store.record_upload(asset_id, Upload("uploads", f"uploads/{asset_id}/a.jpg", "01", 1000), 1)
    assert asset is not None
    if made:
        thumbnail = StoredThumbnail(f"{asset_id}-t", "320", "derived", "thumbnails/x.webp", "image/webp", 320, 240, 900)
        assert store.mark_processed(asset_id, 1, Facts("image/jpeg", 640, 480, "abc="), (thumbnail,), 2)
    else:
        assert store.mark_failed(asset_id, 1, "corrupt_image", "the file is cut off", 2)
    return asset_id


def spoilt(api: Api, verb: str, **more: Any) -> Answer:
    """A report on a job that is held, with something wrong about it."""
    return api.post(f"/jobs/{api.leased()['jobId']}/{verb}", **more)


def again(api: Api, body: Any) -> Answer:
    """The same key for a second time, with this body."""
    keyed = {"idempotency-key": "order-1"}
    assert api.post("/jobs", ECHO, headers=keyed).status == 201
    return api.post("/jobs", body, headers=keyed)


def cancelled_while_held(api: Api) -> Answer:
    """A heartbeat that learns of a cancellation."""
    job = api.leased()
    api.post(f"/jobs/{job['jobId']}/cancel")
    beat = api.post(f"/jobs/{job['jobId']}/heartbeat", headers=held_by(job))
    assert beat.json["cancelRequested"] is True
    return beat


def finished(api: Api) -> str:
    """The id of a job that has succeeded."""
    job_id = str(api.leased()["jobId"])
    assert api.post(f"/jobs/{job_id}/succeed", {"result": {}}).status == 200
    return job_id


def held_by(job: Any) -> dict[str, str]:
    """The headers of the worker that holds the job."""
    return {"x-worker-id": WORKER_ID, "x-lease-token": job["leaseToken"]}


def minted(api: Api) -> str:
    """The id of a new token."""
    made = api.post("/tokens", {"role": "worker", "label": "mine", "types": ["demo.echo"], "expiresInDays": 1})
    return str(made.json["tokenId"])


def with_etag(api: Api, path: str) -> Answer:
    """The same file again."""
    return api.get(path, headers={"if-none-match": api.get(path).headers["etag"]})


REPORTS = {
    "heartbeat": {"progress": 0.5},
    "succeed": {"result": {"n": 1}},
    "fail": ERROR,
    "release": {"delaySeconds": 1},
}
BAD_REPORTS = {"heartbeat": {"progress": 2}, "succeed": {}, "fail": {"error": {}}, "release": {"delaySeconds": -1}}


def report(verb: str, **more: Any) -> Ask:
    """A report on a job that is held."""
    return lambda api: spoilt(api, verb, **more)


def report_on(verb: str, body: Any, job_id: Callable[[Api], str]) -> Ask:
    """A report on some other job."""
    return lambda api: api.post(f"/jobs/{job_id(api)}/{verb}", body)


def report_cases() -> list[Case]:
    """What is the same for all four reports."""
    cases: list[Case] = []
    for verb, body in REPORTS.items():
        route = f"POST /jobs/{{id}}/{verb}"
        cases += [
            (route, 200, None, report(verb, body=body)),
            (route, 400, "malformed_json", report(verb, raw="{")),
            (route, 403, "forbidden", report(verb, body=body, caller=ELSEWHERE)),
            (route, 403, "forbidden", report(verb, body=body, caller=ELSEBODY)),
            (route, 409, "lease_conflict", report_on(verb, body, lambda _api: "job_none")),
            (route, 409, "lease_conflict", report_on(verb, body, Api.enqueued)),
            (route, 409, "lease_conflict", report(verb, body=body, headers=ANOTHER)),
            (route, 422, "validation_error", report(verb, body=BAD_REPORTS[verb])),
            (route, 422, "validation_error", report(verb, body=body, headers={})),
        ]
    return cases


CASES: list[Case] = [
    ("POST /jobs", 201, None, lambda api: api.post("/jobs", ECHO)),
    ("POST /jobs", 201, None, lambda api: api.post("/jobs", {**ECHO, "runAt": "2100-01-01T00:00:00Z"})),
    ("POST /jobs", 200, None, lambda api: again(api, ECHO)),
    ("POST /jobs", 400, "malformed_json", lambda api: api.post("/jobs", raw="{")),
    ("POST /jobs", 403, "forbidden", lambda api: api.post("/jobs", ECHO, caller=ELSEWHERE)),
    ("POST /jobs", 413, "payload_too_large", lambda api: api.post("/jobs", {**ECHO, "payload": {"x": HUGE}})),
    ("POST /jobs", 422, "validation_error", lambda api: api.post("/jobs", {**ECHO, "maxAttempts": 101})),
    ("POST /jobs", 422, "unknown_job_type", lambda api: api.post("/jobs", {**ECHO, "type": "no.such"})),
    ("POST /jobs", 422, "idempotency_key_reused", lambda api: again(api, {**ECHO, "priority": "low"})),
    ("GET /jobs", 200, None, lambda api: (api.enqueued(), api.enqueued(), api.get("/jobs", query={"limit": "1"}))[-1]),
    ("GET /jobs", 403, "forbidden", lambda api: api.get("/jobs", query={"type": "demo.echo"}, caller=ELSEWHERE)),
    ("GET /jobs", 422, "validation_error", lambda api: api.get("/jobs", query={"limit": "0"})),
    ("GET /jobs", 422, "validation_error", lambda api: api.get("/jobs", query={"code": ""})),
    ("GET /jobs", 422, "unknown_job_type", lambda api: api.get("/jobs", query={"type": "no.such"})),
    ("GET /jobs/{id}", 200, None, lambda api: api.get(f"/jobs/{api.dead()}")),
    ("GET /jobs/{id}", 200, None, lambda api: api.get(f"/jobs/{api.leased()['jobId']}")),
    ("GET /jobs/{id}", 403, "forbidden", lambda api: api.get(f"/jobs/{api.enqueued()}", caller=ELSEWHERE)),
    ("GET /jobs/{id}", 404, "job_not_found", lambda api: api.get("/jobs/job_none")),
    ("POST /jobs/{id}/cancel", 200, None, lambda api: api.post(f"/jobs/{api.leased()['jobId']}/cancel")),
    (
        "POST /jobs/{id}/cancel",
        403,
        "forbidden",
        lambda api: api.post(f"/jobs/{api.enqueued()}/cancel", caller=ELSEWHERE),
    ),
    ("POST /jobs/{id}/cancel", 404, "job_not_found", lambda api: api.post("/jobs/job_none/cancel")),
    ("POST /jobs/{id}/cancel", 409, "already_finished", lambda api: api.post(f"/jobs/{finished(api)}/cancel")),
    ("POST /jobs/{id}/cancel", 409, "already_finished", lambda api: api.post(f"/jobs/{api.dead()}/cancel")),
    ("POST /jobs/{id}/redrive", 200, None, lambda api: api.post(f"/jobs/{api.dead()}/redrive")),
    ("POST /jobs/{id}/redrive", 400, "malformed_json", lambda api: api.post(f"/jobs/{api.dead()}/redrive", raw="no")),
    (
        "POST /jobs/{id}/redrive",
        403,
        "forbidden",
        lambda api: api.post(f"/jobs/{api.dead()}/redrive", caller=ELSEWHERE),
    ),
    ("POST /jobs/{id}/redrive", 404, "job_not_found", lambda api: api.post("/jobs/job_none/redrive")),
    ("POST /jobs/{id}/redrive", 409, "not_in_dlq", lambda api: api.post(f"/jobs/{api.enqueued()}/redrive")),
    (
        "POST /jobs/{id}/redrive",
        422,
        "validation_error",
        lambda api: api.post(f"/jobs/{api.dead()}/redrive", {"maxAttempts": 0}),
    ),
    ("POST /jobs/redrive", 200, None, lambda api: (api.dead(), api.post("/jobs/redrive", {"code": "broken"}))[-1]),
    ("POST /jobs/redrive", 400, "malformed_json", lambda api: api.post("/jobs/redrive", raw="no")),
    (
        "POST /jobs/redrive",
        403,
        "forbidden",
        lambda api: api.post("/jobs/redrive", {"type": "demo.echo"}, caller=ELSEWHERE),
    ),
    ("POST /jobs/redrive", 422, "validation_error", lambda api: api.post("/jobs/redrive", {"limt": 5})),
    ("POST /jobs/redrive", 422, "unknown_job_type", lambda api: api.post("/jobs/redrive", {"type": "no.such"})),
    ("POST /jobs/lease", 200, None, lambda api: (api.enqueued(), api.post("/jobs/lease", {"type": ["demo.echo"]}))[-1]),
    ("POST /jobs/lease", 400, "malformed_json", lambda api: api.post("/jobs/lease", raw="no")),
    (
        "POST /jobs/lease",
        403,
        "forbidden",
        lambda api: api.post("/jobs/lease", {"type": "demo.echo"}, caller=ELSEWHERE),
    ),
    ("POST /jobs/lease", 403, "forbidden", lambda api: api.post("/jobs/lease", {"type": "demo.echo"}, caller=ELSEBODY)),
    (
        "POST /jobs/lease",
        422,
        "validation_error",
        lambda api: api.post("/jobs/lease", {"type": "demo.echo", "max": 11}),
    ),
    (
        "POST /jobs/lease",
        422,
        "validation_error",
        lambda api: api.post("/jobs/lease", {"type": "demo.echo"}, headers={}),
    ),
    ("POST /jobs/lease", 422, "unknown_job_type", lambda api: api.post("/jobs/lease", {"type": "no.such"})),
    ("GET /jobs/lease", 200, None, lambda api: (api.enqueued(), lease_by_query(api, "demo.echo,thumbnail.create"))[-1]),
    ("GET /jobs/lease", 400, "malformed_json", lambda api: lease_by_query(api, "demo.echo", raw="no")),
    ("GET /jobs/lease", 403, "forbidden", lambda api: lease_by_query(api, "demo.echo", caller=ELSEWHERE)),
    ("GET /jobs/lease", 422, "validation_error", lambda api: lease_by_query(api, "")),
    ("GET /jobs/lease", 422, "unknown_job_type", lambda api: lease_by_query(api, "no.such")),
    *report_cases(),
    ("POST /jobs/{id}/heartbeat", 200, None, cancelled_while_held),
    (
        "POST /jobs/{id}/succeed",
        413,
        "payload_too_large",
        lambda api: spoilt(api, "succeed", body={"result": {"x": HUGE}}),
    ),
    ("POST /assets", 201, None, lambda api: api.post("/assets", {"fileName": "a.jpg", "contentType": "image/jpeg"})),
    ("POST /assets", 400, "malformed_json", lambda api: api.post("/assets", raw="no")),
    (
        "POST /assets",
        403,
        "forbidden",
        lambda api: api.post(
            "/assets",
            {"fileName": "a", "contentType": "image/png"},
            caller=Caller("x", "producer", types=("demo.echo",)),
        ),
    ),
    (
        "POST /assets",
        422,
        "validation_error",
        lambda api: api.post("/assets", {"fileName": "a.jpg", "contentType": "x"}),
    ),
    ("GET /assets", 200, None, lambda api: (picture(api), picture(api), api.get("/assets", query={"limit": "1"}))[-1]),
    ("GET /assets", 422, "validation_error", lambda api: api.get("/assets", query={"cursor": "nonsense"})),
    ("GET /assets/{id}", 200, None, lambda api: api.get(f"/assets/{picture(api)}")),
    ("GET /assets/{id}", 200, None, lambda api: api.get(f"/assets/{picture(api, made=False)}")),
    ("GET /assets/{id}", 404, "asset_not_found", lambda api: api.get("/assets/as_none")),
    ("GET /assets/{id}/thumbnail", 302, None, lambda api: api.get(f"/assets/{picture(api)}/thumbnail")),
    (
        "GET /assets/{id}/thumbnail",
        302,
        None,
        lambda api: api.get(f"/assets/{picture(api)}/thumbnail", query={"variant": "320"}),
    ),
    ("GET /assets/{id}/thumbnail", 404, "asset_not_found", lambda api: api.get("/assets/as_none/thumbnail")),
    (
        "GET /assets/{id}/thumbnail",
        404,
        "not_ready",
        lambda api: api.get(f"/assets/{picture(api, made=False)}/thumbnail"),
    ),
    (
        "GET /assets/{id}/thumbnail",
        404,
        "not_ready",
        lambda api: api.get(f"/assets/{picture(api)}/thumbnail", query={"variant": "9000"}),
    ),
    ("POST /assets/{id}/thumbnail", 201, None, lambda api: api.post(f"/assets/{picture(api)}/thumbnail")),
    (
        "POST /assets/{id}/thumbnail",
        403,
        "forbidden",
        lambda api: api.post(f"/assets/{picture(api)}/thumbnail", caller=Caller("x", "producer", types=("demo.echo",))),
    ),
    ("POST /assets/{id}/thumbnail", 404, "asset_not_found", lambda api: api.post("/assets/as_none/thumbnail")),
    (
        "POST /assets/{id}/thumbnail",
        404,
        "not_ready",
        lambda api: api.post(
            f"/assets/{api.post('/assets', {'fileName': 'a', 'contentType': 'image/png'}).json['assetId']}/thumbnail"
        ),
    ),
    ("GET /stats", 200, None, lambda api: (api.dead(), api.enqueued(), api.get("/stats"))[-1]),
    ("GET /types", 200, None, lambda api: api.get("/types")),
    ("POST /tokens", 201, None, lambda api: api.post("/tokens", {"role": "viewer", "label": "a wall screen"})),
    ("POST /tokens", 400, "malformed_json", lambda api: api.post("/tokens", raw="no")),
    ("POST /tokens", 422, "validation_error", lambda api: api.post("/tokens", {"role": "king", "label": "me"})),
    (
        "POST /tokens",
        422,
        "unknown_job_type",
        lambda api: api.post("/tokens", {"role": "worker", "label": "me", "types": ["no.such"]}),
    ),
    *(
        ("POST /tokens", 403, "forbidden", lambda api, caller=caller: api.post("/tokens", ANY_TOKEN, caller=caller))
        for caller in (ELSEWHERE, ELSEBODY)
    ),
    ("POST /tokens/{id}/rotate", 403, "forbidden", lambda api: api.post("/tokens/0/rotate", caller=ELSEWHERE)),
    ("DELETE /tokens/{id}", 403, "forbidden", lambda api: api.call("DELETE", "/tokens/0", caller=ELSEWHERE)),
    ("GET /tokens", 200, None, lambda api: (minted(api), minted(api), api.get("/tokens"))[-1]),
    ("POST /tokens/{id}/rotate", 201, None, lambda api: api.post(f"/tokens/{minted(api)}/rotate")),
    ("POST /tokens/{id}/rotate", 404, "token_not_found", lambda api: api.post("/tokens/0000000000000000/rotate")),
    ("DELETE /tokens/{id}", 200, None, lambda api: api.call("DELETE", f"/tokens/{minted(api)}")),
    ("DELETE /tokens/{id}", 404, "token_not_found", lambda api: api.call("DELETE", "/tokens/0000000000000000")),
    ("GET /health", 200, None, lambda api: api.get("/health")),
    ("GET /openapi.json", 200, None, lambda api: api.get("/openapi.json")),
    ("GET /openapi.json", 304, None, lambda api: with_etag(api, "/openapi.json")),
    ("GET /docs", 200, None, lambda api: api.get("/docs")),
    ("GET /docs", 304, None, lambda api: with_etag(api, "/docs")),
]


def lease_by_query(api: Api, types: str, **more: Any) -> Answer:
    """GET /jobs/lease."""
    return api.get("/jobs/lease", query={"type": types, "max": "2"}, headers={"x-worker-id": WORKER_ID}, **more)


@pytest.mark.parametrize(
    ("route", "status", "code", "ask"),
    CASES,
    ids=[f"{nth} {route} {status}" for nth, (route, status, *_) in enumerate(CASES)],
)
def test_the_answer_is_as_described(api: Api, route: str, status: int, code: str | None, ask: Ask) -> None:
    answer = ask(api)
    assert (answer.route, answer.status, answer.code) == (route, status, code), answer.body
    described.check(answer)
    if status == 422:
        details = answer.json["error"]["details"]
        assert all(each["field"] and each["message"] for each in details)


# What a broken AWS gives in place of each of our clients' answers; see the tests below.
_OF_AWS = {"throttled", "unavailable", "server_error"}


def test_every_described_answer_is_provoked_here() -> None:
    provoked = {(route, status, code) for route, status, code, _ in CASES}
    for route in described.operations():
        if route == "GET /console":
            continue
        for status in described.responses(route):
            for code in [None] if status < 400 else set(described.codes(route, status)) - _OF_AWS:
                assert (route, status, code) in provoked, f"no case provokes {status} {code} of {route}"


class BrokenAws:
    """A client whose every call fails in one way. What is signed needs no call, and works."""

    def __init__(self, fault: Exception) -> None:
        self._fault = fault

    def __getattr__(self, name: str) -> Any:
        def call(**_arguments: Any) -> None:
            raise self._fault

        return call


TOUCHING_TABLES = [route for route in described.operations() if "throttled" in described.codes(route, 429)]
WELL_FORMED: dict[str, Any] = {
    "POST /jobs": ECHO,
    "POST /jobs/lease": {"type": "demo.echo"},
    "POST /assets": {"fileName": "a.jpg", "contentType": "image/jpeg"},
    "POST /tokens": {"role": "viewer", "label": "a wall screen"},
    **{f"POST /jobs/{{id}}/{verb}": body for verb, body in REPORTS.items()},
}


def ask_broken(api: Api, monkeypatch: pytest.MonkeyPatch, route: str, fault: Exception) -> Answer:
    """A good request, while AWS is broken in that way."""
    monkeypatch.setattr(wiring, "client", lambda _service: BrokenAws(fault))
    monkeypatch.setattr(wiring, "dynamodb", lambda: BrokenAws(fault))
    method, path = route.replace("{id}", "job_mzuw4zdfnz2gk3tumvzgc3tdmu").split(" ")
    query = {"type": "demo.echo"} if route == "GET /jobs/lease" else None
    answer = api.call(method, path, WELL_FORMED.get(route), query=query, headers={"x-worker-id": WORKER_ID})
    described.check(answer)
    return answer


def client_error(code: str) -> ClientError:
    """A fault as boto3 raises it."""
    return ClientError({"Error": {"Code": code, "Message": "arn:aws:dynamodb:us-east-1:123456789012:table/x"}}, "Any")


@pytest.mark.parametrize("route", TOUCHING_TABLES)
def test_a_throttling_table_is_429_and_says_when_to_come_again(
    api: Api, monkeypatch: pytest.MonkeyPatch, route: str
) -> None:
    answer = ask_broken(api, monkeypatch, route, client_error("ProvisionedThroughputExceededException"))
    assert (answer.status, answer.code) == (429, "throttled")
    assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.parametrize("route", TOUCHING_TABLES)
@pytest.mark.parametrize(
    "fault",
    [client_error("InternalServerError"), ConnectTimeoutError(endpoint_url="https://dynamodb")],
    ids=["5xx", "away"],
)
def test_a_table_that_is_away_is_503_and_says_when_to_come_again(
    api: Api, monkeypatch: pytest.MonkeyPatch, route: str, fault: Exception
) -> None:
    answer = ask_broken(api, monkeypatch, route, fault)
    assert (answer.status, answer.code) == (503, "unavailable")
    assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.parametrize("route", TOUCHING_TABLES)
@pytest.mark.parametrize(
    "fault", [client_error("ValidationException"), RuntimeError("/var/task/app.py knows a secret")], ids=["aws", "own"]
)
def test_a_bug_is_500_and_shows_no_internals(
    api: Api, monkeypatch: pytest.MonkeyPatch, route: str, fault: Exception
) -> None:
    answer = ask_broken(api, monkeypatch, route, fault)
    assert (answer.status, answer.code) == (500, "server_error")
    for inside in ("arn:", "/var/task", "secret", "Exception", "Traceback", "Error:"):
        assert inside not in answer.body


def test_the_routes_that_touch_no_table_work_while_aws_is_away(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    free = set(described.operations()) - set(TOUCHING_TABLES) - {"GET /console"}
    assert free == {"GET /health", "GET /types", "GET /openapi.json", "GET /docs"}
    for route in free:
        assert ask_broken(api, monkeypatch, route, RuntimeError()).status == 200


def test_every_answer_with_a_job_has_its_history_and_pages_do_not(api: Api) -> None:
    def events(job: dict[str, Any]) -> list[str]:
        return [change["event"] for change in job["history"]]

    enqueued = api.post("/jobs", ECHO, headers={"idempotency-key": "once"}).json
    assert events(enqueued) == events(api.post("/jobs", ECHO, headers={"idempotency-key": "once"}).json) == ["queued"]
    [leased] = api.post("/jobs/lease", {"type": "demo.echo"}).json["jobs"]
    assert events(leased) == ["queued", "leased"]
    assert events(api.post(f"/jobs/{leased['jobId']}/cancel").json) == ["queued", "leased", "cancelled"]
    assert events(api.post(f"/jobs/{api.dead()}/redrive").json) == ["queued", "leased", "dlq", "redriven"]
    assert events(api.get(f"/jobs/{leased['jobId']}").json) == ["queued", "leased", "cancelled"]
    assert all("history" not in job for job in api.get("/jobs").json["jobs"])


def test_a_validation_error_names_each_bad_field_as_the_client_wrote_it(api: Api) -> None:
    answer = api.post("/jobs", {"type": "", "payload": [], "runAt": "tomorrow", "maxAttempts": "3", "delay_seconds": 1})
    assert {each["field"] for each in answer.json["error"]["details"]} == {
        "type", "payload", "runAt", "maxAttempts", "delay_seconds",
    }  # fmt: skip
    nested = spoilt(api, "fail", body={"error": {"message": 7, "retryAfterSeconds": -1}})
    assert {each["field"] for each in nested.json["error"]["details"]} == {"error.message", "error.retryAfterSeconds"}
    bare = spoilt(api, "fail", body={"error": "it broke"})  # without the names of our classes
    assert bare.json["error"]["details"] == [{"field": "error", "message": "Input should be a valid dictionary"}]
    short = api.post("/jobs/lease", {"type": "demo.echo"}, headers={"x-worker-id": "four"})
    assert [each["field"] for each in short.json["error"]["details"]] == ["X-Worker-Id"]
    payload = api.post("/jobs", {"type": "thumbnail.create", "payload": {"assetId": "", "versionNumber": 0}})
    assert {each["field"] for each in payload.json["error"]["details"]} == {"payload.assetId", "payload.versionNumber"}


def test_an_unknown_type_of_a_token_is_named_by_the_field_that_it_stood_in(api: Api) -> None:
    answer = api.post("/tokens", {"role": "worker", "label": "me", "types": ["demo.echo", "no.such"]})
    assert [each["field"] for each in answer.json["error"]["details"]] == ["types.1"]


@pytest.mark.parametrize("instant", ["1969-12-31T23:59:59Z", "9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+14:00"])
def test_a_time_beyond_the_calendar_is_refused_in_plain_words(api: Api, instant: str) -> None:
    answer = api.post("/jobs", {**ECHO, "runAt": instant})
    assert (answer.status, answer.json["error"]["details"][0]["field"]) == (422, "runAt")
    assert "years 1970 to 9999" in json.dumps(answer.json)
