"""Items that another release has stored: an older one, read after an upgrade, or a newer one, read after a rollback."""

import json
from typing import Any

import pytest

from leasehold.asset import Upload
from leasehold.items import SCHEMA_VERSION
from leasehold.jobs import Reporter
from leasehold.report import REPORTS, Reported
from leasehold.token_store import TokenStore
from tests.rig import ADMIN, Rig
from tests.template_file import ROOT
from tests.upgrade.write_items import VIEWS, written

FILES = {
    int(path.stem.split("-")[1]): json.loads(path.read_text())
    for path in (ROOT / "tests" / "upgrade").glob("items-*.json")
}
CASES = [
    pytest.param(kind, stored["item"], stored["view"], id=f"{version}: {kind}, {case}")
    for version, tables in FILES.items()
    for kind in VIEWS
    for case, stored in tables[kind].items()
]
OURS = FILES[SCHEMA_VERSION]


def _of_a_newer_release(item: dict[str, Any]) -> dict[str, Any]:
    """The item as a release might store it that knows more of everything."""
    newer = json.loads(json.dumps(item)) | {
        "schema": {"N": str(SCHEMA_VERSION + 1)},
        "fromTheFuture": {"M": {"depth": {"L": [{"S": "x"}]}}},
    }
    for name in ("lastError", *REPORTS, "error"):
        if name in newer:
            newer[name]["M"]["fromTheFuture"] = {"S": "x"}
    for slot, change in newer.get("history", {"M": {}})["M"].items():
        parts = json.loads(change["S"])
        newer["history"]["M"][slot] = {"S": json.dumps([*parts, *[None] * (6 - len(parts)), "from the future"])}
    if "thumbnails" in newer:
        each = [thumbnail | {"fromTheFuture": 1} for thumbnail in json.loads(newer["thumbnails"]["S"])]
        newer["thumbnails"] = {"S": json.dumps(each)}
    return dict(newer)


@pytest.mark.parametrize(("kind", "item", "view"), CASES)
def test_what_an_older_release_has_stored_reads_as_it_did(
    kind: str, item: dict[str, Any], view: dict[str, Any]
) -> None:
    assert json.loads(json.dumps(VIEWS[kind](item))) == view


@pytest.mark.parametrize(("kind", "item", "view"), CASES)
def test_what_a_newer_release_has_added_is_ignored(kind: str, item: dict[str, Any], view: dict[str, Any]) -> None:
    assert json.loads(json.dumps(VIEWS[kind](_of_a_newer_release(item)))) == view


def test_what_this_release_stores_has_its_file() -> None:
    """Fails when what is stored is changed: then raise SCHEMA_VERSION and write the items of the new one beside."""

    def shapes(tables: dict[str, Any]) -> dict[str, dict[str, str]]:
        return {
            f"{kind}, {case}": {name: next(iter(value)) for name, value in stored["item"].items()}
            for kind in VIEWS
            for case, stored in tables[kind].items()
        }

    assert shapes(written()) == shapes(OURS)


@pytest.fixture(params=sorted(FILES), ids=lambda version: f"schema {version}")
def after(request: pytest.FixtureRequest, rig: Rig) -> "After":
    """The tables as a newer release that still writes that schema has left them."""
    return After(rig, FILES[request.param])


class After:
    """A stack whose tables another release has filled."""

    def __init__(self, rig: Rig, stored: dict[str, Any]) -> None:
        self.rig, self.stored = rig, stored
        for kind in VIEWS:
            for each in stored[kind].values():
                rig.client.put_item(TableName=rig.tables[kind], Item=_of_a_newer_release(each["item"]))
        rig.clock.move(60)

    def id_of(self, case: str) -> str:
        return str(self.stored["jobs"][case]["item"]["jobId"]["S"])

    def holder(self, case: str) -> Reporter:
        """The worker that the other release has leased this job to, with the token it was given."""
        item = self.stored["jobs"][case]["item"]
        return Reporter(self.id_of(case), item["workerId"]["S"], item["leaseToken"]["S"], ADMIN)

    def last_report(self, case: str) -> Reporter:
        report = self.stored["jobs"][case]["item"]["lastReport"]["M"]
        return Reporter(self.id_of(case), report["worker"]["S"], report["token"]["S"], ADMIN)

    def status(self, case: str) -> str:
        return self.rig.jobs.get(self.id_of(case), ADMIN).status

    def kept(self, kind: str, key: dict[str, Any]) -> bool:
        """Whether what the other release knew more of is still there."""
        item = self.rig.client.get_item(TableName=self.rig.tables[kind], Key=key)["Item"]
        return "fromTheFuture" in item and item["schema"] == {"N": str(SCHEMA_VERSION + 1)}


