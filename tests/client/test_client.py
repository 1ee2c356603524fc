"""The clients against the API: every route, and what a lost, refused or missing answer does."""

import asyncio
import inspect
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from leasehold_client import (
    AsyncClient,
    BadAnswer,
    Busy,
    Client,
    Conflict,
    Invalid,
    LeaseConflict,
    NotAllowed,
    NotFound,
    Unreachable,
    UploadRefused,
    uploads,
)
from tests.client.fake_api import TOKEN, URL, FakeApi


def test_both_clients_have_the_same_methods_with_the_same_parameters() -> None:
    def shapes(kind: type) -> dict[str, object]:
        methods = [each for each in inspect.getmembers(kind, inspect.isfunction) if not each[0].startswith("_")]
        return {name: str(inspect.signature(each)).split(" -> ")[0] for name, each in methods}

    assert shapes(Client) == shapes(AsyncClient)
    assert len(shapes(Client)) > 20


def test_job_from_start_to_end(api: FakeApi, client: Client) -> None:
    made = client.enqueue("demo.echo", {"n": 1}, priority="high", max_attempts=2)
    assert (made.status, made.payload, made.priority, made.max_attempts) == ("queued", {"n": 1}, "high", 2)
    assert made.created_at == datetime.fromtimestamp(1_900_000_000, UTC)
    [leased] = client.lease(["demo.echo"], worker_id="worker-1", lease_seconds=60)
    assert leased.lease_seconds == 60
    assert leased.lease_token is not None
    assert leased.lease_token not in repr(leased)
    mine: dict[str, Any] = {"worker_id": "worker-1", "lease_token": leased.lease_token}
    beat = client.heartbeat(made.job_id, progress=0.5, message="half", **mine)
    assert not beat.cancel_requested
    assert client.job(made.job_id).progress == 0.5
    assert client.fail(made.job_id, "no", code="c", retry_after_seconds=0, **mine).status == "queued"
    [leased] = client.lease(["demo.echo"], worker_id="worker-1")
    mine["lease_token"] = leased.lease_token or ""
    assert client.release(made.job_id, **mine).attempt == 1
    [leased] = client.lease(["demo.echo"], worker_id="worker-1")
    mine["lease_token"] = leased.lease_token or ""
    assert client.succeed(made.job_id, {"pages": 3}, **mine).status == "succeeded"
    job = client.job(made.job_id)
    assert (job.status, job.result, job.is_finished) == ("succeeded", {"pages": 3}, True)
    assert [each.event for each in job.history] == [
        "queued", "leased", "failed", "leased", "released", "leased", "succeeded",
    ]  # fmt: skip
    assert job.history[2].error is not None
    with pytest.raises(Conflict, match="succeeded already"):
        client.cancel(made.job_id)
    with pytest.raises(LeaseConflict):
        client.heartbeat(made.job_id, **mine)
    with pytest.raises(Conflict) as caught:
        client.redrive(made.job_id)
    assert caught.value.code == "not_in_dlq"


def test_lost_answer_to_enqueue_makes_no_second_job(api: FakeApi, client: Client) -> None:
    api.lose_answers("POST /jobs", times=2)
    made = client.enqueue("demo.echo")
    assert api.only_job["jobId"] == made.job_id
    assert api.seen["POST /jobs"] == 3


def test_repeated_report_after_a_lost_answer_is_done_once(api: FakeApi, client: Client) -> None:
    job = api.add_job()
    [leased] = client.lease(["demo.echo"], worker_id="worker-1")
    api.lose_answers("fail")
    reported = client.fail(job["jobId"], "no", worker_id="worker-1", lease_token=leased.lease_token)
    assert (reported.status, reported.attempt) == ("queued", 1)
    assert api.only_job["attempt"] == 1


