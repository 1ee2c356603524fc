"""The addresses of S3 that browsers are handed: the bucket's own region, in the signature that every bucket takes."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from leasehold import aws


@pytest.fixture
def s3(clean_environment: None, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Any]:
    """The functions' client of S3, in the region and at the endpoint of the test's parameter."""
    region, endpoint = request.param
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    if endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    aws.client.cache_clear()
    yield aws.client("s3")
    aws.client.cache_clear()


@pytest.mark.parametrize(
    ("s3", "host"),
    [
        (("eu-central-1", None), "pictures.s3.eu-central-1.amazonaws.com"),
        (("eu-west-1", None), "pictures.s3.eu-west-1.amazonaws.com"),
        (("us-east-1", None), "pictures.s3.amazonaws.com"),
        (("cn-north-1", None), "pictures.s3.cn-north-1.amazonaws.com.cn"),
        (("us-east-1", "http://127.0.0.1:4566"), "127.0.0.1:4566"),
    ],
    indirect=["s3"],
)
def test_a_signed_address_is_the_regions_own_in_the_current_signature(s3: Any, host: str) -> None:
    form = s3.generate_presigned_post("pictures", "uploads/a.jpg")
    picture = urlsplit(s3.generate_presigned_url("get_object", Params={"Bucket": "pictures", "Key": "a.jpg"}))
    assert urlsplit(form["url"]).netloc == picture.netloc == host
    assert form["fields"]["x-amz-algorithm"] == "AWS4-HMAC-SHA256"
    assert "X-Amz-Algorithm=AWS4-HMAC-SHA256" in picture.query
