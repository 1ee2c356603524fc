"""A small Leasehold in memory, with the contract's answers, a clock that tests move, and faults on demand.

It is what the client's tests run against: through `transport`, without any network, or through `serving`, on loopback,
for what runs in a process of its own. The tests marked `stack` hold the same client against the real thing.
"""

import asyncio
import base64
import email.message
import email.parser
import json
import re
import threading
import time
import uuid
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import httpx

URL = "http://leasehold.test/api"
TOKEN = "lh_0123456789abcdef_" + "s" * 43
Json = dict[str, Any]


@dataclass
class Answer:
    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)


class Broken(Exception):
    """No answer. `done`: the request took effect all the same."""

    def __init__(self, *, done: bool) -> None:
        self.done = done


class Refusal(Exception):
    def __init__(self, status: int, code: str, message: str = "refused", **more: Any) -> None:
        self.answer = Answer(status, {"error": {"code": code, "message": message, **more}})


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    content: bytes

    @property
    def body(self) -> Json:
        return dict(json.loads(self.content or b"{}"))

    @property
    def verb(self) -> str:
        """`lease`, `succeed`, …; of the rest the method and the path."""
        last = self.path.rsplit("/", 1)[-1]
        verbs = ("lease", "heartbeat", "succeed", "fail", "release", "cancel")
        return last if last in verbs else f"{self.method} {self.path}"


