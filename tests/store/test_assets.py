"""Lists of assets."""

import json
from typing import Any

from leasehold.asset import Facts, StoredThumbnail, Upload
from leasehold.asset_desk import LARGEST_PAGE, AssetDesk
from leasehold.asset_store import AssetStore
from leasehold.http.answers import json_answer
from tests.rig import START, Rig


def test_assets_with_very_many_variants_are_all_listed(any_rig: Rig) -> None:
    many = tuple(
        StoredThumbnail(f"as_{nth}", str(nth), "derived", "k" * 900, "image/webp", 1, 1, 1) for nth in range(150)
    )
    for nth in range(12):
        name = f"as_{nth:02}"
        any_rig.assets.record_upload(name, Upload("uploads", f"uploads/{name}.jpg", "01", 1), START + nth)
        any_rig.assets.mark_processed(name, 1, Facts("image/jpeg", 1, 1, "hash"), many, START)
    seen: list[str] = []
    cursor = None
    while True:
        page, cursor = any_rig.assets.page(5, cursor)
        seen += [asset.asset_id for asset in page]
        if cursor is None:
            break
    assert seen == [f"as_{nth:02}" for nth in reversed(range(12))]


class _DeletesBeforeReading:
    """A client under whom some assets are deleted between the index's answer and the table's."""

    def __init__(self, client: Any, table: str, asset_ids: list[str]) -> None:
        self._client, self._table, self._asset_ids = client, table, asset_ids

    def __getattr__(self, operation: str) -> Any:
        return getattr(self._client, operation)

    def batch_get_item(self, **asked: Any) -> Any:
        for asset_id in self._asset_ids:
            self._client.delete_item(TableName=self._table, Key={"assetId": {"S": asset_id}})
        return self._client.batch_get_item(**asked)


def test_a_page_skips_what_is_deleted_meanwhile_and_the_next_one_goes_on(rig: Rig) -> None:
    for nth in range(6):
        name = f"as_{nth}"
        rig.assets.record_upload(name, Upload("uploads", f"uploads/{name}.jpg", "01", 1), START + nth)
    table = rig.tables["assets"]
    page, cursor = AssetStore(_DeletesBeforeReading(rig.client, table, ["as_3", "as_4"]), table).page(3, None)
    assert [asset.asset_id for asset in page] == ["as_5"]
    page, cursor = rig.assets.page(2, cursor)
    assert [asset.asset_id for asset in page] == ["as_2", "as_1"]
    page, cursor = rig.assets.page(2, cursor)
    assert ([asset.asset_id for asset in page], cursor) == (["as_0"], None)


class SignsAtLength:
    """S3, as far as it signs addresses: long ones, as with the token of a role."""

    def generate_presigned_url(self, *_: Any, **__: Any) -> str:
        return "https://s3.example/?X-Amz-Security-Token=" + "A" * 3_000


def test_a_page_of_assets_with_long_addresses_ends_before_it_is_too_large_for_lambda(rig: Rig) -> None:
    variants = tuple(StoredThumbnail(f"as_{nth}", str(nth), "derived", "k", "image/webp", 1, 1, 1) for nth in range(32))
    for nth in range(45):
        name = f"as_{nth:02}"
        rig.assets.register(name, "uploads", f"uploads/{name}/a.jpg", "image/jpeg", START - nth)
        rig.assets.record_upload(name, Upload("uploads", f"uploads/{name}/a.jpg", "01", 1), START + nth)
        rig.assets.mark_processed(name, 1, Facts("image/jpeg", 1, 1, "hash"), variants, START)
    desk = AssetDesk(rig.assets, rig.jobs, SignsAtLength(), uploads_bucket="uploads", max_bytes=1)
    pages = [desk.page(100, None)]
    while (cursor := pages[-1]["cursor"]) is not None:
        pages.append(desk.page(100, cursor))
    assert [each["assetId"] for page in pages for each in page["assets"]] == [
        f"as_{nth:02}" for nth in range(44, -1, -1)
    ]
    sizes = [len(json.dumps(json_answer(200, page))) for page in pages]
    assert LARGEST_PAGE / 2 < sizes[0] < LARGEST_PAGE + 10_000
    assert len(pages) == 3
