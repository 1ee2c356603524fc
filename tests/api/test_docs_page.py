"""The page at /docs and the description beside it: served once, safe, and readable on any screen."""

import base64
import hashlib
import re
import shutil

import pytest
from playwright.sync_api import Route, sync_playwright

from tests.api import described
from tests.api.in_process import Answer, Api

FILES = ["/docs", "/openapi.json"]


@pytest.mark.parametrize("path", FILES)
def test_a_copy_that_is_still_good_is_not_sent_again(api: Api, path: str) -> None:
    first = api.get(path)
    etag = first.headers["etag"]
    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = api.get(path, headers={"if-none-match": known})
        assert (again.status, again.body, again.headers["etag"]) == (304, "", etag)
    assert api.get(path, headers={"if-none-match": '"other"'}).body == first.body


@pytest.mark.parametrize("path", FILES)
def test_it_is_small_enough_for_a_function_to_answer(api: Api, path: str) -> None:
    assert len(api.get(path).body.encode()) < 500_000


def test_the_description_is_served_as_written(api: Api) -> None:
    assert api.get("/openapi.json").json == described.document()


def test_the_page_has_no_script_and_loads_nothing(api: Api) -> None:
    page = api.get("/docs").body
    assert not re.search(r"<script|<link|<img|<iframe|<object|@import|url\(|\ssrc=|\sstyle=|\son\w+=|javascript:", page)
    assert {link for link in re.findall(r'href="([^"]*)"', page) if not link.startswith("#")} == {"openapi.json"}


def test_the_policy_allows_the_pages_one_style_and_nothing_else(api: Api) -> None:
    answer = api.get("/docs")
    [style] = re.findall(r"<style>(.*?)</style>", answer.body, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        "style-src": f"'sha256-{digest}'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }


def test_every_link_leads_somewhere_and_every_route_has_its_place(api: Api) -> None:
    page = api.get("/docs").body
    anchors = re.findall(r'\sid="([^"]*)"', page)
    assert len(set(anchors)) == len(anchors)
    assert set(re.findall(r'href="#([^"]*)"', page)) <= set(anchors)
    assert {operation["operationId"] for operation in described.operations().values()} <= set(anchors)


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Debian's chromium")
@pytest.mark.parametrize("width", [375, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_browser_shows_it_without_complaint_or_sideways_scrolling(api: Api, width: int, scheme: str) -> None:
    answers = {path: api.get(path) for path in FILES}
    complaints: list[str] = []

    def serve(route: Route) -> None:
        answer: Answer | None = answers.get("/" + route.request.url.rpartition("/")[2].partition("#")[0])
        if answer is None:
            complaints.append(f"asks for {route.request.url}")
            route.abort()
        else:
            route.fulfill(status=answer.status, headers=answer.headers, body=answer.body)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)  # type: ignore[arg-type]
        page.on("console", lambda message: complaints.append(message.text))
        page.route("**/*", serve)
        page.goto("http://leasehold.test/prefix/docs")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.get_by_role("main").get_by_role("link", name="openapi.json", exact=True).click()
        page.wait_for_url("http://leasehold.test/prefix/openapi.json")
        browser.close()
    assert [each for each in complaints if "favicon" not in each] == []
    assert ground == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(20, 23, 27)")