class FakeApi:
    """Jobs, assets and tokens. `now` is its clock in seconds since 1970; all it does is under one lock."""

    def __init__(self, now: Callable[[], float] | None = None) -> None:
        self.offset = 0.0
        self._now = now or (lambda: 1_900_000_000.0)
        self.jobs: dict[str, Json] = {}
        self.tokens: dict[str, Json] = {}
        self.assets: dict[str, Json] = {}
        self.uploads: dict[str, bytes] = {}
        self.types = ["demo.echo", "report.render", "thumbnail.create"]
        self.lease_seconds = 30.0
        self.backoff_seconds = 10.0
        self.max_upload = 1_000
        self.requests: list[Request] = []
        self.seen: Counter[str] = Counter()
        self.delay = 0.0
        self.dead = False
        self._faults: dict[str, deque[Answer | Broken]] = {}
        self._keys: dict[str, tuple[Json, str]] = {}
        self.changed = threading.Condition(threading.RLock())

    # -- what tests do to it ------------------------------------------------------------------------------------

    def lose_answers(self, verb: str, times: int = 1) -> None:
        """Do the next requests of that verb, and let their answers get lost."""
        self._faults.setdefault(verb, deque()).extend([Broken(done=True)] * times)

    def refuse(
        self, verb: str, status: int, body: Any = None, times: int = 1, headers: dict[str, str] | None = None
    ) -> None:
        """Answer the next requests of that verb with this, and do nothing."""
        self._faults.setdefault(verb, deque()).extend([Answer(status, body, headers or {})] * times)

    def add_job(self, job_type: str = "demo.echo", payload: Json | None = None, **more: Any) -> Json:
        with self.changed:
            job_id = f"job_{uuid.uuid4().hex}"
            job = {
                "jobId": job_id,
                "type": job_type,
                "payload": payload or {},
                "status": "queued",
                "priority": "normal",
                "attempt": 0,
                "maxAttempts": 5,
                "leaseNumber": 0,
                "createdAt": self.now(),
                "updatedAt": self.now(),
                "nextRunAt": self.now(),
                "workerId": None,
                "leaseExpiresAt": None,
                "progress": None,
                "progressMessage": None,
                "result": None,
                "lastError": None,
                "leaseToken": None,
                "seconds": self.lease_seconds,
                "reports": {},
                "history": [],
                **more,
            }
            self.jobs[job_id] = job
            self._note(job, "queued")
            self.changed.notify_all()
            return job

    def now(self) -> float:
        return self._now() + self.offset

    @property
    def only_job(self) -> Json:
        [job] = self.jobs.values()
        return job

    def events(self, job: Json) -> list[str]:
        return [each["event"] for each in job["history"]]

    # -- answering ----------------------------------------------------------------------------------------------

    def handle(self, request: Request) -> Answer:
        """The answer. Raises Broken where none comes."""
        with self.changed:
            self.requests.append(request)
            self.seen[request.verb] += 1
            if self.dead:
                raise Broken(done=False)
            waiting = self._faults.get(request.verb)
            fault = waiting.popleft() if waiting else None
            if isinstance(fault, Answer):
                return fault
            try:
                answer = self._answer(request)
            except Refusal as refusal:
                answer = refusal.answer
            if fault is not None:
                raise fault
            self.changed.notify_all()
            return answer

    def _answer(self, request: Request) -> Answer:
        if request.path == "/s3":
            return self._take_upload(request)
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return Answer(403, {"message": "Forbidden"})
        parts = request.path.strip("/").split("/")
        match request.method, *parts:
            case "POST", "jobs":
                return self._enqueue(request)
            case "GET", "jobs":
                return self._list(request.query)
            case "POST", "jobs", "lease":
                return Answer(200, {"jobs": self._lease(request)})
            case "POST", "jobs", "redrive":
                return Answer(200, {"redriven": self._redrive_many(request.body)})
            case "GET", "jobs", job_id:
                return Answer(200, self._view(self._find(job_id)))
            case "POST", "jobs", job_id, "cancel":
                return self._cancel(self._find(job_id))
            case "POST", "jobs", job_id, "redrive":
                job = self._find(job_id)
                if job["status"] != "dlq":
                    raise Refusal(409, "not_in_dlq", f"the job is {job['status']}, not dlq")
                self._requeue(job, request.body.get("maxAttempts"))
                return Answer(200, self._view(job))
            case "POST", "jobs", job_id, ("heartbeat" | "succeed" | "fail" | "release") as verb:
                return self._report(request, unquote(job_id), verb)
            case "GET", "stats":
                return Answer(200, {"types": self._stats(), "at": _written(self.now())})
            case "GET", "types":
                return Answer(200, {"types": [_type(name) for name in self.types]})
            case "GET", "health":
                return Answer(200, {"status": "ok", "time": _written(self.now())})
            case "GET", "openapi.json":
                return Answer(200, {"openapi": "3.1.0"})
            case _, "tokens", *rest:
                return self._token(request, rest)
            case _, "assets", *rest:
                return self._asset(request, rest)
        return Answer(404, {"message": "Not Found"})

    def _enqueue(self, request: Request) -> Answer:
        body = request.body
        if body["type"] not in self.types:
            raise Refusal(
                422, "unknown_job_type", "type: no job type is named so", details=[{"field": "type", "message": "no"}]
            )
        key = request.headers.get("idempotency-key")
        if key in self._keys:
            known, job_id = self._keys[key]
            if known != body:
                raise Refusal(422, "idempotency_key_reused", "this Idempotency-Key has been used with another body")
            return Answer(200, self._view(self.jobs[job_id]))
        job = self.add_job(body["type"], body["payload"])
        job["priority"] = body.get("priority", "normal")
        job["maxAttempts"] = body.get("maxAttempts", 5)
        job["nextRunAt"] += body.get("delaySeconds", 0)
        if key:
            self._keys[key] = (body, job["jobId"])
        return Answer(201, self._view(job))

    def _list(self, query: dict[str, str]) -> Answer:
        if query.get("type", self.types[0]) not in self.types:
            raise Refusal(422, "unknown_job_type", f"type: no job type is named {query['type']!r}")
        start, limit = int(query.get("cursor", 0)), int(query.get("limit", 25))
        found = [
            job
            for job in reversed(self.jobs.values())
            if query.get("status") in (None, job["status"])
            and query.get("type") in (None, job["type"])
            and query.get("code") in (None, (job["lastError"] or {}).get("code"))
        ]
        cursor = str(start + limit) if len(found) > start + limit else None
        return Answer(
            200, {"jobs": [self._view(job, history=False) for job in found[start : start + limit]], "cursor": cursor}
        )

    def _lease(self, request: Request) -> list[Json]:
        worker = self._worker(request)
        body = request.body
        for name in body["type"]:
            if name not in self.types:
                raise Refusal(422, "unknown_job_type", f"type: no job type is named {name!r}")
        leased: list[Json] = []
        for job in self.jobs.values():
            if job["status"] == "leased" and job["leaseExpiresAt"] <= self.now():
                self._fail(job, "lease_expired", "the lease ran out", retryable=True, wait=0)
            due = job["status"] == "queued" and job["nextRunAt"] <= self.now()
            if due and job["type"] in body["type"] and len(leased) < body["max"]:
                job["seconds"] = body.get("leaseSeconds") or job["seconds"]
                job["leaseNumber"] += 1
                job.update(
                    status="leased",
                    workerId=worker,
                    leaseToken=f"{job['leaseNumber']}~{uuid.uuid4().hex}",
                    leaseExpiresAt=self.now() + job["seconds"],
                    updatedAt=self.now(),
                    nextRunAt=None,
                )
                self._note(job, "leased")
                leased.append({**self._view(job), "leaseToken": job["leaseToken"]})
        return leased

    def _report(self, request: Request, job_id: str, verb: str) -> Answer:
        worker, token = self._worker(request), request.headers.get("x-lease-token")
        job = self.jobs.get(job_id)
        if job is None:
            raise Refusal(409, "lease_conflict", "there is no such job; stop working on it")
        if (reported := job["reports"].get(token)) and reported[0] == verb:
            return Answer(200, reported[1])
        mine = job["workerId"] == worker and token == job["leaseToken"]
        if verb == "heartbeat" and mine and job["status"] == "cancelled":
            return Answer(200, self._beaten(job))
        if not mine or job["status"] != "leased":
            raise Refusal(409, "lease_conflict", f"the job is {job['status']}; stop working on it")
        body = request.body
        if verb == "heartbeat":
            if job["leaseExpiresAt"] <= self.now():
                raise Refusal(409, "lease_conflict", "the lease has run out")
            job.update(leaseExpiresAt=self.now() + job["seconds"], updatedAt=self.now())
            job["progress"] = body.get("progress", job["progress"])
            job["progressMessage"] = body.get("message", job["progressMessage"])
            return Answer(200, self._beaten(job))
        told: Json = {"jobId": job_id}
        if verb == "succeed":
            if len(request.content) > 64 * 1024:
                raise Refusal(413, "payload_too_large", "the result is too large")
            job.update(status="succeeded", result=body["result"], lastError=None)
            self._note(job, "succeeded")
            told |= {"status": "succeeded"}
        elif verb == "fail":
            error = body["error"]
            wait = error.get("retryAfterSeconds")
            self._fail(job, error.get("code"), error["message"], retryable=error.get("retryable", True), wait=wait)
            told |= self._rest(job)
        else:
            job.update(status="queued", nextRunAt=self.now() + body.get("delaySeconds", 0))
            self._note(job, "released")
            told |= self._rest(job)
        job["reports"][token] = (verb, told)
        job.update(updatedAt=self.now(), leaseToken=None, workerId=None, leaseExpiresAt=None, progress=None)
        return Answer(200, told)

    def _fail(self, job: Json, code: str | None, message: str, *, retryable: bool, wait: float | None) -> None:
        job["attempt"] += 1
        job["lastError"] = {"code": code, "message": message, "at": _written(self.now())}
        dead = job["attempt"] >= job["maxAttempts"] or not retryable
        wait = self.backoff_seconds if wait is None else wait
        job.update(status="dlq" if dead else "queued", nextRunAt=self.now() + (0 if dead else wait))
        self._note(job, "dlq" if dead else "failed", {"code": code, "message": message})

    def _cancel(self, job: Json) -> Answer:
        if job["status"] in ("succeeded", "dlq"):
            raise Refusal(409, "already_finished", f"the job is {job['status']} already and can't be cancelled")
        if job["status"] != "cancelled":
            job.update(status="cancelled", nextRunAt=None)
            self._note(job, "cancelled")
        return Answer(200, self._view(job))

    def _requeue(self, job: Json, max_attempts: int | None) -> None:
        job.update(status="queued", attempt=0, nextRunAt=self.now(), maxAttempts=max_attempts or job["maxAttempts"])
        self._note(job, "redriven")

    def _redrive_many(self, body: Json) -> int:
        dead = [
            job
            for job in self.jobs.values()
            if job["status"] == "dlq"
            and body.get("type") in (None, job["type"])
            and body.get("code") in (None, job["lastError"]["code"])
        ][: body.get("limit")]
        for job in dead:
            self._requeue(job, None)
        return len(dead)

    def _stats(self) -> Json:
        statuses = ("queued", "leased", "succeeded", "dlq", "cancelled")
        return {
            name: {
                **{
                    each: sum(job["status"] == each and job["type"] == name for job in self.jobs.values())
                    for each in statuses
                },
                "oldestDueSeconds": None,
            }
            for name in self.types
        }

    def _token(self, request: Request, rest: list[str]) -> Answer:
        match request.method, *rest:
            case ("POST",):
                token_id = uuid.uuid4().hex[:16]
                body = request.body
                self.tokens[token_id] = {
                    "tokenId": token_id,
                    "role": body["role"],
                    "label": body["label"],
                    "types": body.get("types", []),
                    "workerIds": body.get("workerIds", []),
                    "createdAt": _written(self.now()),
                    "expiresAt": None,
                    "previousSecretUntil": None,
                }
                return Answer(201, {**self.tokens[token_id], "token": f"lh_{token_id}_{'n' * 43}"})
            case ("GET",):
                return Answer(200, {"tokens": list(self.tokens.values())})
            case "POST", token_id, "rotate" if token_id in self.tokens:
                return Answer(201, {**self.tokens[token_id], "token": f"lh_{token_id}_{'r' * 43}"})
            case "DELETE", token_id if token_id in self.tokens:
                del self.tokens[token_id]
                return Answer(200, {"tokenId": token_id, "revoked": True})
        raise Refusal(404, "token_not_found", "there is no token of that id")

    def _asset(self, request: Request, rest: list[str]) -> Answer:
        match request.method, *rest:
            case ("POST",):
                return self._invite(request.body)
            case ("GET",):
                start, limit = int(request.query.get("cursor", 0)), int(request.query.get("limit", 25))
                found = list(reversed(self.assets.values()))
                cursor = str(start + limit) if len(found) > start + limit else None
                return Answer(200, {"assets": found[start : start + limit], "cursor": cursor})
            case "GET", asset_id if asset_id in self.assets:
                return Answer(200, self.assets[asset_id])
            case "GET", asset_id, "thumbnail" if asset_id in self.assets:
                if not self.assets[asset_id]["processed"]:
                    raise Refusal(404, "not_ready", "the thumbnail is not ready")
                address = self.assets[asset_id]["thumbnails"][0]["url"]
                return Answer(302, {"url": address}, {"location": address})
            case "POST", asset_id, "thumbnail" if asset_id in self.assets:
                return Answer(201, self._view(self.add_job("thumbnail.create", {"assetId": asset_id})))
        raise Refusal(404, "asset_not_found", "there is no asset of that id")

    def _invite(self, body: Json) -> Answer:
        asset_id = f"as_{uuid.uuid4().hex}"
        self.assets[asset_id] = {
            "assetId": asset_id,
            "kind": "source",
            "sourceAssetId": None,
            "bucket": "uploads",
            "key": f"uploads/{asset_id}/{body['fileName']}",
            "versionNumber": 0,
            "contentType": body["contentType"],
            "bytes": None,
            "width": None,
            "height": None,
            "processed": False,
            "thumbnailAssetId": None,
            "placeholder": None,
            "thumbnails": [],
            "error": None,
            "url": None,
            "createdAt": _written(self.now()),
            "updatedAt": _written(self.now()),
        }
        policy = {"conditions": [["content-length-range", 1, self.max_upload]]}
        fields = {
            "key": self.assets[asset_id]["key"],
            "Content-Type": body["contentType"],
            "policy": base64.b64encode(json.dumps(policy).encode()).decode(),
        }
        return Answer(201, {"assetId": asset_id, "upload": {"url": f"{self.url}/s3", "fields": fields}})

    url = URL

    def _take_upload(self, request: Request) -> Answer:
        """S3: a form in, and at once the thumbnail of what begins like a picture."""
        if "authorization" in request.headers:
            return Answer(400, b"<Error><Code>InvalidArgument</Code><Message>two kinds of auth</Message></Error>")
        form = _form(request)
        asset_id = form["key"].decode().split("/")[1]
        self.uploads[asset_id] = form["file"]
        asset = self.assets[asset_id]
        asset.update(versionNumber=1, bytes=len(form["file"]), url="http://s3.test/original")
        if form["file"].startswith(b"picture"):
            asset.update(width=640, height=480, processed=True, thumbnailAssetId="as_thumb")
            asset["thumbnails"] = [
                {
                    "assetId": "as_thumb",
                    "variant": "320",
                    "key": "thumbnails/320.webp",
                    "contentType": "image/webp",
                    "width": 320,
                    "height": 240,
                    "bytes": 2_048,
                    "url": "http://s3.test/320.webp",
                }
            ]
        elif not form["file"].startswith(b"slow"):
            asset["error"] = {"code": "unsupported_image", "message": "these bytes are no picture"}
        return Answer(204, b"")

    def _find(self, job_id: str) -> Json:
        job = self.jobs.get(unquote(job_id))
        if job is None:
            raise Refusal(404, "job_not_found", "there is no job of that id")
        return job

    def _worker(self, request: Request) -> str:
        worker = request.headers.get("x-worker-id", "")
        if not re.fullmatch(r"[A-Za-z0-9._:-]{5,128}", worker):
            raise Refusal(422, "validation_error", "the header X-Worker-Id is missing or not valid")
        return worker

    def _note(self, job: Json, event: str, error: Json | None = None) -> None:
        line = {"at": _written(self.now()), "event": event, "attempt": job["attempt"]}
        if event in ("leased", "released", "succeeded", "failed") and job["workerId"]:
            line["workerId"] = job["workerId"]
        job["history"].append(line | ({"error": error} if error else {}))

    def _beaten(self, job: Json) -> Json:
        expires = _written(job["leaseExpiresAt"])
        return {"jobId": job["jobId"], "leaseExpiresAt": expires, "cancelRequested": job["status"] == "cancelled"}

    def _rest(self, job: Json) -> Json:
        return {"status": job["status"], "nextRunAt": _written(job["nextRunAt"]), "attempt": job["attempt"]}

    def _view(self, job: Json, *, history: bool = True) -> Json:
        hidden = {"seconds", "reports", "leaseToken", *(() if history else ("history",))}
        times = {"createdAt", "updatedAt", "nextRunAt", "leaseExpiresAt"}
        return {
            name: _written(value) if name in times and value is not None else value
            for name, value in job.items()
            if name not in hidden
        }

    # -- reached --------------------------------------------------------------------------------------------------

    @property
    def transport(self) -> httpx.MockTransport:
        """It without a network, for `Client`."""
        return httpx.MockTransport(self._through)

    @property
    def async_transport(self) -> httpx.MockTransport:
        """It without a network, for asyncio: `delay` (of answers) and the `wait` of a lease take the loop's time."""

        async def through(request: httpx.Request) -> httpx.Response:
            response = await answered(request)
            patience = request.extensions["timeout"]["read"]
            await asyncio.sleep(min(self.delay, patience))
            if self.delay > patience:
                raise httpx.ReadTimeout("slow", request=request)
            return response

        async def answered(request: httpx.Request) -> httpx.Response:
            loop = asyncio.get_running_loop()
            until = loop.time() + (
                json.loads(request.content).get("wait", 0) if request.url.path.endswith("/lease") else 0
            )
            while True:
                response = self._through(request)
                empty = (
                    response.status_code == 200 and request.url.path.endswith("/lease") and not response.json()["jobs"]
                )
                if not empty or loop.time() >= until:
                    return response
                self.seen["lease"] -= 1  # it is still the same poll
                await asyncio.sleep(0.5)

        return httpx.MockTransport(through)

    def _through(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api")
        headers = {name.lower(): value for name, value in request.headers.items()}
        ours = Request(request.method, path, dict(request.url.params), headers, request.read())
        try:
            answer = self.handle(ours)
        except Broken as broken:
            kind = httpx.ReadError if broken.done else httpx.ConnectError
            raise kind("broken", request=request) from None
        content = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        return httpx.Response(answer.status, headers=answer.headers, content=content)


@contextmanager
def serving(api: FakeApi) -> Iterator[FakeApi]:
    """It on loopback, at `api.url`."""
    streams: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Keep-alive connections would outlive the test.
        timeout = 10

        def do_GET(self) -> None:
            self._serve()

        def do_POST(self) -> None:
            self._serve()

        def do_DELETE(self) -> None:
            self._serve()

        def _serve(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            path = parts.path.removeprefix("/api")
            request = Request(self.command, path, dict(parse_qsl(parts.query)), headers, content)
            try:
                answer = api.handle(request)
                if request.verb == "lease" and answer.status == 200:
                    give_up_at = time.monotonic() + request.body.get("wait", 0)
                    while answer.status == 200 and not answer.body["jobs"] and time.monotonic() < give_up_at:
                        with api.changed:
                            api.changed.wait(0.02)
                        answer = api.handle(request)
            except Broken:
                self.close_connection = True
                return
            body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0" if answer.status == 204 else str(len(body)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.close_connection = True
            if answer.status != 204:
                self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            streams.append(format)

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 64

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A killed worker breaks its connections: that is what the test is about."""

    server = Server(("127.0.0.1", 0), Handler)
    api.url = f"http://127.0.0.1:{server.server_address[1]}/api"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _written(instant: float) -> str:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=instant)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _type(name: str) -> Json:
    return {
        "type": name,
        "leaseSeconds": 120,
        "maxAttempts": 5,
        "backoffBaseSeconds": 10,
        "backoffCapSeconds": 3_600,
        "delivery": "pull",
        "retentionDays": 30,
        "payloadSchema": None,
    }


def _form(request: Request) -> dict[str, bytes]:
    """The fields of a multipart form."""
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    message = email.parser.BytesParser().parsebytes(head + request.content)
    fields: dict[str, bytes] = {}
    for part in message.walk():
        name = part.get_param("name", header="content-disposition")
        if isinstance(part, email.message.Message) and isinstance(name, str):
            fields[name] = bytes(part.get_payload(decode=True) or b"")
    return fields
