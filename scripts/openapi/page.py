"""The description as a page to read: plain HTML, made at development time. No script, and nothing is loaded."""

import json
import shlex
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

from scripts.openapi.markup import code_block, inline, kind_of, method_mark, path_mark, schema_anchor, sentence, table
from scripts.openapi.refusals import GATEWAY_MESSAGES, REFUSALS

Json = dict[str, Any]
# A part of the page: the operations of one tag, as (method, path, operation, item).
Operation = tuple[str, str, Json]

_STYLE = Path(__file__).with_name("page.css")


def html(document: Json) -> str:
    """The whole page."""
    style = _STYLE.read_text("utf-8")
    operations = list(_operations(document))
    tags = [(tag["name"], tag["description"]) for tag in document["tags"]]
    by_tag = {name: [each for each in operations if name in each[2]["tags"]] for name, _ in tags}
    named = document["components"]["schemas"]
    info = document["info"]
    return "\n".join([
        "<!doctype html>",
        '<html lang="en">',
        '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(info['title'])} API</title>",
        f"<style>{style}</style></head>",
        '<body><a class="skip" href="#content">To the content</a><div class="layout">',
        _navigation(by_tag),
        '<main id="content">',
        f"<h1>{escape(info['title'])} API</h1>",
        f"<p>{escape(info['summary'])}</p>",
        *(f"<p>{inline(part)}</p>" for part in info["description"].strip().split("\n\n")),
        '<p>For programs: <a href="openapi.json">openapi.json</a>, OpenAPI 3.1. The examples expect</p>',
        code_block("export LEASEHOLD_URL=…    # the API's address\nexport LEASEHOLD_TOKEN=…  # lh_…"),
        *(_section(name, words, by_tag[name], document) for name, words in tags),
        _error_section(),
        _schema_section(named),
        "</main></div></body></html>",
        "",
    ])  # fmt: skip


def _operations(document: Json) -> Iterable[Operation]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                everything = [*item.get("parameters", []), *operation.get("parameters", [])]
                yield method.upper(), path, operation | {"parameters": everything}


def _navigation(by_tag: dict[str, list[Operation]]) -> str:
    lines = ['<nav aria-label="Routes"><details><summary>Routes</summary>']
    for name, operations in by_tag.items():
        lines += [f'<p><a href="#{_slug(name)}">{escape(name)}</a></p>', "<ul>"]
        lines += [
            f'<li><a href="#{operation["operationId"]}">{method_mark(method)}{path_mark(path)}</a></li>'
            for method, path, operation in operations
        ]
        lines.append("</ul>")
    lines.append('<p><a href="#errors">Errors</a></p><p><a href="#schemas">Schemas</a></p></details></nav>')
    return "\n".join(lines)


def _section(name: str, words: str, operations: Sequence[Operation], document: Json) -> str:
    articles = [_article(method, path, operation, document) for method, path, operation in operations]
    return "\n".join([f'<h2 id="{_slug(name)}">{escape(name)}</h2>', f"<p>{inline(words)}</p>", *articles])


def _article(method: str, path: str, operation: Json, document: Json) -> str:
    anchor = operation["operationId"]
    parts = [
        f'<article id="{anchor}" aria-labelledby="{anchor}-title">',
        f'<h3 id="{anchor}-title"><a href="#{anchor}">{method_mark(method)} {path_mark(path)}</a></h3>',
        f'<p class="summary">{escape(operation["summary"])}</p>',
        f"<p>{inline(operation['description'])}</p>",
    ]
    parameters = [_resolved(each, document) for each in operation["parameters"]]
    if parameters:
        parts += ["<h4>Parameters</h4>", _parameter_table(parameters)]
    body = operation.get("requestBody")
    if body:
        content = body["content"]["application/json"]
        parts += [
            f"<h4>Body{'' if body['required'] else ' (may be left out)'}</h4>",
            _fields(content["schema"], document),
        ]
    parts += ["<h4>Request</h4>", _curl(method, path, operation, parameters)]
    answers = {status: _resolved(each, document) for status, each in operation["responses"].items()}
    good = {status: each for status, each in answers.items() if status < "400"}
    parts += ["<h4>Answers</h4>", *(_answer(status, each) for status, each in good.items())]
    parts += ["<h4>Errors</h4>", _refusal_table({s: each for s, each in answers.items() if s >= "400"}), "</article>"]
    return "\n".join(parts)


def _parameter_table(parameters: Sequence[Json]) -> str:
    rows = [
        [
            f"<code>{escape(each['name'])}</code>",
            f"{each['in']}{', required' if each['required'] else ''}",
            kind_of(each["schema"]),
            inline(each.get("description", "")),
        ]
        for each in parameters
    ]
    return table(["name", "in", "type", "meaning"], rows)


def _fields(schema: Json, document: Json) -> str:
    """An object's fields as a table."""
    return table(["field", "needed", "type", "meaning"], _field_rows(schema, document, ""))


