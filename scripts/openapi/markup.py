"""Small parts of the page: tables, code, and a schema in a few words."""

import json
import re
from collections.abc import Sequence
from html import escape
from typing import Any

Json = dict[str, Any]


def kind_of(schema: Json) -> str:
    """A schema in a few words, such as `integer or null, 1 to 100 (25)`."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return f'<a href="#{schema_anchor(name)}">{escape(name)}</a>'
    if "anyOf" in schema:
        return " or ".join(kind_of(each) for each in schema["anyOf"])
    if "const" in schema:
        return f"<code>{escape(json.dumps(schema['const']))}</code>"
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    words = " or ".join(kinds)
    if "enum" in schema:
        words = ", ".join(f"<code>{escape(str(value))}</code>" for value in schema["enum"] if value is not None)
        words += " or null" if None in schema["enum"] or "null" in kinds else ""
    elif schema.get("format") == "date-time":
        words = words.replace("string", "time")
    if "array" in kinds:
        words += f" of {kind_of(schema['items'])}"
    if isinstance(schema.get("additionalProperties"), dict):
        words += f" of {kind_of(schema['additionalProperties'])}"
    return words + _limits(schema)


def _limits(schema: Json) -> str:
    limits = []
    low = schema.get("minimum", schema.get("minLength", schema.get("minItems")))
    high = schema.get("maximum", schema.get("maxLength", schema.get("maxItems")))
    unit = " characters" if "maxLength" in schema else ""
    if "exclusiveMinimum" in schema:
        limits.append(f"over {schema['exclusiveMinimum']}")
        low = None
    if low is not None and high is not None:
        limits.append(f"{low:,} to {high:,}{unit}")
    elif high is not None:
        limits.append(f"at most {high:,}{unit}")
    if "pattern" in schema and schema.get("format") != "date-time":
        limits.append(f"<code>{escape(schema['pattern'])}</code>")
    default = schema.get("default")
    told = f" ({escape(json.dumps(default))})" if default not in (None, []) else ""
    return "".join(f", {each}" for each in limits) + told


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table that scrolls sideways where the screen is narrow."""
    cells = "".join(f'<th scope="col">{each}</th>' for each in head)
    lines = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return (
        f'<div class="scroll" tabindex="0"><table><thead><tr>{cells}</tr></thead><tbody>{lines}</tbody></table></div>'
    )


def code_block(text: str) -> str:
    """A block of code."""
    return f'<pre tabindex="0"><code>{escape(text, quote=False)}</code></pre>'


def method_mark(method: str) -> str:
    """A method in its colour."""
    return f'<span class="method {method.lower()}">{method}</span>'


def path_mark(path: str) -> str:
    """A path."""
    return f'<span class="path">{escape(path)}</span>'


def inline(text: str) -> str:
    """Text with `code` in backticks."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text, quote=False))


def sentence(text: str) -> str:
    """The words as a sentence."""
    return text[:1].upper() + text[1:] + "."


def schema_anchor(name: str) -> str:
    """The anchor of a named schema."""
    return f"schema-{name}"
