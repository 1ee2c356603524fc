"""Which events share a call to the bus: as many as it takes, by number and by size."""

import json
from typing import Any

from leasehold.asset import Asset, StoredThumbnail
from leasehold.follow_ups import AssetNews
from leasehold.outbox import Outbox, WakeUps
from leasehold.queue import Queue
from tests.rig import START


class _Bus:
    """An event bus that keeps what each call brought."""

    def __init__(self) -> None:
        self.calls: list[list[dict[str, Any]]] = []

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        self.calls.append(Entries)
        return {"FailedEntryCount": 0}


def _told(bus: _Bus) -> list[list[str]]:
    return [[json.loads(entry["Detail"])["assetId"] for entry in call] for call in bus.calls]


def _processed(asset_id: str, variants: int = 1) -> AssetNews:
    thumbnails = tuple(
        StoredThumbnail(f"as_{nth}", str(nth), "derived", "k" * 900, "image/webp", 1, 1, 1) for nth in range(variants)
    )
    key = f"uploads/{asset_id}"
    asset = Asset(asset_id, "source", "uploads", key, 1, True, START, START, thumbnails=thumbnails)
    return AssetNews("asset.processed", asset)


def _deliver(news: list[AssetNews]) -> _Bus:
    bus, nothing = _Bus(), Queue(None, "never asked")
    Outbox(bus, None, WakeUps(nothing), nothing, bus="bus").deliver(news)  # type: ignore[arg-type]
    return bus


def test_ten_events_a_call_in_their_order() -> None:
    names = [f"as_{nth:02}" for nth in range(23)]
    assert _told(_deliver([_processed(name) for name in names])) == [names[:10], names[10:20], names[20:]]


def test_fewer_a_call_where_ten_would_be_more_than_a_call_may_carry() -> None:
    names = [f"as_{nth:02}" for nth in range(5)]
    bus = _deliver([_processed(name, variants=100) for name in names])
    assert _told(bus) == [names[:2], names[2:4], names[4:]]
    assert all(sum(len(entry["Detail"]) for entry in call) < 256 * 1024 for call in bus.calls)


def test_an_event_too_large_for_a_call_of_its_own_takes_no_other_with_it() -> None:
    bus = _deliver([_processed("as_1"), _processed("as_2", variants=300), _processed("as_3")])
    assert _told(bus) == [["as_1"], ["as_2"], ["as_3"]]


def test_nothing_is_no_call() -> None:
    assert _deliver([]).calls == []
