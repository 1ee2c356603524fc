"""The function that serves the console's files. No browser needed."""

import base64
import gzip
import re
from pathlib import Path
from typing import Any

import pytest

from functions.console import app
from scripts import vendor_console
from tests.template_file import ROOT

STATIC = ROOT / "functions" / "console" / "static"


def ask(path: str, method: str = "GET", **headers: str) -> dict[str, Any]:
    """The answer to a request for `/console` and what follows."""
    event: dict[str, Any] = {
        "rawPath": f"/console{path}",
        "headers": {name.replace("_", "-"): value for name, value in headers.items()},
        "requestContext": {"http": {"method": method}},
    }
    if path.strip("/"):
        event["pathParameters"] = {"proxy": path.removeprefix("/")}
    answer: dict[str, Any] = app.handler(event, None)
    return answer


def text_of(answer: dict[str, Any]) -> str:
    return base64.b64decode(answer["body"]).decode()


def links_of(page: str) -> list[str]:
    return re.findall(r'(?:href|src)="([^"]+)"', page)


@pytest.mark.parametrize("path", ["", "/"])
def test_the_links_of_the_page_lead_to_files_with_or_without_a_slash(path: str) -> None:
    answer = ask(path)
    assert answer["statusCode"] == 200
    assert answer["headers"]["content-type"] == "text/html; charset=utf-8"
    links = links_of(text_of(answer))
    assert len(links) > 5
    for link in links:
        # What a browser makes of a relative address: it replaces what follows the last slash.
        seen_from = "" if path == "/" else "console/"
        assert link.startswith(seen_from)
        assert ask("/" + link.removeprefix(seen_from))["statusCode"] == 200, link


def test_files_of_this_version_are_kept_for_good_and_the_page_never() -> None:
    assert ask(f"/{app.VERSION}/main.js")["headers"]["cache-control"].endswith("immutable")
    assert ask("/main.js")["headers"]["cache-control"] == "no-cache"
    assert ask("")["headers"]["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("main.js", "text/javascript; charset=utf-8"),
        ("look/base.css", "text/css; charset=utf-8"),
        ("icon.svg", "image/svg+xml"),
        ("vendor/geist.woff2", "font/woff2"),
        ("vendor/preact.LICENSE.txt", "text/plain; charset=utf-8"),
    ],
)
def test_each_file_says_what_it_is_and_arrives_whole(name: str, content_type: str) -> None:
    answer = ask(f"/{name}")
    assert answer["headers"]["content-type"] == content_type
    assert answer["headers"]["x-content-type-options"] == "nosniff"
    assert base64.b64decode(answer["body"]) == (STATIC / name).read_bytes()


def test_every_file_stays_well_under_what_lambda_can_answer() -> None:
    assert all(len(file.data) < 1_000_000 for file in app.FILES.values())
    shipped = {path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*") if path.is_file()}
    assert shipped == set(app.FILES), "a file of a kind that is not served"


def test_texts_are_packed_for_those_who_can_unpack_them() -> None:
    packed = ask("/vendor/uplot.js", accept_encoding="gzip, br")
    assert packed["headers"]["content-encoding"] == "gzip"
    assert gzip.decompress(base64.b64decode(packed["body"])) == (STATIC / "vendor" / "uplot.js").read_bytes()
    assert "content-encoding" not in ask("/vendor/geist.woff2", accept_encoding="gzip")["headers"]


@pytest.mark.parametrize("path", ["", "/main.js"])
def test_an_unchanged_file_is_not_sent_again(path: str) -> None:
    etag = ask(path)["headers"]["etag"]
    answer = ask(path, if_none_match=f"W/{etag}")
    assert answer["statusCode"] == 304
    assert "body" not in answer
    assert ask(path, if_none_match='"other"')["statusCode"] == 200


def test_head_answers_as_get_but_without_a_body() -> None:
    got, head = ask("/main.js"), ask("/main.js", "HEAD")
    assert head["headers"] == got["headers"]
    assert "body" not in head
    assert ask("/main.js", "POST")["statusCode"] == 405


@pytest.mark.parametrize(
    "path",
    [
        "/nothing.js",
        "/../app.py",
        "/..%2Fapp.py",
        "/vendor/../../app.py",
        "/look",
        "//etc/passwd",
        "/v-000000000000/main.js",
        "/main.js/",
        "/\0",
    ],
)
def test_nothing_but_the_files_can_be_had(path: str) -> None:
    answer = ask(path)
    assert answer["statusCode"] == 404
    assert answer["headers"]["cache-control"] == "no-cache"
    assert "There is no such file" in text_of(answer)


def test_the_page_for_what_is_not_there_leads_back() -> None:
    assert links_of(text_of(ask("/x.js"))) == ["../console"]
    assert links_of(text_of(ask("/some/where/x.js"))) == ["../../../console"]


@pytest.mark.parametrize("path", ["", "/main.js", "/nothing"])
def test_scripts_and_styles_come_from_here_alone(path: str) -> None:
    policy = dict(
        directive.strip().split(" ", 1) for directive in ask(path)["headers"]["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert "unsafe" not in str(policy)
    assert "https://*.amazonaws.com" in policy["connect-src"]


def test_no_page_has_script_or_style_of_its_own() -> None:
    for page in STATIC.rglob("*.html"):
        text = page.read_text()
        assert "<style" not in text
        assert " style=" not in text
        assert not re.search(r"<script(?![^>]* src=)", text)
        assert not re.search(r"\son\w+=", text)


def test_no_script_of_ours_makes_markup_of_text() -> None:
    for script in STATIC.rglob("*.js"):
        if "vendor" not in script.parts:
            text = script.read_text()
            assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text), script.name


def test_each_library_has_its_licence_beside_it() -> None:
    vendor = STATIC / "vendor"
    licensed = {path.name.removesuffix(".LICENSE.txt") for path in vendor.glob("*.LICENSE.txt")}
    for path in vendor.iterdir():
        library = Path(path.name).stem.removesuffix(".LICENSE")
        assert library in licensed or library.removesuffix("-hooks") in licensed, path.name


def test_the_script_that_copies_the_libraries_names_each_of_their_files() -> None:
    named = {package.target / name for package in vendor_console.PACKAGES for name in package.files.values()}
    named.add(vendor_console.CONSOLE / "thumbhash.LICENSE.txt")
    there = {path for folder in (vendor_console.CONSOLE, vendor_console.TESTS) for path in folder.iterdir()}
    assert named == there
    licence = (vendor_console.CONSOLE / "thumbhash.LICENSE.txt").read_text()
    assert licence == vendor_console.THUMBHASH_LICENCE
