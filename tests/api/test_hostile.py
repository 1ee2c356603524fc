"""Whatever is sent, the answer is as described, is never a 5xx, and a refused request changes nothing."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.api import described
from tests.api.in_process import WORKER_ID, Answer, Api

WITH_BODY = [route for route, operation in described.operations().items() if "requestBody" in operation]
WITH_ID = [route for route in described.operations() if "{id}" in route]
LEASE = {"type": "demo.echo"}


def encoded(data: bytes) -> str:
    """As API Gateway hands over what is not text."""
    return base64.b64encode(data).decode()


# name: (the body as API Gateway hands it over, whether it says that it is base64)
NO_OBJECTS: dict[str, tuple[str, bool]] = {
    "an array": ("[]", False),
    "null": ("null", False),
    "a number": ("1", False),
    "a text": ('"x"', False),
    "NaN": ("NaN", False),
    "NaN within": ('{"a": NaN}', False),
    "minus infinity within": ('{"a": -Infinity}', False),
    "cut off": ("{", False),
    "two values": ("{} {}", False),
    "single quotes": ("{'a': 1}", False),
    "a comment": ("{} // fine", False),
    "a NUL": ("\0", False),
    "a form": ("type=demo.echo&payload=1", False),
    "XML": ("<job/>", False),
    "a control character in a text": ('{"a": "\x01"}', False),
    "a lone surrogate": ("\ud800", False),
    "100,000 open arrays": ("[" * 100_000, False),
    "100,000 arrays": ("[" * 100_000 + "]" * 100_000, False),
    "100,000 open objects": ('{"a":' * 100_000, False),
    "an integer of 10,000 digits": ('{"a": ' + "1" * 10_000 + "}", False),
    "no UTF-8": (encoded(b'{"a": "\xff"}'), True),
    "UTF-8 that is cut off": (encoded(b'{"a": "\xe2\x82"}'), True),
    "UTF-16 that is cut off": (encoded("{}".encode("utf-16") + b"\x00"), True),
    "gzip": (encoded(b"\x1f\x8b\x08\x00\x00\x00\x00\x00"), True),
    "no base64": ("!!!", True),
    "base64 of a wrong length": ("abcde", True),
    "base64 with umlauts": ("äöü=", True),
}

IDS = {
    "a dot": ".",
    "two dots": "..",
    "a space": " ",
    "a percent sign": "%00",
    "a NUL": "\0",
    "a line break": "job_1\n",
    "a quote": '"',
    "a backslash": "\\",
    "a backtick": "`id`",
    "a hash": "#",
    "a question mark": "?x=1",
    "an injection": "'; DROP TABLE jobs; --",
    "markup": "<script>alert(1)",
    "an umlaut": "jöb",
    "an emoji": "💣",
    "a right-to-left mark": "job\u202e",
    "129 characters": "j" * 129,
    "5,000 characters": "j" * 5_000,
    "a lone surrogate": "\ud800",
    "another's key": "job#1",
    "a word of a path": "lease",
}

DEPTHS = (50, 97, 98, 99, 100, 400, 936, 937, 990, 1_000, 3_000, 10_000)


@contextmanager
def nothing_changes(api: Api) -> Iterator[None]:
    """Hold the tables against what they were."""
    before = api.stored()
    yield
    assert api.stored() == before


def refused(answer: Answer, *statuses: int) -> None:
    """Raise AssertionError unless it is one of those refusals, in the envelope, as described."""
    assert answer.status in statuses, f"{answer.status} {answer.body}"
    described.check(answer)
    assert set(answer.json["error"]) <= {"code", "message", "details"}
    assert len(answer.body) < 20_000


def with_ids(route: str, job_id: str) -> tuple[str, str]:
    """Method and path."""
    method, path = route.split(" ")
    return method, path.replace("{id}", job_id)


@pytest.mark.parametrize("name", NO_OBJECTS)
def test_a_body_that_is_no_object_is_refused_by_every_route(api: Api, name: str) -> None:
    raw, is_base64 = NO_OBJECTS[name]
    job_id = api.leased()["jobId"]
    with nothing_changes(api):
        for route in WITH_BODY:
            method, path = with_ids(route, job_id)
            headers = {"x-worker-id": WORKER_ID}
            refused(api.call(method, path, raw=raw, encoded=is_base64, headers=headers), 400, 422)


@pytest.mark.parametrize("raw", ["", "  ", "\r\n", "{}"])
def test_an_empty_body_is_refused_where_something_must_be_said(api: Api, raw: str) -> None:
    job_id = api.leased()["jobId"]
    needed = [route for route in WITH_BODY if described.operations()[route]["requestBody"]["required"]]
    with nothing_changes(api):
        for route in needed:
            method, path = with_ids(route, job_id)
            refused(api.call(method, path, raw=raw, headers={"x-worker-id": WORKER_ID}), 400, 422)
    assert len(needed) == 6


@pytest.mark.parametrize(
    "change",
    [
        {"type": "demo.echo\0"},
        {"type": "\ud800"},
        {"type": "x" * 65},
        {"type": ["demo.echo"]},
        {"type": None},
        {"payload": None},
        {"payload": "{}"},
        {"payload": [1]},
        {"runAt": "2030-01-01T00:00:00"},
        {"runAt": "99999-01-01T00:00:00Z"},
        {"runAt": "\ud800"},
        {"runAt": 1},
        {"runAt": "2030-01-01T00:00:00Z", "delaySeconds": 1},
        {"delaySeconds": -0.001},
        {"delaySeconds": 10**400},
        {"delaySeconds": "1"},
        {"delaySeconds": True},
        {"priority": "urgent"},
        {"priority": "\ud800"},
        {"maxAttempts": 1.5},
        {"maxAttempts": True},
        {"maxAttempts": 10**4_000},
        {"leaseSeconds": 0},
        {"leaseSeconds": 43_201},
        {"jobId": "job_mine"},
        {"status": "succeeded"},
        {"__class__": "Job"},
        {"\ud800": 1},
        {"x" * 30_000: 1},
        {f"field{n}": n for n in range(2_000)},
    ],
    ids=lambda change: ascii(change)[:60],
)
def test_a_job_with_a_hostile_field_is_refused(api: Api, change: dict[str, Any]) -> None:
    with nothing_changes(api):
        refused(api.post("/jobs", {"type": "demo.echo", "payload": {}, **change}), 422)


@pytest.mark.parametrize("number", ["1e999", "-1e999"])
def test_a_number_that_is_not_finite_is_refused(api: Api, number: str) -> None:
    job_id = api.leased()["jobId"]
    with nothing_changes(api):
        refused(api.post("/jobs", raw=f'{{"type": "demo.echo", "payload": {{"n": {number}}}}}'), 422)
        refused(api.post("/jobs", raw=f'{{"type": "demo.echo", "payload": {{}}, "delaySeconds": {number}}}'), 422)
        refused(api.post(f"/jobs/{job_id}/succeed", raw=f'{{"result": {{"n": {number}}}}}'), 422)
        refused(api.post(f"/jobs/{job_id}/heartbeat", raw=f'{{"progress": {number}}}'), 422)
        refused(api.post(f"/jobs/{job_id}/release", raw=f'{{"delaySeconds": {number}}}'), 422)


@pytest.mark.parametrize("minus", ["", "-"])
@pytest.mark.parametrize("place", ["{}", '{{"a": [{{"b": {}}}]}}', "[{}]"])
def test_a_number_of_too_many_digits_is_refused_in_our_words(api: Api, place: str, minus: str) -> None:
    job_id = api.leased()["jobId"]
    number = place.format(minus + "1" * 5_000)
    with nothing_changes(api):
        for path, raw in (
            ("/jobs", f'{{"type": "demo.echo", "payload": {number}}}'),
            ("/jobs", number),
            (f"/jobs/{job_id}/succeed", f'{{"result": {number}}}'),
            (f"/jobs/{job_id}/heartbeat", f'{{"other": {number}}}'),
        ):
            answer = api.post(path, raw=raw)
            refused(answer, 422)
            assert answer.json["error"]["message"] == "body: a whole number in it has more than 4,300 digits"


@pytest.mark.parametrize("depth", DEPTHS)
def test_a_deep_payload_is_kept_and_shown_whole_or_refused(api: Api, depth: int) -> None:
    nested = "[" * depth + "]" * depth
    answer = api.post("/jobs", raw=f'{{"type": "demo.echo", "payload": {{"a": {nested}}}}}')
    described.check(answer)
    assert answer.status == (201 if depth <= 98 else 400)  # two more levels are the payload's and the body's own
    if answer.status == 201:
        for shown in (api.get(f"/jobs/{answer.json['jobId']}"), api.get("/jobs"), api.post("/jobs/lease", LEASE)):
            assert shown.status == 200
            assert nested in shown.body
    else:
        assert api.get("/jobs").json["jobs"] == []


@pytest.mark.parametrize("depth", DEPTHS)
def test_a_deep_result_is_kept_and_shown_whole_or_refused(api: Api, depth: int) -> None:
    job_id = api.leased()["jobId"]
    nested = "[" * depth + "]" * depth
    answer = api.post(f"/jobs/{job_id}/succeed", raw=f'{{"result": {{"a": {nested}}}}}')
    described.check(answer)
    assert answer.status == (200 if depth <= 98 else 400)
    shown = api.get(f"/jobs/{job_id}")
    assert shown.status == 200
    assert shown.json["status"] == ("succeeded" if answer.status == 200 else "leased")


@pytest.mark.parametrize(
    "payload",
    [
        '{"a": 1, "a": 2}',
        '{"": {"": ""}}',
        '{"a": "\\ud800"}',
        '{"\\udfff": 1}',
        '{"a": "\\u0000"}',
        '{"a": 123456789012345678901234567890.5}',
        '{"a": 1e-400}',
        '{"a": ' + "1" * 4_000 + "}",
        '{"a": "💣\u202e"}',
        '{"$ref": "#/x", "__proto__": {"x": 1}}',
    ],
    ids=lambda payload: ascii(payload)[:40],
)
def test_a_strange_payload_is_kept_and_shown(api: Api, payload: str) -> None:
    answer = api.post("/jobs", raw=f'{{"type": "demo.echo", "payload": {payload}}}')
    assert answer.status == 201, answer.body
    described.check(answer)
    kept = json.loads(payload)
    for shown in (api.get(f"/jobs/{answer.json['jobId']}"), api.post("/jobs/lease", LEASE)):
        described.check(shown)
        job = shown.json["jobs"][0] if "jobs" in shown.json else shown.json
        assert job["payload"] == kept


@pytest.mark.parametrize("progress", ["1e-200", "5e-324", "0.30000000000000004", "1e-131", "-0.0", "1"])
def test_any_progress_from_0_to_1_is_kept(api: Api, progress: str) -> None:
    job_id = api.leased()["jobId"]
    beat = api.post(f"/jobs/{job_id}/heartbeat", raw=f'{{"progress": {progress}}}')
    assert beat.status == 200, beat.body
    described.check(beat)
    assert api.get(f"/jobs/{job_id}").json["progress"] == pytest.approx(float(progress), abs=1e-6)
    [item] = api.stored()["jobs"]
    stored = float(item["progress"]["N"])
    assert stored == 0 or stored > 1e-130, "DynamoDB refuses a number as small as that"


def test_a_huge_body_is_refused(api: Api) -> None:
    job_id = api.leased()["jobId"]
    huge = {"x": "y" * 5_000_000}
    with nothing_changes(api):
        refused(api.post("/jobs", {"type": "demo.echo", "payload": huge}), 413)
        refused(api.post(f"/jobs/{job_id}/succeed", {"result": huge}), 413)
        refused(api.post("/tokens", {"role": "viewer", "label": "y" * 5_000_000}), 422)


def test_a_huge_error_message_is_cut(api: Api) -> None:
    job_id = api.leased()["jobId"]
    failed = api.post(f"/jobs/{job_id}/fail", {"error": {"message": "💣" * 1_000_000}})
    assert failed.status == 200
    described.check(failed)
    assert len(api.get(f"/jobs/{job_id}").json["lastError"]["message"]) == 2_000


def test_a_report_about_a_file_whose_name_is_no_utf8_is_taken_and_kept(api: Api) -> None:
    name = b"caf\xe9.jpg".decode("utf-8", "surrogateescape")
    job_id = api.leased()["jobId"]
    assert api.post(f"/jobs/{job_id}/heartbeat", {"message": name}).status == 200
    assert api.get(f"/jobs/{job_id}").json["progressMessage"] == "caf\ufffd.jpg"
    failed = api.post(f"/jobs/{job_id}/fail", {"error": {"message": f"no {name}", "code": name, "retryable": False}})
    assert failed.status == 200, failed.body
    shown = api.get(f"/jobs/{job_id}")
    described.check(shown)
    assert shown.json["lastError"]["message"] == "no caf\ufffd.jpg"
    assert api.get("/jobs", query={"code": "caf\ufffd.jpg"}).json["jobs"][0]["jobId"] == job_id
    succeeded = api.leased()["jobId"]
    assert api.post(f"/jobs/{succeeded}/succeed", {"result": {name: name}}).status == 200
    assert api.get(f"/jobs/{succeeded}").json["result"] == {name: name}


@pytest.mark.parametrize(
    "worker_id",
    [
        "",
        "four",
        "w" * 129,
        "wörker",
        "worker 1",
        "worker\n",
        "worker\r\nX-Role: admin",
        "worker\0",
        "*****",
        "w/o/r/k",
        "worker,worker",
    ],
    ids=ascii,
)
def test_a_hostile_worker_id_is_refused_by_every_worker_route(api: Api, worker_id: str) -> None:
    job_id = api.leased()["jobId"]
    headers = {"x-worker-id": worker_id}
    with nothing_changes(api):
        refused(api.post("/jobs/lease", LEASE, headers=headers), 422)
        refused(api.get("/jobs/lease", query=LEASE, headers=headers), 422)
        for verb, body in (
            ("heartbeat", {}),
            ("succeed", {"result": {}}),
            ("fail", {"error": {"message": "x"}}),
            ("release", {}),
        ):
            refused(api.post(f"/jobs/{job_id}/{verb}", body, headers=headers), 422)


@pytest.mark.parametrize("verb", ["heartbeat", "succeed", "fail", "release"])
def test_a_lease_token_that_is_not_this_leases_is_a_conflict(api: Api, verb: str) -> None:
    other = api.leased()
    job = api.leased()
    token = str(job["leaseToken"])
    body = {"result": {}, "error": {"message": "x"}}
    hostile = {
        "nothing": "",
        "garbage": "garbage",
        "another job's": other["leaseToken"],
        "cut off": token[:-1],
        "longer": token + "A",
        "spaced": f" {token}",
        "of a later lease": "2" + token[1:],
        "in Arabic digits": "\u0661" + token[1:],
        "of another attempt": token.replace("~0~", "~4~", 1),
        "with more attempts": token.replace("~5~", "~100~", 1),
        "two at once": f"{token},{token}",
        "with a line break": token + "\n",
        "huge": "1~" * 100_000,
        "of a million digits": "1" * 1_000_000,
        "unicode": "💣",
    }
    for name, sent in hostile.items():
        with nothing_changes(api):
            headers = {"x-worker-id": WORKER_ID, "x-lease-token": sent}
            answer = api.post(f"/jobs/{job['jobId']}/{verb}", body, headers=headers)
            assert answer.status == 409, f"{name}: {answer.body}"
            refused(answer, 409)


@pytest.mark.parametrize("key", ["", "k" * 256, "ü" * 256])
def test_a_hostile_idempotency_key_is_refused(api: Api, key: str) -> None:
    with nothing_changes(api):
        refused(api.post("/jobs", {"type": "demo.echo", "payload": {}}, headers={"idempotency-key": key}), 422)


@pytest.mark.parametrize("key", [" ", "ü" * 255, "💣", "a\tb", "\ud800"], ids=ascii)
def test_a_strange_idempotency_key_names_one_request_like_any_other(api: Api, key: str) -> None:
    asked = {"type": "demo.echo", "payload": {}}
    first, second = (api.post("/jobs", asked, headers={"idempotency-key": key}) for _ in range(2))
    assert (first.status, second.status) == (201, 200)
    assert first.json["jobId"] == second.json["jobId"]


@pytest.mark.parametrize("name", IDS)
def test_a_hostile_id_names_nothing(api: Api, name: str) -> None:
    api.leased()
    body = {"result": {}, "error": {"message": "x"}}
    with nothing_changes(api):
        for route in WITH_ID:
            method, path = with_ids(route, IDS[name])
            if f"{method} {path}" in described.operations():
                continue  # it is the name of another route
            sent = body if route.rpartition("/")[2] in ("succeed", "fail") else None
            refused(api.call(method, path, sent, headers={"x-worker-id": WORKER_ID}), 404, 409)


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"}, {"limit": "101"}, {"limit": "-1"}, {"limit": "1.5"}, {"limit": "NaN"}, {"limit": ""},
        {"limit": "1" * 5_000}, {"limit": "٣٣٣"}, {"limit": "1,2"}, {"limit": "0x10"},
        {"cursor": ""}, {"cursor": "x"}, {"cursor": "%%%"}, {"cursor": "ü"}, {"cursor": "\ud800"},
        {"cursor": "A" * 513},
        {"cursor": base64.urlsafe_b64encode(b"\xff\xfe").decode()},
        {"cursor": base64.urlsafe_b64encode(b"yesterday#job_1").decode()},
        {"cursor": base64.urlsafe_b64encode(b"2030-01-01T00:00:00#job_1").decode()},
        {"cursor": base64.urlsafe_b64encode(b"#").decode()},
    ],
    ids=lambda query: ascii(query)[:50],
)  # fmt: skip
def test_a_hostile_page_is_refused(api: Api, query: dict[str, str]) -> None:
    api.enqueued()
    with nothing_changes(api):
        refused(api.get("/jobs", query=query), 422)
        refused(api.get("/assets", query=query), 422)


@pytest.mark.parametrize(
    "query",
    [
        {"status": "dead"}, {"status": ""}, {"status": "queued,leased"}, {"type": ""}, {"type": "x" * 65},
        {"type": "demo.echo\0"}, {"type": "\ud800"}, {"type": "demo.echo,thumbnail.create"},
    ],
    ids=ascii,
)  # fmt: skip
def test_a_hostile_filter_is_refused(api: Api, query: dict[str, str]) -> None:
    refused(api.get("/jobs", query=query), 422)


@pytest.mark.parametrize(
    "query",
    [
        {}, {"type": ","}, {"type": " "}, {"type": "demo.echo," * 21},
        {"max": "0"}, {"max": "11"}, {"max": "1e1"}, {"max": "one"},
        {"leaseSeconds": "0"}, {"leaseSeconds": "43201"}, {"leaseSeconds": "inf"},
        {"wait": "21"}, {"wait": "-1"}, {"wait": "nan"}, {"wait": "inf"}, {"wait": "1" * 5_000},
    ],
    ids=lambda query: ascii(query)[:50],
)  # fmt: skip
def test_a_hostile_lease_by_query_is_refused_and_leases_nothing(api: Api, query: dict[str, str]) -> None:
    api.enqueued()
    asked = {"type": "demo.echo", **query} if query else {}
    with nothing_changes(api):
        refused(api.get("/jobs/lease", query=asked, headers={"x-worker-id": WORKER_ID}), 422)


@pytest.mark.parametrize(
    "change", [{"max": "2"}, {"max": True}, {"wait": "1"}, {"leaseSeconds": "5"}, {"type": [1]}], ids=ascii
)
def test_a_lease_by_body_wants_numbers_where_numbers_belong(api: Api, change: dict[str, Any]) -> None:
    api.enqueued()
    with nothing_changes(api):
        refused(api.post("/jobs/lease", {**LEASE, **change}), 422)


def test_a_lease_by_post_can_be_asked_for_in_the_query_too(api: Api) -> None:
    for _ in range(3):
        api.enqueued()
    assert len(api.post("/jobs/lease", query={"type": "demo.echo", "max": "2"}).json["jobs"]) == 2
    assert len(api.post("/jobs/lease", {"max": 1}, query={"type": "demo.echo", "max": "2"}).json["jobs"]) == 1


def test_null_is_as_good_as_left_out(api: Api) -> None:
    nothing = dict.fromkeys(["runAt", "delaySeconds", "priority", "maxAttempts", "leaseSeconds"])
    made = api.post("/jobs", {"type": "demo.echo", "payload": {}, **nothing})
    assert made.status == 201
    assert (made.json["priority"], made.json["maxAttempts"]) == ("normal", 5)
    leased = api.post("/jobs/lease", {**LEASE, **dict.fromkeys(["max", "leaseSeconds", "wait"])})
    assert [job["jobId"] for job in leased.json["jobs"]] == [made.json["jobId"]]
    limits = dict.fromkeys(["types", "workerIds", "expiresInDays"])
    assert api.post("/tokens", {"role": "viewer", "label": "nobody", **limits}).status == 201


@pytest.mark.parametrize(
    "query",
    [{"nonsense": "1"}, {"": ""}, {"limit ": "1"}, {"__proto__": "x"}, {"x" * 5_000: "y" * 5_000}, {"\ud800": "1"}],
    ids=lambda query: ascii(query)[:50],
)
def test_an_unknown_query_parameter_is_ignored(api: Api, query: dict[str, str]) -> None:
    for path in ("/jobs", "/assets", "/stats", "/types", "/tokens", "/health"):
        answer = api.get(path, query=query)
        assert answer.status == 200, f"{path}: {answer.body}"
        described.check(answer)


def test_a_cursor_of_a_place_where_no_job_is_gives_the_jobs_before_it(api: Api) -> None:
    api.enqueued()
    forged = {
        "the end of time": (b"9999-12-31T23:59:59.999Z#~", 1),
        "the beginning of time": (b"0001-01-01T00:00:00+00:00#\0", 0),
        "a long one": (b"2999-01-01T00:00:00.000Z#" + b"z" * 350, 1),
    }
    for place, jobs in forged.values():
        answer = api.get("/jobs", query={"cursor": base64.urlsafe_b64encode(place).decode().rstrip("=")})
        assert answer.status == 200, answer.body
        described.check(answer)
        assert len(answer.json["jobs"]) == jobs


@pytest.mark.parametrize(
    "body",
    [
        {"fileName": "", "contentType": "image/png"},
        {"fileName": "..", "contentType": "image/png"},
        {"fileName": "/", "contentType": "image/png"},
        {"fileName": "a\0.png", "contentType": "image/png"},
        {"fileName": "a\r\n.png", "contentType": "image/png"},
        {"fileName": "\ud800.png", "contentType": "image/png"},
        {"fileName": "ü" * 200, "contentType": "image/png"},
        {"fileName": "${filename}", "contentType": "image/png"},
        {"fileName": "a${filename}.png", "contentType": "image/png"},
        {"fileName": "a.png", "contentType": "image/png\n"},
        {"fileName": "a.png", "contentType": "image/png; charset=x"},
        {"fileName": "a.png", "contentType": "text/html\r\nx: y"},
        {"fileName": "a.png", "contentType": "/"},
        {"fileName": "a.png", "contentType": "image/png", "key": "../../x"},
    ],
    ids=ascii,
)  # fmt: skip
def test_a_hostile_upload_is_refused(api: Api, body: dict[str, str]) -> None:
    with nothing_changes(api):
        refused(api.post("/assets", body), 422)


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "C:\\pictures\\a.png", "a/b/c/.hidden", "${file}", "💣.png", "%2e%2e"]
)
def test_a_strange_file_name_stays_below_its_asset(api: Api, name: str) -> None:
    answer = api.post("/assets", {"fileName": name, "contentType": "image/png"})
    assert answer.status == 201, answer.body
    described.check(answer)
    folder, _, last = answer.json["upload"]["fields"]["key"].rpartition("/")
    assert folder == f"uploads/{answer.json['assetId']}"
    assert last not in ("", ".", "..")


@pytest.mark.parametrize(
    "change",
    [
        {"role": "root"}, {"role": "Admin"}, {"label": ""}, {"label": "\ud800"}, {"label": "x" * 201},
        {"types": "demo.echo"},
        {"types": ["no.such"]}, {"types": ["demo.echo"] * 51}, {"workerIds": [""]}, {"workerIds": ["x" * 129]},
        {"workerIds": ["\ud800"]}, {"expiresInDays": 0}, {"expiresInDays": -1}, {"expiresInDays": 3_651},
        {"expiresInDays": "1"}, {"tokenId": "mine"}, {"digest": "x"},
    ],
    ids=lambda change: ascii(change)[:50],
)  # fmt: skip
def test_a_hostile_token_is_refused(api: Api, change: dict[str, Any]) -> None:
    with nothing_changes(api):
        refused(api.post("/tokens", {"role": "worker", "label": "mine", **change}), 422)