def test_busy_api_is_waited_for(api: FakeApi, client: Client, pauses: list[float]) -> None:
    body = {"error": {"code": "throttled", "message": "slow down"}}
    api.refuse("GET /stats", 429, body, times=2, headers={"Retry-After": "3"})
    client.stats()
    assert pauses == [3.0, 3.0]


def test_dead_api_is_given_up(api: FakeApi, client: Client, pauses: list[float]) -> None:
    api.dead = True
    with pytest.raises(Unreachable, match=URL):
        client.stats()
    assert pauses == [0.25, 0.5, 1.0, 2.0]


def test_lease_is_sent_again_only_where_it_can_not_have_been_done(
    api: FakeApi, client: Client, pauses: list[float]
) -> None:
    api.add_job()
    api.lose_answers("lease")
    with pytest.raises(Unreachable):
        client.lease(["demo.echo"], worker_id="worker-1")
    assert (api.seen["lease"], pauses) == (1, [])
    api.dead = True
    with pytest.raises(Unreachable):
        client.lease(["demo.echo"], worker_id="worker-1")
    assert (api.seen["lease"], len(pauses)) == (6, 4)


def test_wrong_request_is_not_sent_again(api: FakeApi, client: Client, pauses: list[float]) -> None:
    with pytest.raises(Invalid) as caught:
        client.enqueue("no.such.type")
    assert caught.value.code == "unknown_job_type"
    assert caught.value.details == ({"field": "type", "message": "no"},)
    assert pauses == []


def test_key_used_with_another_body(client: Client) -> None:
    client.enqueue("demo.echo", {"n": 1}, idempotency_key="k")
    with pytest.raises(Invalid) as caught:
        client.enqueue("demo.echo", {"n": 2}, idempotency_key="k")
    assert caught.value.code == "idempotency_key_reused"


def test_wrong_token(api: FakeApi) -> None:
    with Client(URL, "lh_wrong", transport=api.transport) as client, pytest.raises(NotAllowed) as caught:
        client.stats()
    assert caught.value.status == 403


def test_every_job_goes_over_the_pages(api: FakeApi, client: Client) -> None:
    ids = [api.add_job()["jobId"] for _ in range(230)]
    assert [job.job_id for job in client.every_job()] == ids[::-1]
    assert api.seen["GET /jobs"] == 3


def test_redrive_one_and_many(api: FakeApi, client: Client) -> None:
    error = {"code": "c", "message": "m", "at": None}
    dead = [api.add_job(status="dlq", attempt=5, lastError=error) for _ in range(3)]
    assert client.redrive(dead[0]["jobId"], max_attempts=2).max_attempts == 2
    assert client.redrive_many(code="other") == 0
    assert client.redrive_many(job_type="demo.echo", code="c", limit=10) == 2


def test_readers(api: FakeApi, client: Client) -> None:
    api.add_job()
    counted = {each.type: each.counts["queued"] for each in client.stats().types}
    assert counted["demo.echo"] == 1
    assert [each.type for each in client.types()] == api.types
    assert client.health()["status"] == "ok"
    assert client.openapi()["openapi"] == "3.1.0"
    with pytest.raises(NotFound):
        client.job("job_none")


def test_tokens(client: Client) -> None:
    made = client.create_token("worker", "farm", types=["demo.echo"], worker_ids=["farm-*"], expires_in_days=30)
    assert made.secret is not None
    assert made.secret not in repr(made)
    [listed] = client.tokens()
    assert (listed.role, listed.types, listed.worker_ids, listed.secret) == (
        "worker",
        ("demo.echo",),
        ("farm-*",),
        None,
    )
    assert client.rotate_token(made.token_id).secret not in (None, made.secret)
    client.revoke_token(made.token_id)
    assert client.tokens() == ()
    with pytest.raises(NotFound):
        client.revoke_token(made.token_id)


