"""The console in a browser, against the embedded stack."""

import json
import re
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from leasehold.job import Job
from leasehold.times import DAY, SECOND, wall_clock, written
from tests.browser.pictures import Drawn, drawn
from tests.browser.visitor import PHONE, Visitors, choose_files, enter, turn_to
from tests.engines import dynamodb_client
from tests.rig import HandClock, Rig
from tests.stack.deployment import Deployment, eventually

pytestmark = pytest.mark.stack

# Markup that would run if any page took it for markup.
HOSTILE = "<img src=x onerror=document.title='taken'>"


def dead_jobs(deployment: Deployment, code: str, how_many: int) -> list[str]:
    """Jobs that died of an error with that code."""
    died = []
    for _ in range(how_many):
        job = deployment.leased("browser-test", maxAttempts=1)
        error = {"error": {"code": code, "message": f"it broke: {HOSTILE}", "retryable": False}}
        deployment.json("POST", f"/jobs/{job['jobId']}/fail", error, worker="browser-test", token=job["leaseToken"])
        died.append(job["jobId"])
    return died


def cancel(deployment: Deployment, *job_ids: str) -> None:
    """Take redriven jobs out of other tests' way."""
    for job_id in job_ids:
        deployment.json("POST", f"/jobs/{job_id}/cancel")


# -- signing in and out -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("at", ["", "/"])
def test_a_token_opens_the_console(visitors: Visitors, at: str) -> None:
    page = visitors.sign_in("admin", at=at)
    expect(page.get_by_role("heading", level=1, name="Overview")).to_be_visible()
    expect(page.get_by_role("list", name="Jobs by state").get_by_role("link")).to_have_count(5)
    page.reload()
    expect(page.get_by_role("heading", level=1, name="Overview")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert page.evaluate("JSON.stringify({...sessionStorage, ...localStorage})") == "{}"


def test_a_wrong_token_is_refused_at_the_door(visitors: Visitors) -> None:
    page = visitors.arrive()
    enter(page, "lh_0123456789abcdef_" + "x" * 43)
    expect(page.get_by_role("alert")).to_contain_text("does not accept this token")


def test_a_token_that_ends_leads_back_to_the_door(visitors: Visitors, deployment: Deployment) -> None:
    order = {"role": "viewer", "label": "short-lived", "expiresInDays": 1}
    to_expire, to_be_revoked = (deployment.json("POST", "/tokens", order, 201) for _ in range(2))
    pages = [visitors.sign_in(at="#/jobs", token=made["token"]) for made in (to_expire, to_be_revoked)]
    deployment.json("DELETE", f"/tokens/{to_be_revoked['tokenId']}")
    deployment.aws("dynamodb").update_item(
        TableName=deployment.description["tokensTable"],
        Key={"tokenId": {"S": to_expire["tokenId"]}},
        UpdateExpression="SET expiresAt = :past",
        ExpressionAttributeValues={":past": {"S": written(wall_clock() - SECOND)}},
    )
    for page in pages:
        expect(page.get_by_role("alert")).to_contain_text("it has expired, or it was rotated or revoked")
        enter(page, deployment.description["tokens"]["viewer"])
        expect(page.get_by_role("heading", level=1, name="Jobs")).to_be_visible()


def test_a_viewer_is_offered_nothing_that_would_be_refused(visitors: Visitors, deployment: Deployment) -> None:
    [job_id] = dead_jobs(deployment, "browser_viewer", 1)
    page = visitors.sign_in("viewer")
    expect(page.get_by_role("navigation", name="Pages").get_by_role("link")).to_have_text(
        ["Overview", "Pictures", "Jobs"]
    )
    turn_to(page, f"jobs/{job_id}", "demo.echo")
    expect(page.get_by_text("an admin can redrive it")).to_be_visible()
    expect(page.get_by_role("button", name="Redrive")).to_have_count(0)
    turn_to(page, "pictures", "Pictures")
    expect(page.get_by_text("Drop pictures here")).to_have_count(0)
    turn_to(page, "tokens", "Tokens")
    expect(page.get_by_text("For admins")).to_be_visible()


# -- pictures ---------------------------------------------------------------------------------------------------------


def test_an_upload_becomes_a_thumbnail_on_the_wall(visitors: Visitors) -> None:
    page = visitors.sign_in("producer")
    turn_to(page, "pictures", "Pictures")
    first, second = (f"{uuid.uuid4().hex[:8]} & more.{end}" for end in ("jpg", "png"))
    choose_files(page, [drawn(first, "JPEG"), drawn(second, "PNG", (300, 500))])
    is_drawn = "image => image.complete && image.naturalWidth > 0"
    for name in (first, second):
        row = page.get_by_role("region", name="Uploads").get_by_role("listitem").filter(has_text=name)
        expect(row).to_contain_text("thumbnail made")
        tile = page.get_by_role("list", name="Pictures").get_by_role("listitem").filter(has_text=name)
        expect(tile.locator("img.sharp")).to_be_visible()
        page.wait_for_function(is_drawn, arg=tile.locator("img.sharp").element_handle())
    page.get_by_role("list", name="Pictures").get_by_role("link", name=first).click()
    expect(page.get_by_role("heading", level=1, name=first)).to_be_visible()
    expect(page.get_by_text("900 × 600")).to_be_visible()
    expect(page.get_by_text("320 × 213")).to_be_visible()
    page.get_by_role("button", name="Make again").click()
    expect(page.get_by_role("heading", level=1, name="thumbnail.create")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="Done")).to_be_visible()


