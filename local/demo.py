"""What `make run` shows: a sample picture goes in, its thumbnail comes out, by the real parts."""

import json
import time
import urllib.request
from typing import Any

from local.deployment import aws
from local.progress import say, step
from local.server import last_words
from local.settings import ROOT, Settings, Trouble

_SAMPLE = ROOT / "samples" / "harbour.jpg"
_WAIT_SECONDS = 60


def show(settings: Settings, stack: dict[str, Any]) -> None:
    """Upload the sample, wait for its thumbnail, and say what has come of it."""
    key = f"uploads/{_SAMPLE.name}"
    with step(f"uploading {_SAMPLE.relative_to(ROOT)}"):
        aws("s3", settings).upload_file(
            str(_SAMPLE), stack["uploadsBucket"], key, ExtraArgs={"ContentType": "image/jpeg"}
        )
    with step("S3 event → lease → thumbnail → success report"):
        asset = _processed(settings, stack, key)
    thumbnail = asset["thumbnails"][0]
    saved = settings.folder / f"harbour-{thumbnail['variant']}.webp"
    with urllib.request.urlopen(thumbnail["url"], timeout=10) as answer:
        saved.write_bytes(answer.read())
    say()
    say(f"  picture    {asset['width']} x {asset['height']}, {asset['bytes']:,} bytes   asset {asset['assetId']}")
    say(
        f"  thumbnail  {thumbnail['width']} x {thumbnail['height']}, {thumbnail['bytes']:,} bytes   "
        f"asset {asset['thumbnailAssetId']}"
    )
    say(f"  saved as   {saved}")


def _processed(settings: Settings, stack: dict[str, Any], key: str) -> dict[str, Any]:
    give_up_at = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < give_up_at:
        for asset in _assets(stack):
            if asset["key"] == key and asset["error"]:
                raise Trouble(f"the sample's thumbnail failed: {asset['error']['message']}")
            if asset["key"] == key and asset["processed"]:
                return asset
        time.sleep(0.1)
    raise Trouble(f"the sample's thumbnail did not come within {_WAIT_SECONDS} s:\n{last_words(settings)}")


def _assets(stack: dict[str, Any]) -> list[dict[str, Any]]:
    request = urllib.request.Request(
        f"{stack['apiUrl']}/assets", headers={"Authorization": f"Bearer {stack['tokens']['viewer']}"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        assets: list[dict[str, Any]] = json.loads(answer.read())["assets"]
    return assets