def _field_rows(schema: Json, document: Json, prefix: str) -> list[list[str]]:
    """A row a field; those of an object within follow it, such as `error.message`."""
    shape = _resolved(schema, document)
    rows = []
    for name, field in shape["properties"].items():
        meaning = inline(field.get("description", ""))
        needed = "required" if name in shape.get("required", []) else ""
        rows.append([f"<code>{prefix}{escape(name)}</code>", needed, kind_of(field), meaning])
        if "properties" in _resolved(field, document):
            rows += _field_rows(field, document, f"{prefix}{name}.")
    return rows


def _curl(method: str, path: str, operation: Json, parameters: Sequence[Json]) -> str:
    lines = ["curl" + ("" if method == "GET" else f" -X {method}")]
    query = [each for each in parameters if each["in"] == "query" and each["required"]]
    asked = "?" + "&".join(f"{each['name']}=demo.echo" for each in query) if query else ""
    lines[0] += f' "$LEASEHOLD_URL{path.replace("{id}", "$ID")}{asked}"'
    if operation["security"]:
        lines.append('-H "Authorization: Bearer $LEASEHOLD_TOKEN"')
    for each in parameters:
        if each["in"] == "header" and "example" in each:
            lines.append(f"-H {shlex.quote(each['name'] + ': ' + each['example'])}")
    shown = list(_body_examples(operation).values())
    if shown:
        lines += ["-H 'Content-Type: application/json'", f"-d {shlex.quote(json.dumps(shown[0]['value']))}"]
    return code_block(" \\\n  ".join(lines))


def _body_examples(operation: Json) -> Json:
    examples: Json = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("examples", {})
    return examples


def _answer(status: str, response: Json) -> str:
    content = next(iter(response.get("content", {}).items()), None)
    named = ""
    examples: Json = {}
    if content is not None:
        media_type, body = content
        named = f" — {kind_of(body['schema'])}" if media_type == "application/json" else f" — {escape(media_type)}"
        examples = body.get("examples", {})
    headers = ", ".join(f"<code>{escape(name)}</code>" for name in response.get("headers", {}))
    told = inline(response["description"]) + named + (f", with {headers}" if headers else "")
    lines = [f"<p><strong>{status}</strong> {told}</p>"]
    for name, example in examples.items():
        shown = code_block(json.dumps(example["value"], indent=2, ensure_ascii=False))
        lines.append(f'<details class="example"><summary>Example: {escape(name)}</summary>{shown}</details>')
    return "\n".join(lines)


def _refusal_table(refused: dict[str, Json]) -> str:
    rows = []
    for status, response in refused.items():
        for code in response["content"]["application/json"]["examples"]:
            known = REFUSALS.get(code)
            if known is not None:
                rows.append([status, f'<a href="#{code}"><code>{code}</code></a>', inline(known.when)])
    alone = [status for status in refused if not any(row[0] == status for row in rows)]
    note = "".join(f" {status}" for status in alone)
    told = (
        f'<p class="note">API Gateway itself answers{note} and may answer others: <a href="#gateway">see below</a>.</p>'
    )
    return table(["status", "code", "when"], rows) + told


def _error_section() -> str:
    parts = [
        '<h2 id="errors">Errors</h2>',
        f"<p>{inline('Programs go by `code`; `message` is for people; `details` names each field at fault.')}</p>",
    ]
    for refusal in REFUSALS.values():
        retry = refusal.error.retry_after_seconds
        header = "" if retry is None else f" With <code>Retry-After: {retry}</code>."
        code = refusal.code
        parts += [
            f'<article id="{code}"><h3><a href="#{code}"><code>{code}</code></a> {refusal.status}</h3>',
            f"<p>{inline(sentence(refusal.when))}{header}</p>",
            code_block(json.dumps(refusal.example, indent=2, ensure_ascii=False)),
            "</article>",
        ]
    parts += [
        '<article id="gateway"><h3><a href="#gateway">API Gateway’s own answers</a></h3>',
        f"<p>{inline('They have a `message` and nothing else.')}</p>",
        table(
            ["status", "message", "when"],
            [
                [str(status), f"<code>{escape(message)}</code>", inline(when)]
                for status, (message, when) in GATEWAY_MESSAGES.items()
            ],
        ),
        "</article>",
    ]
    return "\n".join(parts)


def _schema_section(named: Json) -> str:
    parts = ['<h2 id="schemas">Schemas</h2>']
    for name, schema in named.items():
        if "properties" not in schema:
            continue
        anchor = schema_anchor(name)
        parts.append(f'<article id="{anchor}"><h3><a href="#{anchor}">{escape(name)}</a></h3>')
        if "description" in schema:
            parts.append(f"<p>{inline(schema['description'])}</p>")
        parts += [_fields(schema, {"components": {"schemas": named}}), "</article>"]
    return "\n".join(parts)


def _resolved(node: Json, document: Json) -> Json:
    if "$ref" not in node:
        return node
    found: Any = document
    for step in node["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return dict(found)


def _slug(text: str) -> str:
    return text.lower().replace(" ", "-")