def test_files_dropped_on_the_page_are_uploaded(visitors: Visitors) -> None:
    page = visitors.sign_in("producer", at="#/pictures")
    name = f"dropped {uuid.uuid4().hex[:8]}.txt"
    expect(page.get_by_text("Drop pictures here")).to_be_visible()
    page.evaluate(
        """name => {
            const dropped = new DataTransfer();
            dropped.items.add(new File(["no picture"], name, {type: "text/plain"}));
            document.querySelector(".drop").dispatchEvent(
                new DragEvent("drop", {dataTransfer: dropped, bubbles: true, cancelable: true}));
        }""",
        name,
    )
    row = page.get_by_role("region", name="Uploads").get_by_role("listitem").filter(has_text=name)
    expect(row).to_contain_text("unsupported_image")


def test_names_and_payloads_are_text_whatever_they_hold(visitors: Visitors, deployment: Deployment) -> None:
    name = f"{uuid.uuid4().hex[:8]} {HOSTILE}.png"
    page = visitors.sign_in("admin", at="#/pictures")
    choose_files(page, [Drawn(name, "image/png", drawn("", "PNG", (40, 40)).data)])
    tile = page.get_by_role("list", name="Pictures").get_by_role("listitem").filter(has_text=name)
    expect(tile.locator("img.sharp")).to_be_visible()
    expect(page.get_by_role("region", name="Uploads")).to_contain_text("thumbnail made")

    order = {"type": "demo.echo", "payload": {HOSTILE: HOSTILE}, "delaySeconds": 3600}
    job = deployment.json("POST", "/jobs", order, 201)
    turn_to(page, f"jobs/{job['jobId']}", "demo.echo")
    expect(page.get_by_label("Payload", exact=True)).to_contain_text(HOSTILE)
    cancel(deployment, job["jobId"])

    made = deployment.json("POST", "/tokens", {"role": "viewer", "label": HOSTILE}, 201)
    turn_to(page, "tokens", "Tokens")
    expect(page.get_by_role("row").filter(has_text=HOSTILE).first).to_be_visible()
    deployment.json("DELETE", f"/tokens/{made['tokenId']}")
    assert page.title() != "taken"


# -- jobs -------------------------------------------------------------------------------------------------------------


def test_a_dead_job_is_redriven(visitors: Visitors, deployment: Deployment) -> None:
    code = f"browser_{uuid.uuid4().hex[:6]}"
    [job_id] = dead_jobs(deployment, code, 1)
    page = visitors.sign_in("admin")
    turn_to(page, "jobs?status=dlq", "Jobs")
    page.get_by_role("row").filter(has_text=code).get_by_role("link").click()
    expect(page.get_by_role("status").filter(has_text=code)).to_contain_text("Died")
    moments = page.get_by_role("list").filter(has_text="Queued").get_by_role("listitem")
    expect(moments.filter(has_text="Leased")).to_contain_text("browser-test")
    page.get_by_role("button", name="Redrive").click()
    expect(page.get_by_role("status").filter(has_text="waits for a worker")).to_be_visible()
    assert deployment.stored(job_id)["status"] == "queued"
    cancel(deployment, job_id)


