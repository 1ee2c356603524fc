"""The written description, and whether an answer is as it says."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from leasehold import openapi
from tests.api.in_process import Answer

Json = dict[str, Any]
WRITTEN = Path(openapi.__path__[0]) / "openapi.json"


@cache
def document() -> Json:
    """The description as it is served."""
    parsed: Json = json.loads(WRITTEN.read_text("utf-8"))
    return parsed


def operations() -> dict[str, Json]:
    """Every operation by its route key, such as `POST /jobs`."""
    return {
        f"{method.upper()} {path}": operation
        for path, item in document()["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    }


def responses(route: str) -> dict[int, Json]:
    """The described answers of a route by status."""
    return {int(status): resolved(each) for status, each in operations()[route]["responses"].items()}


def codes(route: str, status: int) -> list[str]:
    """The error codes of ours that are described for a status; none where only API Gateway gives it."""
    content = responses(route).get(status, {}).get("content", {}).get("application/json", {})
    alternatives = content.get("schema", {}).get("anyOf", [content.get("schema", {})])
    return [
        code
        for each in alternatives
        for code in each.get("properties", {}).get("error", {}).get("properties", {}).get("code", {}).get("enum", [])
    ]


def check(answer: Answer) -> None:
    """Raise AssertionError unless the answer is as described: status, headers, every field and no other."""
    told = responses(answer.route)
    assert answer.status in told, f"{answer.route} answered {answer.status}, which is not described: {answer.body}"
    response = told[answer.status]
    for name, header in response.get("headers", {}).items():
        ours_always = name == "Retry-After" or resolved(header).get("required", False)
        assert not ours_always or name.lower() in answer.headers, f"{answer.route} answers without {name}"
    if "content" not in response:
        assert answer.body == "", f"{answer.route} answered {answer.status} with a body"
        return
    [(media_type, content)] = response["content"].items()
    assert answer.headers["content-type"].split(";")[0] == media_type
    if media_type == "application/json":
        faults = [
            f"{fault.json_path}: {fault.message}" for fault in _validator(content["schema"]).iter_errors(answer.json)
        ]
        assert not faults, f"{answer.route} answered {answer.status} other than described: {faults}\n{answer.body}"


def validator(schema: Json) -> Draft202012Validator:
    """A validator of one of the description's schemas, as it stands."""
    return Draft202012Validator({**schema, "components": document()["components"]})


def _validator(schema: Json) -> Draft202012Validator:
    """The same, but for answers: a field that is not described is a fault."""
    closed: Json = _closed({**schema, "components": {"schemas": document()["components"]["schemas"]}})
    return Draft202012Validator(closed)


def _closed(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and "required" in schema and "openapi" not in schema["properties"]:
        closed.setdefault("additionalProperties", False)
    return closed


def resolved(node: Json) -> Json:
    """The node, or what it refers to."""
    if "$ref" not in node:
        return node
    found: Any = document()
    for step in node["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return dict(found)
