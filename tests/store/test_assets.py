"""Lists of assets."""

from leasehold.asset import Facts, StoredThumbnail, Upload
from tests.rig import START, Rig


def test_a_page_of_assets_with_very_many_variants_goes_on_where_dynamodb_ended_it(any_rig: Rig) -> None:
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
        if cursor is None:
            break
    assert seen == [f"as_{nth:02}" for nth in reversed(range(12))]
