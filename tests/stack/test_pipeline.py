"""A picture's way through S3, the thumbnail function, the table, the stream and the queues."""

import io
import json
import re
from typing import Any
from urllib.parse import quote_plus

import pytest
from PIL import Image

from tests.stack.deployment import Deployment, corpus, eventually

pytestmark = pytest.mark.stack


def drawn(width: int = 640, height: int = 400, kind: str = "JPEG") -> bytes:
    """A picture that only this call makes."""
    out = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(out, kind)
    return out.getvalue()


def thumbnail_of(deployment: Deployment, asset: dict[str, Any]) -> Image.Image:
    answer = deployment.http.get(asset["thumbnails"][0]["url"])
    assert answer.status_code == 200, answer.text
    return Image.open(io.BytesIO(answer.content))


def test_an_upload_becomes_a_thumbnail_and_a_processed_asset(deployment: Deployment) -> None:
    key = deployment.upload(drawn(), "trip/one.jpg")
    asset = deployment.settled(key)
    assert asset["processed"]
    assert (asset["kind"], asset["width"], asset["height"], asset["versionNumber"]) == ("source", 640, 400, 1)
    derived = deployment.json("GET", f"/assets/{asset['thumbnailAssetId']}", role="viewer")
    assert (derived["kind"], derived["sourceAssetId"]) == ("derived", asset["assetId"])
    assert derived["key"] == f"thumbnails/{asset['assetId']}/v1/320.webp"
    assert thumbnail_of(deployment, asset).size == (320, 200)
    head = deployment.aws("s3").head_object(Bucket=deployment.description["derivedBucket"], Key=derived["key"])
    assert head["ContentType"] == "image/webp"
    assert "immutable" in head["CacheControl"]
    [job] = eventually(lambda: [job for job in deployment.jobs_of(asset["assetId"]) if job["status"] == "succeeded"])
    assert job["result"] == {"newAssetId": asset["thumbnailAssetId"]}


@pytest.mark.parametrize(
    "name", ["with space.jpg", "a+b.jpg", "100%.jpg", "%20.jpg", "ünï/cödé/日本.jpg", "q?x=1&y#z.jpg", "'\"<i>.jpg"]
)
def test_any_legal_key_works(deployment: Deployment, name: str) -> None:
    key = deployment.upload(drawn(40, 30), name)
    asset = deployment.settled(key)
    assert asset["processed"], asset["error"]
    assert asset["key"] == key
    assert deployment.http.get(asset["url"]).status_code == 200


def test_a_new_write_is_a_new_version(deployment: Deployment) -> None:
    key = deployment.upload(drawn(100, 50), "versioned.png")
    first = deployment.settled(key)
    deployment.upload(drawn(50, 100), "versioned.png")
    second = eventually(lambda: (a := deployment.settled(key))["versionNumber"] == 2 and a)
    assert second["assetId"] == first["assetId"]
    assert (second["width"], second["height"]) == (50, 100)
    assert second["thumbnails"][0]["key"] == f"thumbnails/{first['assetId']}/v2/320.webp"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "corrupt_image|unsupported_image"),
        (b"this is no picture", "unsupported_image"),
        (b"%PDF-1.7 nor is this", "unsupported_image"),
        (drawn()[:300], "corrupt_image"),
    ],
)
def test_what_can_never_work_is_dead_at_once_and_the_asset_says_why(
    deployment: Deployment, data: bytes, code: str
) -> None:
    key = deployment.upload(data)
    asset = deployment.settled(key)
    assert not asset["processed"]
    assert re.fullmatch(code, asset["error"]["code"])
    [job] = deployment.jobs_of(asset["assetId"])
    assert (job["status"], job["attempt"], job["lastError"]["code"]) == ("dlq", 1, asset["error"]["code"])
    [letter] = eventually(lambda: deployment.dead_letters(job["jobId"]))
    assert letter["job"]["payload"]["assetId"] == asset["assetId"]


def test_a_failing_attempt_comes_back_by_the_delay_queue_until_it_is_dead(deployment: Deployment) -> None:
    s3, bucket = deployment.aws("s3"), deployment.description["derivedBucket"]
    key = deployment.key("unlucky.jpg")
    refusal = {
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:PutObject",
                "Resource": f"arn:aws:s3:::{bucket}/*",
            }
        ]
    }
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(refusal))
    try:
        deployment.upload(drawn(), "unlucky.jpg")
        asset = deployment.settled(key)
    finally:
        s3.delete_bucket_policy(Bucket=bucket)
    assert asset["error"]["code"] == "processing_failed"
    [job] = deployment.jobs_of(asset["assetId"])
    assert (job["status"], job["attempt"], job["maxAttempts"]) == ("dlq", 5, 5)
    history = deployment.stored(job["jobId"])["history"]
    assert [change["event"] for change in history] == ["leased", "failed"] * 4 + ["leased", "dlq"]
    assert len(eventually(lambda: deployment.dead_letters(job["jobId"]))) == 1
    # The cause is mended: redriven, the same job makes the thumbnail, and the asset forgets its error.
    deployment.json("POST", f"/jobs/{job['jobId']}/redrive")
    mended = eventually(lambda: (a := deployment.asset(key)) and a["processed"] and a)
    assert mended["error"] is None


def test_an_object_that_is_gone_before_it_is_read_is_a_clear_failure(deployment: Deployment) -> None:
    gone = {
        "bucket": {"name": deployment.description["uploadsBucket"]},
        "object": _written(deployment.key("gone.jpg"), "0A"),
    }
    _tell(deployment, gone)
    asset = deployment.settled(deployment.key("gone.jpg"))
    assert asset["error"]["code"] == "source_not_found"