def test_dead_jobs_are_redriven_by_their_error_after_a_count(visitors: Visitors, deployment: Deployment) -> None:
    code, other = (f"browser_{uuid.uuid4().hex[:6]}" for _ in range(2))
    wanted, [spared] = dead_jobs(deployment, code, 3), dead_jobs(deployment, other, 1)
    page = visitors.sign_in("admin", at="#/jobs?status=dlq")
    page.get_by_label("Error", exact=True).select_option(code)
    table = page.get_by_role("table", name="Jobs, newest first")
    expect(table.locator(".row")).to_have_count(3)
    page.get_by_role("button", name="Redrive many").click()
    dialog = page.get_by_role("dialog", name="Redrive many")
    expect(dialog).to_contain_text(f"3 dead jobs with the error {code}")
    dialog.get_by_role("button", name="Redrive 3 jobs").click()
    expect(page.get_by_role("status").filter(has_text="3 jobs queued again")).to_be_visible()
    expect(page.get_by_role("heading", name="No job matches")).to_be_visible()
    assert {deployment.stored(job_id)["status"] for job_id in wanted} == {"queued"}
    assert deployment.stored(spared)["status"] == "dlq"
    cancel(deployment, *wanted)


def test_a_job_to_come_is_counted_down_and_can_be_cancelled(visitors: Visitors, deployment: Deployment) -> None:
    order = {"type": "demo.echo", "payload": {}, "delaySeconds": 3600}
    job = deployment.json("POST", "/jobs", order, 201)
    page = visitors.sign_in("producer", at=f"#/jobs/{job['jobId']}")
    outlook = page.locator(".outcome")
    expect(outlook).to_contain_text("Runs in 59 min")
    seen = outlook.inner_text()
    expect(outlook).not_to_have_text(seen)  # the seconds run
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel the job").click()
    expect(outlook).to_contain_text("Cancelled")
    assert deployment.stored(job["jobId"])["status"] == "cancelled"


def test_a_running_job_shows_its_worker_and_how_far_it_is(visitors: Visitors, deployment: Deployment) -> None:
    job = deployment.leased("browser-test", leaseSeconds=600)
    me = {"worker": "browser-test", "token": job["leaseToken"]}
    page = visitors.sign_in("viewer", at=f"#/jobs/{job['jobId']}")
    expect(page.locator(".outcome")).to_contain_text("browser-test holds the lease for another 9 min")
    deployment.json("POST", f"/jobs/{job['jobId']}/heartbeat", {"progress": 0.4, "message": "page 4 of 10"}, **me)
    expect(page.locator(".outcome")).to_contain_text("page 4 of 10")
    deployment.json("POST", f"/jobs/{job['jobId']}/succeed", {"result": {"pages": 10}}, **me)
    expect(page.get_by_label("Result", exact=True)).to_contain_text('"pages": 10')


@pytest.fixture
def thousand(deployment: Deployment) -> Iterator[list[Job]]:
    """A thousand jobs for tomorrow, put straight into the table, and taken out of it again."""
    client = dynamodb_client(deployment.description["endpointUrl"], threads=4)
    table = deployment.description["jobsTable"]
    rig = Rig(client, {"jobs": table, "assets": deployment.description["assetsTable"]}, HandClock(wall_clock()))
    tomorrow = rig.clock.now + DAY
    with ThreadPoolExecutor(4) as threads:
        jobs = list(threads.map(lambda _: rig.enqueue(run_at=tomorrow), range(1_000)))
    yield jobs
    for start in range(0, len(jobs), 25):
        keys = [{"DeleteRequest": {"Key": {"jobId": {"S": job.job_id}}}} for job in jobs[start : start + 25]]
        client.batch_write_item(RequestItems={table: keys})


# Until it is drawn: on a busy machine two steps in a row would leave rows out that nobody has seen.
SCROLL_ON = """() => new Promise((drawn) => {
    scrollBy(0, innerHeight * 0.9);
    requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(drawn)));
})"""


