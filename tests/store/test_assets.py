"""Lists of assets."""

from typing import Any

from leasehold.asset import Facts, StoredThumbnail, Upload
from leasehold.asset_store import AssetStore
from tests.rig import START, Rig


def test_assets_with_very_many_variants_come_on_shorter_pages(any_rig: Rig) -> None:
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
        page, cursor = any_rig.assets.page(100, cursor)
        seen += [asset.asset_id for asset in page]
        assert len(page) < 10
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