def test_a_repeated_event_does_nothing_new(deployment: Deployment) -> None:
    key = deployment.upload(drawn(), "twice.jpg")
    asset = deployment.settled(key)
    item = deployment.aws("dynamodb").get_item(
        TableName=deployment.description["assetsTable"], Key={"assetId": {"S": asset["assetId"]}}
    )["Item"]
    _tell(
        deployment,
        {
            "bucket": {"name": deployment.description["uploadsBucket"]},
            "object": _written(key, item["sequencer"]["S"]),
        },
    )
    assert _without_urls(deployment.asset(key)) == _without_urls(asset)
    assert len(deployment.jobs_of(asset["assetId"])) == 1


def test_an_older_write_that_comes_late_is_ignored(deployment: Deployment) -> None:
    key = deployment.upload(drawn(), "late.jpg")
    asset = deployment.settled(key)
    older = {"bucket": {"name": deployment.description["uploadsBucket"]}, "object": _written(key, "000000000000000001")}
    _tell(deployment, older)
    assert _without_urls(deployment.asset(key)) == _without_urls(asset)


def test_test_events_and_folder_keys_are_ignored(deployment: Deployment) -> None:
    function = deployment.description["functions"]["thumbnail"]
    event = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": deployment.description["uploadsBucket"]}
    answer = deployment.aws("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
    assert "FunctionError" not in answer
    deployment.upload(b"", "folder/")
    later = deployment.upload(drawn(20, 20), "folder/in-it.jpg")
    assert deployment.settled(later)["processed"]
    assert deployment.asset(deployment.key("folder/")) is None


def test_a_registered_upload_keeps_its_id(deployment: Deployment) -> None:
    invited = deployment.json(
        "POST", "/assets", {"fileName": "me.png", "contentType": "image/png"}, 201, role="producer"
    )
    not_ready = deployment.json("GET", f"/assets/{invited['assetId']}/thumbnail", status=404)
    assert not_ready["error"]["code"] == "not_ready"
    form = invited["upload"]
    data = drawn(64, 64, "PNG")
    sent = deployment.http.post(form["url"], data=form["fields"], files={"file": ("me.png", data, "image/png")})
    assert sent.status_code in (200, 201, 204), sent.text
    asset = eventually(
        lambda: (a := deployment.json("GET", f"/assets/{invited['assetId']}", role="viewer"))["processed"] and a
    )
    assert (asset["width"], asset["bytes"]) == (64, len(data))
    redirect = deployment.call("GET", f"/assets/{invited['assetId']}/thumbnail?variant=320", role="viewer")
    assert redirect.status_code == 302
    assert deployment.http.get(redirect.headers["location"]).headers["content-type"] == "image/webp"
    unknown = deployment.json("GET", f"/assets/{invited['assetId']}/thumbnail?variant=9", status=404)
    assert unknown["error"]["code"] == "not_ready"


def test_thumbnails_can_be_made_again(deployment: Deployment) -> None:
    asset = deployment.settled(deployment.upload(drawn(), "again.jpg"))
    job = deployment.json("POST", f"/assets/{asset['assetId']}/thumbnail", status=201, role="producer")
    done = eventually(lambda: (j := deployment.stored(job["jobId"]))["status"] == "succeeded" and j)
    assert done["result"] == {"newAssetId": asset["thumbnailAssetId"]}


def _good_pictures() -> list[Any]:
    folder = corpus()
    if folder is None:
        return [pytest.param(None, marks=pytest.mark.skip(reason="the folder of real pictures is not at hand"))]
    rows = [line.split("\t") for line in (folder / "good" / "manifest.tsv").read_text().splitlines()[1:]]
    wanted = {"jpeg", "jpg", "png", "webp", "gif", "mpo", "avif", "heic", "tiff", "bmp"}
    return [
        pytest.param((folder / "good" / row[0], int(row[5]), int(row[6]), row[7]), id=row[0])
        for row in rows
        if row[4].split()[0].lower().rstrip(",") in wanted
    ]


@pytest.mark.parametrize("picture", _good_pictures())
def test_real_pictures_get_thumbnails_of_the_expected_size(deployment: Deployment, picture: Any) -> None:
    path, width, height, expected = picture
    asset = deployment.settled(deployment.upload(path.read_bytes(), f"good/{path.name}"))
    if expected == "image_too_large":
        assert asset["error"]["code"] == "image_too_large"
        return
    assert asset["processed"], asset["error"]
    assert (asset["width"], asset["height"]) == (width, height)
    scale = min(1, 320 / width, 320 / height)
    made = thumbnail_of(deployment, asset)
    assert abs(made.width - width * scale) <= 1
    assert abs(made.height - height * scale) <= 1
    assert not made.getexif()


def _written(key: str, sequencer: str) -> dict[str, Any]:
    return {"key": quote_plus(key, safe="/"), "size": 100, "sequencer": sequencer}


def _tell(deployment: Deployment, s3: dict[str, Any]) -> None:
    """Send the thumbnail function an S3 event of our own, and wait until it has handled it."""
    event = {"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": s3}]}
    answer = deployment.aws("lambda").invoke(
        FunctionName=deployment.description["functions"]["thumbnail"], Payload=json.dumps(event)
    )
    assert "FunctionError" not in answer, answer["Payload"].read()


def _without_urls(asset: dict[str, Any] | None) -> Any:
    """An asset without its signed addresses, which differ from call to call."""
    if asset is None:
        return None
    thumbnails = [{k: v for k, v in each.items() if k != "url"} for each in asset["thumbnails"]]
    return {k: v for k, v in asset.items() if k != "url"} | {"thumbnails": thumbnails}