def test_a_thousand_jobs_are_listed_while_only_those_in_view_exist(visitors: Visitors, thousand: list[Job]) -> None:
    page = visitors.sign_in("viewer", at="#/jobs?status=queued&type=demo.echo")
    table = page.get_by_role("table", name="Jobs, newest first")
    expect(table.locator(".row").first).to_be_visible()
    wanted, seen, most_rows = {job.job_id for job in thousand}, set[str](), 0

    def look_and_scroll() -> bool:
        nonlocal most_rows
        ids = [link.rsplit("/", 1)[1] for link in links_of(page)]
        most_rows = max(most_rows, len(ids))
        seen.update(ids)
        page.evaluate(SCROLL_ON)
        return wanted <= seen

    eventually(look_and_scroll, pause_seconds=0.02)
    assert most_rows < 80
    row_count = table.get_attribute("aria-rowcount")
    assert row_count is not None
    assert int(row_count) > 1_000

    # The way back from a job leads to the same place.
    page.evaluate("scrollTo(0, document.body.scrollHeight / 2)")
    eventually(lambda: links_of(page)[0] != "")
    place = page.evaluate("scrollY")
    page.locator(".row").nth(20).get_by_role("link").click()
    expect(page.get_by_role("heading", level=1, name="demo.echo")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", level=1, name="Jobs")).to_be_visible()
    assert page.evaluate("scrollY") == place


def links_of(page: Page) -> list[str]:
    """Where the rows that exist now lead to."""
    links: list[str] = page.eval_on_selector_all(".row a", "links => links.map(link => link.getAttribute('href'))")
    return links


def test_the_list_is_used_by_keyboard_alone(visitors: Visitors, deployment: Deployment) -> None:
    jobs = [
        deployment.json("POST", "/jobs", {"type": "demo.echo", "payload": {}, "delaySeconds": 3600}, 201)["jobId"]
        for _ in range(2)
    ]
    page = visitors.sign_in("viewer", at="#/jobs?status=queued")
    expect(page.locator(".row").nth(1)).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    page.keyboard.press("Enter")
    newest = page.locator(f'.row a[href$="{jobs[1]}"]')

    def tab_on() -> bool:
        page.keyboard.press("Tab")
        return bool(newest.evaluate("link => link === document.activeElement"))

    eventually(tab_on, pause_seconds=0)
    page.keyboard.press("ArrowDown")
    expect(page.locator(f'.row a[href$="{jobs[0]}"]')).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text(jobs[0])).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    cancel(deployment, *jobs)


# -- overview ---------------------------------------------------------------------------------------------------------


def test_counts_change_without_a_reload(visitors: Visitors, deployment: Deployment) -> None:
    page = visitors.sign_in("viewer")
    succeeded = page.get_by_role("link", name=re.compile("Succeeded"))
    expect(succeeded).to_be_visible()
    before = succeeded.inner_text()
    job = deployment.leased("browser-test")
    me = {"worker": "browser-test", "token": job["leaseToken"]}
    deployment.json("POST", f"/jobs/{job['jobId']}/succeed", {"result": {}}, **me)
    expect(succeeded).not_to_have_text(before, use_inner_text=True)
    expect(page.get_by_role("img", name=re.compile("Throughput"))).to_be_visible()


def test_the_plots_outlive_a_reload(visitors: Visitors, deployment: Deployment) -> None:
    job = deployment.leased("browser-test")
    me = {"worker": "browser-test", "token": job["leaseToken"]}
    deployment.json("POST", f"/jobs/{job['jobId']}/succeed", {"result": {}}, **me)
    page = visitors.sign_in("viewer")
    known = page.get_by_text(re.compile(r"[1-9]\d* succeeded and .* in the last 20 min"))
    expect(known).to_be_visible()  # by what the jobs say of themselves
    page.wait_for_function("sessionStorage.getItem('leasehold.rates')")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    expect(known).to_be_visible()
    assert [url for url in asked if "limit=100" in url] == []
    page.get_by_role("button", name="Sign out").click()
    assert page.evaluate("sessionStorage.length") == 0


@pytest.mark.parametrize("answer", [None, 503], ids=["left before it came", "a fault"])
def test_a_look_back_that_did_not_come_to_its_end_is_gone_on_with(
    visitors: Visitors, deployment: Deployment, answer: int | None
) -> None:
    job = deployment.leased("browser-test")
    me = {"worker": "browser-test", "token": job["leaseToken"]}
    deployment.json("POST", f"/jobs/{job['jobId']}/succeed", {"result": {}}, **me)
    asked: list[str] = []

    def spoil_the_first(route: Route) -> None:
        asked.append(route.request.url)
        if len(asked) > 1:
            route.continue_()
        elif answer is not None:
            route.fulfill(status=answer, json={"error": {"code": "unavailable", "message": "come again"}})

    page = visitors.arrive()
    page.route(re.compile("limit=100"), spoil_the_first)
    with page.expect_request(re.compile("limit=100")):
        enter(page, deployment.description["tokens"]["viewer"])
    if answer is None:
        expect(page.get_by_role("link", name=re.compile("Succeeded"))).to_be_visible()
        page.reload()
    expect(page.get_by_text(re.compile(r"[1-9]\d* succeeded and .* in the last 20 min"))).to_be_visible()


