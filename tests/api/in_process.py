"""The API without a network: API Gateway's events in, the handlers' answers out."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, urlencode

from leasehold.access import Caller
from tests.template_file import resources

Json = dict[str, Any]
ADMIN = Caller("0123456789abcdef", "admin")
WORKER_ID = "worker-1"
_CONTEXT = SimpleNamespace(
    function_name="test", memory_limit_in_mb=512, invoked_function_arn="arn:aws:lambda:::test", aws_request_id="test"
)


@dataclass(frozen=True)
class Answer:
    """What a handler has answered."""

    route: str
    status: int
    headers: dict[str, str]
    body: str

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)

    @property
    def code(self) -> str | None:
        """The error's code, or None where it is no error."""
        return self.json["error"]["code"] if self.status >= 400 else None


def routes() -> dict[str, str]:
    """The template's routes, each with the name of its integration."""
    return {
        each["Properties"]["RouteKey"]: re.sub(
            r".*\{(\w+)Integration\}", r"\1", each["Properties"]["Target"]["Fn::Sub"]
        )
        for each in resources("AWS::ApiGatewayV2::Route").values()
    }


@dataclass
class Api:
    """The two handlers behind the template's routes, called as API Gateway calls them."""

    handlers: Mapping[str, Any]
    tables: Mapping[str, str]
    client: Any
    routes: dict[str, str] = field(default_factory=routes)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        raw: str | None = None,
        encoded: bool = False,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        caller: Caller = ADMIN,
    ) -> Answer:
        """Send a request. `path` has its ids in place, decoded; `raw` is the body as API Gateway hands it over."""
        key, ids = self._match(method, path)
        sent = raw if raw is not None else None if body is None else json.dumps(body)
        event = {
            "version": "2.0",
            "routeKey": key,
            "rawPath": path,
            "rawQueryString": urlencode(query or {}, errors="surrogatepass"),
            "headers": {"content-type": "application/json", **(headers or {})},
            "queryStringParameters": dict(query) if query else None,
            "pathParameters": ids or None,
            "requestContext": {
                "stage": "$default",
                "requestId": "test",
                "http": {"method": method, "path": quote(path, errors="surrogatepass"), "sourceIp": "127.0.0.1"},
                "authorizer": {
                    "lambda": {
                        "tokenId": caller.token_id,
                        "role": caller.role,
                        "types": json.dumps(caller.types),
                        "workerIds": json.dumps(caller.worker_ids),
                    }
                },
            },
            "body": sent,
            "isBase64Encoded": encoded,
        }
        made = self.handlers[self.routes[key]](event, _CONTEXT)
        return Answer(key, made["statusCode"], made["headers"], made.get("body", ""))

    def get(self, path: str, **more: Any) -> Answer:
        """GET."""
        return self.call("GET", path, **more)

    def post(self, path: str, body: Any = None, **more: Any) -> Answer:
        """POST, as a worker where `headers` are not given."""
        return self.call("POST", path, body, **{"headers": {"x-worker-id": WORKER_ID}, **more})

    def enqueued(self, **order: Any) -> str:
        """The id of a new job."""
        return str(self.post("/jobs", {"type": "demo.echo", "payload": {}, **order}).json["jobId"])

    def leased(self, **order: Any) -> Json:
        """A new job, leased by WORKER_ID."""
        self.enqueued(**order)
        [job] = self.post("/jobs/lease", {"type": "demo.echo"}).json["jobs"]
        return dict(job)

    def dead(self) -> str:
        """The id of a job in dlq."""
        job_id = self.leased()["jobId"]
        failed = self.post(f"/jobs/{job_id}/fail", {"error": {"message": "no", "code": "broken", "retryable": False}})
        assert failed.json["status"] == "dlq"
        return str(job_id)

    def stored(self) -> Json:
        """Every item of every table."""
        return {name: self.client.scan(TableName=table)["Items"] for name, table in self.tables.items()}

    def _match(self, method: str, path: str) -> tuple[str, dict[str, str]]:
        """The route that API Gateway would choose: the one with the fewest variables."""
        for key in sorted(self.routes, key=lambda key: key.count("{")):
            if key.split(" ")[0] == method:
                pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(key.split(" ")[1]))
                found = re.fullmatch(pattern, path, re.DOTALL)
                if found:
                    return key, found.groupdict()
        raise LookupError(f"the template has no route for {method} {path}")
