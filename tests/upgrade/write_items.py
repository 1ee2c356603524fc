"""Writes one item of each kind as this release stores it: `python -m tests.upgrade.write_items > items-N.json`.

Run once a schema version, by its release; the file is never changed after that. Ids come of idempotency keys and the
clock is moved by hand, so that two runs differ in secrets alone.
"""

import json
import os
from collections.abc import Callable
from typing import Any

import boto3
from moto import mock_aws

from leasehold.asset import Asset, Facts, StoredThumbnail, Upload
from leasehold.asset_store import asset_of
from leasehold.items import SCHEMA_VERSION, job_of
from leasehold.job import Failure, Job
from leasehold.jobs import Reporter
from leasehold.order import Order
from leasehold.token_store import TokenStore
from leasehold.tokens import token_of
from leasehold.views import asset_view, leased_view, token_view
from tests.rig import ADMIN, Rig
from tests.template_file import create_tables

VIEWS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "jobs": lambda item: leased_view(job_of(item)),
    "assets": lambda item: asset_view(asset_of(item)),
    "tokens": lambda item: token_view(token_of(item)),
}


def written() -> dict[str, dict[str, dict[str, Any]]]:
    """By table and case: the item, and what is shown of it."""
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        rig = Rig(client, create_tables(client, "upgrade"))
        cases = {"jobs": _jobs(rig), "assets": _assets(rig), "tokens": _tokens(rig)}
        found: dict[str, dict[str, dict[str, Any]]] = {}
        for kind, ids in cases.items():
            key = {"jobs": "jobId", "assets": "assetId", "tokens": "tokenId"}[kind]
            items = {item[key]["S"]: item for item in client.scan(TableName=rig.tables[kind])["Items"]}
            found[kind] = {case: {"item": items[id], "view": VIEWS[kind](items[id])} for case, id in ids.items()}
    return found


def _jobs(rig: Rig) -> dict[str, str]:
    jobs, ids = rig.jobs, {}

    def new(case: str, **order: Any) -> Job:
        job, _ = jobs.enqueue(Order("demo.echo", {"case": case}, **order), ADMIN, f"case {case}")
        ids[case] = job.job_id
        return job

    def leased(case: str, **order: Any) -> Reporter:
        new(case, **order)
        rig.clock.move(1)
        return held(ids[case])

    def held(job_id: str) -> Reporter:
        job = jobs.lease_one(job_id, "worker_a")
        assert job is not None
        return Reporter(job_id, "worker_a", job.lease_token, ADMIN)

    new("queued")
    new("queued for later", delay_seconds=86_400, priority="high", max_attempts=2, lease_seconds=60)
    leased("leased")
    jobs.heartbeat(leased("leased and beating"), lease_seconds=600, progress=0.25, message="a quarter")
    jobs.fail(leased("failed once"), Failure("no paper", "E_PAPER"))
    jobs.fail(leased("failed without a code"), Failure("no paper"))
    jobs.release(leased("released"), 30)
    jobs.succeed(leased("succeeded"), {"sum": 1.5})
    jobs.fail(leased("dead", max_attempts=1), Failure("no paper", "E_PAPER"))
    jobs.cancel(new("cancelled").job_id, ADMIN)
    leased("cancelled while leased")
    jobs.cancel(ids["cancelled while leased"], ADMIN)
    jobs.fail(leased("redriven", max_attempts=1), Failure("no paper"))
    jobs.redrive(ids["redriven"], ADMIN, 3)
    leased("run out", lease_seconds=1)
    rig.clock.move(5)
    [seen] = [each for each in _due(rig) if each.job_id == ids["run out"]]
    jobs.expire(seen)
    busy = leased("of a long history")
    for _ in range(12):
        jobs.release(busy)
        busy = held(busy.job_id)
    claimed = jobs.claim(
        Order("thumbnail.create", {"assetId": "as_1", "versionNumber": 1}), "job_claimed", "lambda:thumbnail:0"
    )
    assert claimed is not None
    ids["claimed by the thumbnail function"] = claimed.job_id
    return ids


def _due(rig: Rig) -> list[Any]:
    return list(rig.dispatch.every_due("demo.echo", 1, "normal", until=rig.clock()))


def _assets(rig: Rig) -> dict[str, str]:
    assets, now = rig.assets, rig.clock()
    assets.register("as_awaited", "uploads", "uploads/as_awaited/a.jpg", "image/jpeg", now)
    for asset_id in ("as_taken_in", "as_processed", "as_failed"):
        assets.record_upload(asset_id, Upload("uploads", f"uploads/{asset_id}.jpg", "0A1B", 1024), now)
    thumbnail = StoredThumbnail("as_derived", "320", "derived", "thumbnails/a/v1/320.webp", "image/webp", 320, 200, 999)
    assets.put_derived(
        Asset(
            "as_derived", "derived", "derived", thumbnail.key, 1, True, now, now, source_asset_id="as_processed",
            content_type="image/webp", bytes=999, width=320, height=200,
        )
    )  # fmt: skip
    assets.mark_processed("as_processed", 1, Facts("image/jpeg", 640, 400, "placeholder"), (thumbnail,), now)
    assets.mark_failed("as_failed", 1, "unsupported_image", "not a picture", now)
    return {name: f"as_{name}" for name in ("awaited", "taken_in", "processed", "failed", "derived")}


def _tokens(rig: Rig) -> dict[str, str]:
    tokens = TokenStore(rig.client, rig.tables["tokens"], clock=rig.clock)
    minted = {
        "plain": tokens.mint("admin", "plain"),
        "limited": tokens.mint("worker", "limited", types=("demo.echo",), worker_ids=("worker_*",)),
        "expiring": tokens.mint("viewer", "expiring", expires_in_days=30),
        "rotated": tokens.mint("producer", "rotated"),
    }
    tokens.rotate(minted["rotated"][0].token_id)
    return {case: token.token_id for case, (token, _) in minted.items()}


if __name__ == "__main__":
    os.environ |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    tables = [
        f'"{kind}": {{\n'
        + ",\n".join(f"  {json.dumps(case)}: {json.dumps(each)}" for case, each in cases.items())
        + "}"
        for kind, cases in written().items()
    ]
    print("{" + f'"schema": {SCHEMA_VERSION},\n' + ",\n".join(tables) + "}")
