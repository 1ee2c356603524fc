"""The assets service: registering uploads, showing pictures by signed addresses, making thumbnails again."""

import json
import posixpath
from typing import Any, Final

from leasehold.access import Caller
from leasehold.asset import Asset
from leasehold.asset_store import AssetStore
from leasehold.cursors import cursor_of
from leasehold.errors import NotFound, invalid_field
from leasehold.ids import is_id, new_id
from leasehold.job import Job
from leasehold.jobs import Jobs
from leasehold.order import Order
from leasehold.outbox import THUMBNAIL_JOB
from leasehold.pipeline import UPLOADS
from leasehold.times import Clock, wall_clock
from leasehold.views import asset_view

UPLOAD_SECONDS: Final = 15 * 60
_SIGNED_SECONDS: Final = 3_600
LARGEST_PAGE: Final = 2_000_000  # bytes of a list of assets as sent; Lambda's answers end at 6 MB


class AssetDesk:
    """`s3` is a boto3 S3 client whose credentials may read and write what is signed here."""

    def __init__(
        self,
        assets: AssetStore,
        jobs: Jobs,
        s3: Any,
        *,
        uploads_bucket: str,
        max_bytes: int,
        clock: Clock = wall_clock,
    ) -> None:
        self._assets = assets
        self._jobs = jobs
        self._s3 = s3
        self._uploads_bucket = uploads_bucket
        self._max_bytes = max_bytes
        self._clock = clock

    def invite(self, file_name: str, content_type: str, caller: Caller) -> dict[str, Any]:
        """Register a picture to come, and sign a form that uploads it: 15 minutes, one key, a size cap."""
        caller.check_type(THUMBNAIL_JOB)
        name = posixpath.basename(file_name.replace("\\", "/")).strip()
        if not name.strip(".") or any(ord(letter) < 32 or 0xD800 <= ord(letter) < 0xE000 for letter in name):
            raise invalid_field("fileName", "must be the name of a file")
        if "${filename}" in name:  # the form would be good for any key that begins as this one
            raise invalid_field("fileName", "must not contain ${filename}, which S3 replaces by another name")
        if len(name.encode()) > 255:
            raise invalid_field("fileName", "must have at most 255 bytes")
        asset_id = new_id("as")
        key = f"{UPLOADS}{asset_id}/{name}"
        self._assets.register(asset_id, self._uploads_bucket, key, content_type, self._clock())
        form = self._s3.generate_presigned_post(
            self._uploads_bucket,
            key,
            Fields={"Content-Type": content_type},
            Conditions=[{"Content-Type": content_type}, ["content-length-range", 1, self._max_bytes]],
            ExpiresIn=UPLOAD_SECONDS,
        )
        return {"assetId": asset_id, "upload": {"url": form["url"], "fields": form["fields"]}}

    def show(self, asset_id: str) -> dict[str, Any]:
        """One asset with signed addresses."""
        return self._signed(self._find(asset_id))

    def page(self, limit: int, cursor: str | None) -> dict[str, Any]:
        """Source assets, newest first. A page ends early, with a cursor, where signed addresses make it large."""
        assets, following = self._assets.page(limit, cursor)
        shown: list[dict[str, Any]] = []
        size = 0
        for asset in assets:
            view = self._signed(asset)
            size += len(json.dumps(json.dumps(view)))  # as it is sent: JSON in a JSON text
            if shown and size > LARGEST_PAGE:
                last = assets[len(shown) - 1]
                return {"assets": shown, "cursor": cursor_of(last.created_key or "")}  # what is listed has one
            shown.append(view)
        return {"assets": shown, "cursor": following}

    def thumbnail_address(self, asset_id: str, variant: str | None) -> str:
        """A signed address of one thumbnail; the first variant's where none is named."""
        asset = self._find(asset_id)
        if asset.kind == "derived":
            return self._address(asset.bucket, asset.key)
        for each in asset.thumbnails:
            if variant is None or each.variant == variant:
                return self._address(each.bucket, each.key)
        if asset.processed:
            known = ", ".join(each.variant for each in asset.thumbnails)
            raise NotFound(f"this asset has no variant {variant!r}; it has {known}", code="not_ready")
        reason = f": {asset.error_message}" if asset.error_message else "; ask again in a moment"
        raise NotFound(f"the thumbnail is not ready{reason}", code="not_ready")

    def make_again(self, asset_id: str, caller: Caller) -> Job:
        """Queue the thumbnail job for the newest version once more."""
        asset = self._find(asset_id)
        if asset.kind == "derived" or asset.version_number == 0:
            raise NotFound("the asset has no uploaded picture to make thumbnails of", code="not_ready")
        payload = {"assetId": asset.asset_id, "versionNumber": asset.version_number}
        job, _ = self._jobs.enqueue(Order(THUMBNAIL_JOB, payload), caller)
        return job

    def _find(self, asset_id: str) -> Asset:
        asset = self._assets.get(asset_id) if is_id(asset_id) else None
        if asset is None:
            raise NotFound("there is no asset of that id", code="asset_not_found")
        return asset

    def _signed(self, asset: Asset) -> dict[str, Any]:
        view = asset_view(asset)
        uploaded = asset.kind == "derived" or asset.version_number > 0
        view["url"] = self._address(asset.bucket, asset.key) if uploaded else None
        for shown, stored in zip(view["thumbnails"], asset.thumbnails, strict=True):
            shown["url"] = self._address(stored.bucket, stored.key)
        return view

    def _address(self, bucket: str, key: str) -> str:
        address: str = self._s3.generate_presigned_url(
            "get_object", Params={"Bucket": bucket, "Key": key}, ExpiresIn=_SIGNED_SECONDS
        )
        return address