def test_upload_streams_the_file_and_tells_how_far_it_is(api: FakeApi, client: Client, tmp_path: Path) -> None:
    api.max_upload = 10_000_000
    content = b"picture" + bytes(300_000)
    path = tmp_path / "höhe\n1.HEIC"
    path.write_bytes(content)
    told: list[int] = []
    asset_id = client.upload(path, progress=told.append)
    assert api.uploads[asset_id] == content
    assert told == sorted(told)
    assert told[-1] == len(content)
    assert len(set(told)) > 2
    asset = client.asset(asset_id)
    assert (asset.content_type, asset.processed, asset.thumbnails[0].width) == ("image/heic", True, 320)
    assert asset.key.endswith("/höhe_1.HEIC")
    assert client.thumbnail_url(asset_id) == "http://s3.test/320.webp"
    assert client.make_thumbnail(asset_id).type == "thumbnail.create"
    assert [each.asset_id for each in client.assets().assets] == [asset_id]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("harbour 1.jpg", "harbour 1.jpg"),
        ("caf\udce9.jpg", "caf_.jpg"),  # how Python reads a name that is no UTF-8
        ("two\nlines.jpg", "two_lines.jpg"),
        ("${filename}.jpg", "_{filename}.jpg"),
        ("$HOME.jpg", "$HOME.jpg"),
    ],
    ids=ascii,
)
def test_a_file_is_uploaded_whatever_its_name(name: str, kept: str) -> None:
    assert uploads.file_name_of(Path("pictures") / name) == kept


@pytest.mark.parametrize(("size", "code"), [(0, "EntityTooSmall"), (1_001, "EntityTooLarge")])
def test_file_of_a_wrong_size_is_not_even_sent(
    api: FakeApi, client: Client, tmp_path: Path, size: int, code: str
) -> None:
    (tmp_path / "a.jpg").write_bytes(bytes(size))
    with pytest.raises(UploadRefused) as caught:
        client.upload(tmp_path / "a.jpg")
    assert caught.value.code == code
    assert api.seen["POST /s3"] == 0


def test_refusal_of_s3_is_told_in_its_words(api: FakeApi, client: Client, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"picture")
    api.refuse("POST /s3", 403, b"<Error><Code>AccessDenied</Code><Message>Policy expired</Message></Error>")
    with pytest.raises(UploadRefused, match="Policy expired; the form is good for 15 minutes") as caught:
        client.upload(tmp_path / "a.jpg")
    assert (caught.value.status, caught.value.code) == (403, "AccessDenied")


def test_upload_that_breaks_off(api: FakeApi, client: Client, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"picture")
    api.lose_answers("POST /s3")
    with pytest.raises(Unreachable, match="broke off"):
        client.upload(tmp_path / "a.jpg")


def test_an_address_that_answers_but_is_not_leasehold(api: FakeApi, client: Client) -> None:
    api.refuse("GET /stats", 200, {"hello": "world"})
    with pytest.raises(BadAnswer, match="check the address"):
        client.stats()


def test_async_client(api: FakeApi, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"picture")
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async def work() -> None:
        async with AsyncClient(URL, TOKEN, transport=api.async_transport, sleep=sleep) as client:
            api.lose_answers("POST /jobs")
            made = await client.enqueue("demo.echo", {"n": 1})
            assert len(slept) == 1
            [leased] = await client.lease(["demo.echo"], worker_id="worker-1")
            mine: dict[str, Any] = {"worker_id": "worker-1", "lease_token": leased.lease_token}
            assert not (await client.heartbeat(made.job_id, **mine)).cancel_requested
            assert (await client.succeed(made.job_id, {"ok": True}, **mine)).status == "succeeded"
            assert [job.job_id async for job in client.every_job()] == [made.job_id]
            assert (await client.asset(await client.upload(tmp_path / "a.png"))).processed
            api.dead = True
            with pytest.raises(Unreachable):
                await client.stats()
            api.dead = False
            api.refuse("GET /stats", 503, {"message": "Service Unavailable"}, times=5)
            with pytest.raises(Busy):
                await client.stats()

    asyncio.run(work())