def test_a_hidden_page_rests_and_wakes(visitors: Visitors) -> None:
    page = visitors.sign_in("viewer")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    hide = """isHidden => {
        Object.defineProperty(document, "hidden", {value: isHidden, configurable: true});
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    page.evaluate(hide, True)
    expect(page.get_by_text("Paused", exact=True)).to_be_visible()
    page.evaluate(hide, False)
    expect(page.get_by_text("Live", exact=True)).to_be_visible()


def test_trouble_is_told_and_passes_by_itself(visitors: Visitors) -> None:
    page = visitors.sign_in("viewer")
    expect(page.get_by_role("list", name="Jobs by state")).to_be_visible()

    def throttle(route: Route) -> None:
        error = {"error": {"code": "throttled", "message": "too many requests; try again"}}
        route.fulfill(status=429, headers={"retry-after": "1"}, content_type="application/json", body=json.dumps(error))

    page.route("**/stats", throttle)
    expect(page.get_by_role("alert")).to_contain_text("too many requests; try again throttled")
    expect(page.get_by_text(re.compile("Asking"))).to_be_visible()
    expect(page.get_by_role("list", name="Jobs by state")).to_be_visible()  # what is known stays
    page.unroute("**/stats")
    expect(page.get_by_role("alert")).to_have_count(0)


# -- tokens -----------------------------------------------------------------------------------------------------------


def test_a_token_is_made_rotated_and_revoked_and_its_secret_shown_once(
    visitors: Visitors, deployment: Deployment
) -> None:
    label = f"render farm {uuid.uuid4().hex[:6]}"
    page = visitors.sign_in("admin", at="#/tokens")
    page.get_by_role("button", name="New token").click()
    form = page.get_by_role("dialog", name="New token")
    form.get_by_label("Label").fill(label)
    form.get_by_role("radio", name="worker").check()
    form.get_by_role("checkbox", name="demo.echo").check()
    form.get_by_label("Worker ids").fill("render-*")
    form.get_by_label("Expires").fill("30")
    form.get_by_role("button", name="Create").click()
    secrets = [_secret_shown(page)]
    row = page.get_by_role("row").filter(has_text=label)
    expect(row).to_contain_text("render-*")
    row.get_by_role("button", name="Rotate").click()
    page.get_by_role("dialog").get_by_role("button", name="Rotate").click()
    secrets.append(_secret_shown(page))
    assert secrets[0] != secrets[1]
    assert not any(secret in page.content() for secret in secrets)
    for secret in secrets:
        answer = deployment.call("GET", "/types", headers={"Authorization": f"Bearer {secret}"})
        assert answer.status_code == 200
    row.get_by_role("button", name="Revoke").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(row).to_have_count(0)


def _secret_shown(page: Page) -> str:
    dialog = page.get_by_role("dialog", name=re.compile("The token of"))
    secret = dialog.locator("[data-secret]").inner_text()
    dialog.get_by_role("button", name="I have stored it").click()
    expect(dialog).to_have_count(0)
    return secret


def test_times_are_local_with_utc_on_hover(visitors: Visitors, deployment: Deployment) -> None:
    job: dict[str, Any] = deployment.json(
        "POST", "/jobs", {"type": "demo.echo", "payload": {}, "delaySeconds": 3600}, 201
    )
    page = visitors.sign_in("viewer", at=f"#/jobs/{job['jobId']}", size=PHONE)
    created = page.locator(f'time[datetime="{job["createdAt"]}"]').first
    expect(created).to_have_attribute("title", re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} UTC$"))
    utc = (created.get_attribute("title") or "")[11:19]
    local = created.inner_text()[-8:]
    apart = timedelta(hours=int(local[:2]) - int(utc[:2]))
    assert apart % timedelta(days=1) in (timedelta(hours=1), timedelta(hours=2))  # the visitor is in Berlin
    assert local[2:] == utc[2:]
    cancel(deployment, job["jobId"])
