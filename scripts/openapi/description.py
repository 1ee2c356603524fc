"""All of it as one OpenAPI 3.1 document."""

import json
from collections.abc import Sequence
from typing import Any, Final

from leasehold.jobs import LONGEST_KEY
from scripts.openapi import examples, schemas
from scripts.openapi.refusals import GATEWAY_MESSAGES, REFUSALS, by_status
from scripts.openapi.routes import ROUTES, TAGS, Route, Success

Json = dict[str, Any]

_ABOUT: Final = """\
A worker that dies loses its lease, and the job runs again: at least once, never exactly once.

Bodies are JSON in camelCase; times are ISO 8601 in UTC with milliseconds and `Z`; what does not apply is null. Every \
error is `{"error": {"code", "message", "details"?}}`, save what API Gateway itself answers: `{"message"}`.

Send `Authorization: Bearer TOKEN`. A `viewer` reads; a `producer` also enqueues, cancels and uploads; a `worker` \
reads and works; an `admin` may do everything. A token can be limited to some job types and worker ids.
"""

_PARAMETERS: Final[Json] = {
    "Id": {
        "name": "id",
        "in": "path",
        "required": True,
        "description": "The id. An id that can't be one names nothing.",
        "schema": {"type": "string", "minLength": 1},
    },
    "WorkerId": {
        "name": "X-Worker-Id",
        "in": "header",
        "required": True,
        "description": "The name that the worker gives itself; no two workers may share one.",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._:-]{5,128}$"},
        "example": examples.WORKER_ID,
    },
    "LeaseToken": {
        "name": "X-Lease-Token",
        "in": "header",
        "required": False,
        "description": "The `leaseToken` of the lease that this report is about: where sent, it must match. Without it "
        "the worker id decides.",
        "schema": {"type": "string"},
        "example": examples.LEASE_TOKEN,
    },
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "Your name for this request: sent again with it, the request creates no second job.",
        "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
        "example": "order-4711-receipt",
    },
    "Variant": {
        "name": "variant",
        "in": "query",
        "required": False,
        "description": "Which thumbnail; left out: the first.",
        "schema": {"type": "string"},
        "example": "320",
    },
    "IfNoneMatch": {
        "name": "If-None-Match",
        "in": "header",
        "required": False,
        "description": "The ETag of the copy that you have.",
        "schema": {"type": "string"},
    },
}
_HEADERS: Final[Json] = {
    "RetryAfter": {
        "description": "After how many seconds to try again. Ours always have it; API Gateway's own do not.",
        "schema": {"type": "integer", "minimum": 1},
    },
    "Location": {
        "description": "A signed address of the picture, good for an hour.",
        "required": True,
        "schema": {"type": "string"},
    },
    "ETag": {"description": "Names this very version.", "required": True, "schema": {"type": "string"}},
}
_HEADER_NAMES: Final = {"RetryAfter": "Retry-After", "Location": "Location", "ETag": "ETag"}


def text(described: Json) -> str:
    """The document as it is written into the package."""
    return json.dumps(described, indent=1, ensure_ascii=False) + "\n"


def document() -> Json:
    """The document."""
    responses: Json = {}
    paths: Json = {}
    for route in ROUTES:
        item = paths.setdefault(route.path, {})
        if "{id}" in route.path:
            item["parameters"] = [{"$ref": "#/components/parameters/Id"}]
        item[route.method.lower()] = _operation(route, responses)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Leasehold",
            "version": "1",
            "summary": "A serverless job queue whose jobs are leased, and the thumbnail pipeline that runs on it.",
            "description": _ABOUT,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "jsonSchemaDialect": "https://spec.openapis.org/oas/3.1/dialect/base",
        "servers": [{"url": ".", "description": "wherever this description came from"}],
        "tags": [{"name": name, "description": words} for name, words in TAGS.items()],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "lh_<id>_<secret>",
                    "description": "A token from POST /tokens. Each route names the roles that may call it.",
                }
            },
            "parameters": _PARAMETERS,
            "headers": _HEADERS,
            "schemas": dict(sorted({**schemas.components(), **_FILES}.items())),
            "responses": dict(sorted(responses.items())),
        },
    }


_FILES: Final[Json] = {
    "Description": {
        "type": "object",
        "required": ["openapi", "info", "paths", "components"],
        "properties": {
            "openapi": {"type": "string", "description": "3.1.0"},
            "info": {"type": "object", "description": "what it is"},
            "paths": {"type": "object", "description": "the routes"},
            "components": {"type": "object", "description": "what they share"},
        },
        "description": "An OpenAPI document.",
    },
    "Page": {"type": "string", "description": "HTML."},
}