def test_a_lease_given_before_is_good_after(after: After) -> None:
    after.rig.jobs.heartbeat(after.holder("leased and beating"))
    assert after.rig.jobs.succeed(after.holder("leased and beating"), {}).status == "succeeded"
    assert after.rig.jobs.release(after.holder("of a long history")).status == "queued"
    assert after.rig.jobs.succeed(after.holder("claimed by the thumbnail function"), {}).status == "succeeded"


def test_a_report_made_before_is_answered_again_after(after: After) -> None:
    assert after.rig.jobs.succeed(after.last_report("succeeded"), {"sum": 1.5}) == Reported("succeeded", 0, None)


@pytest.mark.parametrize("case", ["queued", "failed once", "failed without a code", "released", "redriven", "run out"])
def test_what_waited_before_is_leased_and_finished_after(after: After, case: str) -> None:
    job = after.rig.jobs.lease_one(after.id_of(case), "worker_b")
    assert job is not None
    after.rig.jobs.succeed(Reporter(job.job_id, "worker_b", job.lease_token, ADMIN), {})
    assert after.status(case) == "succeeded"
    assert after.kept("jobs", {"jobId": {"S": job.job_id}})


def test_a_lease_that_ran_out_meanwhile_is_taken_over(after: After) -> None:
    after.rig.clock.move(3600)
    leased = {job.job_id: job for job in after.rig.jobs.lease(["demo.echo"], "worker_b", ADMIN, at_most=10)}
    assert leased[after.id_of("leased")].attempt == 1


def test_the_dead_are_redriven_and_the_waiting_cancelled(after: After) -> None:
    after.rig.jobs.redrive(after.id_of("dead"), ADMIN)
    after.rig.jobs.cancel(after.id_of("queued for later"), ADMIN)
    assert (after.status("dead"), after.status("queued for later")) == ("queued", "cancelled")
    assert after.kept("jobs", {"jobId": {"S": after.id_of("dead")}})


def test_lists_and_counts_hold_all_of_them(after: After) -> None:
    jobs, _ = after.rig.overview.page(ADMIN, status=None, job_type="demo.echo", limit=100, cursor=None)
    assert len(jobs) == len(after.stored["jobs"]) - 1
    assert after.rig.overview.stats(ADMIN)["demo.echo"]["dlq"] == 1


def test_pictures_taken_in_before_go_on(after: After) -> None:
    assets, now = after.rig.assets, after.rig.clock()
    listed, _ = assets.page(100, None)
    assert {asset.asset_id for asset in listed} == {"as_taken_in", "as_processed", "as_failed"}
    awaited = assets.record_upload("as_awaited", Upload("uploads", "uploads/as_awaited/a.jpg", "01", 1), now)
    assert awaited is not None
    assert awaited.version_number == 1
    assert assets.record_upload("as_processed", Upload("uploads", "uploads/as_processed.jpg", "09", 1), now) is None
    assert assets.mark_failed("as_taken_in", 1, "corrupt_image", "broken", now)
    assert after.kept("assets", {"assetId": {"S": "as_taken_in"}})


def test_a_token_is_rotated_and_loses_nothing(after: After) -> None:
    tokens = TokenStore(after.rig.client, after.rig.tables["tokens"], clock=after.rig.clock)
    token_id = after.stored["tokens"]["limited"]["item"]["tokenId"]["S"]
    rotated, _ = tokens.rotate(token_id)
    assert (rotated.role, rotated.types, rotated.worker_ids) == ("worker", ("demo.echo",), ("worker_*",))
    assert after.kept("tokens", {"tokenId": {"S": token_id}})
    assert len(tokens.all()) == len(after.stored["tokens"])