def gateway_statuses(route: Route) -> list[int]:
    """The statuses that API Gateway can answer this route with by itself."""
    statuses = [429, 500, 503]
    if route.roles:
        statuses += [401, 403]
    if "{id}" in route.path:
        statuses.append(404)
    if route.body:
        statuses.append(413)
    return sorted(statuses)


def codes(route: Route) -> list[str]:
    """Every error code of ours that the route can answer with."""
    return [*route.codes, *(("throttled", "unavailable") if route.reads_tables else ()), "server_error"]


def _operation(route: Route, responses: Json) -> Json:
    operation: Json = {
        "operationId": route.operation_id,
        "tags": [route.tag],
        "summary": route.summary,
        "description": " ".join(part for part in (route.description, _who(route)) if part),
        # One requirement a role: any of them will do.
        "security": [{"bearer": [role]} for role in route.roles],
    }
    parameters = _query(route) + [
        {"$ref": f"#/components/parameters/{name}"} for name in (*route.extra_query, *route.headers)
    ]
    if parameters:
        operation["parameters"] = parameters
    if route.body:
        operation["requestBody"] = {
            "required": route.body_required,
            "content": {
                "application/json": {
                    "schema": schemas.ref(route.body),
                    "examples": {name: {"value": value} for name, value in route.body_examples},
                }
            },
        }
    operation["responses"] = {str(answer.status): _success(answer) for answer in route.answers}
    gateway = gateway_statuses(route)
    for status, own in by_status(codes(route), gateway).items():
        name = ".".join([str(status), *own, *(["gateway"] if status in gateway else [])])
        responses[name] = _refused(status, own, by_gateway=status in gateway)
        operation["responses"][str(status)] = {"$ref": f"#/components/responses/{name}"}
    operation["responses"] = dict(sorted(operation["responses"].items()))
    return operation


def _who(route: Route) -> str:
    return f"Roles: {', '.join(route.roles)}." if route.roles else "Open to everybody."


def _query(route: Route) -> list[Json]:
    if route.query is None:
        return []
    parameters = []
    for name, (schema, required) in schemas.query_properties(route.query).items():
        parameter: Json = {"name": name, "in": "query", "required": required, "description": schema.pop("description")}
        lists = [each for each in schema.get("anyOf", []) if each.get("type") == "array"]
        if lists:
            parameter |= {"style": "form", "explode": True}
            schema = lists[0]
        parameters.append(parameter | {"schema": schema})
    return parameters


def _success(answer: Success) -> Json:
    response: Json = {"description": answer.description}
    if answer.headers:
        response["headers"] = {_HEADER_NAMES[name]: {"$ref": f"#/components/headers/{name}"} for name in answer.headers}
    if answer.schema:
        content: Json = {"schema": schemas.ref(answer.schema)}
        if answer.examples:
            content["examples"] = {name: {"value": value} for name, value in answer.examples.items()}
        response["content"] = {answer.media_type: content}
    return response


def _refused(status: int, own: Sequence[str], *, by_gateway: bool) -> Json:
    alternatives: list[Json] = []
    words: list[str] = []
    shown: Json = {}
    if own:
        alternatives.append(_envelope(own))
        words += [f"`{code}`: {REFUSALS[code].when}." for code in own]
        shown |= {code: {"value": REFUSALS[code].example} for code in own}
    if by_gateway:
        message, when = GATEWAY_MESSAGES[status]
        alternatives.append(schemas.ref("GatewayMessage"))
        words.append(f"API Gateway itself: {when}.")
        shown["API Gateway itself"] = {"value": {"message": message}}
    response: Json = {
        "description": " ".join(words),
        "content": {
            "application/json": {
                "schema": alternatives[0] if len(alternatives) == 1 else {"anyOf": alternatives},
                "examples": shown,
            }
        },
    }
    if any(REFUSALS[code].error.retry_after_seconds is not None for code in own):
        response["headers"] = {"Retry-After": {"$ref": "#/components/headers/RetryAfter"}}
    return response


def _envelope(own: Sequence[str]) -> Json:
    """The error envelope, with just these codes."""
    envelope: Json = json.loads(json.dumps(schemas.components()["Error"]))
    envelope["description"] = "The error envelope."
    envelope["properties"]["error"]["properties"]["code"]["enum"] = list(own)
    return envelope
