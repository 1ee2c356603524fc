"""Every write on the assets table, and its reads. Conditions carry the rule that a newer write of a picture wins."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, fields
from typing import Any, Final

from leasehold import times
from leasehold.asset import Asset, Facts, StoredThumbnail, Upload, comparable
from leasehold.aws import error_code, faults_in_our_words, refused_item
from leasehold.batch_read import items_by_id
from leasehold.cursors import cursor_of, place_of
from leasehold.items import SCHEMA_VERSION, Item, Value, instant, number, text

LISTING_INDEX: Final = "listing"

NEWER_WRITE: Final = "attribute_not_exists(#sequencer) OR #sequencer < :sequencer"
STILL_NEWEST: Final = "#versionNumber = :version"
STILL_NEWEST_AND_OPEN: Final = "#versionNumber = :version AND #processed = :no"
UNREGISTERED: Final = "attribute_not_exists(assetId)"

# A registered upload that never arrives is forgotten after this long.
_UPLOAD_AWAITED: Final = times.DAY


class AssetStore:
    """The assets table. `client` is a boto3 DynamoDB client."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def get(self, asset_id: str) -> Asset | None:
        """The asset as it is now, or None."""
        with faults_in_our_words():
            answer = self._client.get_item(TableName=self._table, Key={"assetId": text(asset_id)}, ConsistentRead=True)
        return asset_of(answer["Item"]) if "Item" in answer else None

    def register(self, asset_id: str, bucket: str, key: str, content_type: str, now: int) -> Asset:
        """Record a picture that is about to be uploaded."""
        asset = Asset(asset_id, "source", bucket, key, 0, False, now, now, content_type=content_type)
        item = _item(asset) | {"expiresAt": number((now + _UPLOAD_AWAITED) // times.SECOND)}
        with faults_in_our_words():
            self._client.put_item(TableName=self._table, Item=item, ConditionExpression=UNREGISTERED)
        return asset

    def record_upload(self, asset_id: str, upload: Upload, now: int) -> Asset | None:
        """Take in a write of the picture. Returns the asset as of that write, or None where a newer one is known.

        The same write again returns the asset again: whoever died after this step finds it done.
        """
        sequencer = comparable(upload.sequencer)
        created_key = f"{times.written(now)}#{asset_id}"
        sets: dict[str, Value] = {
            "sequencer": text(sequencer),
            "kind": text("source"),
            "bucket": text(upload.bucket),
            "key": text(upload.key),
            "bytes": number(upload.size),
            "processed": {"BOOL": False},
            "updatedAt": instant(now),
        }
        kept = {
            "schema": number(SCHEMA_VERSION),
            "createdAt": instant(now),
            "createdKey": text(created_key),
            "listKey": text("source"),
        }
        removes = ("expiresAt", "error", "thumbnails", "thumbnailAssetId", "placeholder", "width", "height")
        expression = ", ".join(
            [f"#{name} = :{name}" for name in sets]
            + [f"#{name} = if_not_exists(#{name}, :{name})" for name in kept]
            + ["versionNumber = if_not_exists(versionNumber, :zero) + :one"]
        )
        with _refusal() as refused:
            answer = self._client.update_item(
                TableName=self._table,
                Key={"assetId": text(asset_id)},
                UpdateExpression=f"SET {expression} REMOVE {', '.join(f'#{name}' for name in removes)}",
                ConditionExpression=NEWER_WRITE,
                ExpressionAttributeNames={f"#{name}": name for name in (*sets, *kept, *removes)},
                ExpressionAttributeValues={
                    **{f":{name}": value for name, value in (sets | kept).items()},
                    ":zero": number(0),
                    ":one": number(1),
                },
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
            return asset_of(answer["Attributes"])
        present = asset_of(refused[0])
        return present if present.sequencer == sequencer else None

    def put_derived(self, asset: Asset) -> None:
        """Record a derived picture; its id is made of its origin, so doing it twice changes nothing."""
        with faults_in_our_words():
            self._client.put_item(TableName=self._table, Item=_item(asset))

    def mark_processed(
        self, asset_id: str, version: int, facts: Facts, thumbnails: tuple[StoredThumbnail, ...], now: int
    ) -> bool:
        """Let the source asset name its thumbnails. False where that version is no longer the newest."""
        sets = {
            "processed": {"BOOL": True},
            "contentType": text(facts.content_type),
            "width": number(facts.width),
            "height": number(facts.height),
            "placeholder": text(facts.placeholder),
            "thumbnails": _thumbnails_value(thumbnails),
            "thumbnailAssetId": text(thumbnails[0].asset_id),
            "updatedAt": instant(now),
        }
        return self._mark(asset_id, STILL_NEWEST, {":version": number(version)}, sets, removes="error")

    def mark_failed(self, asset_id: str, version: int, code: str | None, message: str, now: int) -> bool:
        """Let the source asset say why it has no thumbnail. False where a newer version or a success stands."""
        error = {"message": text(message)} | ({"code": text(code)} if code else {})
        values = {":version": number(version), ":no": {"BOOL": False}}
        sets: dict[str, Value] = {"error": {"M": error}, "updatedAt": instant(now)}
        return self._mark(asset_id, STILL_NEWEST_AND_OPEN, values, sets)

    def page(self, limit: int, cursor: str | None) -> tuple[list[Asset], str | None]:
        """At most `limit` source assets (of 100), newest first, and the cursor of the next page or None."""
        condition, values = "listKey = :key", {":key": text("source")}
        if cursor is not None:
            condition += " AND createdKey < :before"
            values[":before"] = text(place_of(cursor))
        with faults_in_our_words():
            answer = self._client.query(
                TableName=self._table,
                IndexName=LISTING_INDEX,
                KeyConditionExpression=condition,
                ExpressionAttributeValues=values,
                ScanIndexForward=False,
                Limit=limit + 1,
            )
        entries = [(item["createdKey"]["S"], item["assetId"]["S"]) for item in answer["Items"]]
        shown = entries[:limit]
        is_more = len(entries) > limit or "LastEvaluatedKey" in answer
        items = items_by_id(self._client, self._table, "assetId", [asset_id for _, asset_id in shown])
        found = [asset_of(items[asset_id]) for _, asset_id in shown if asset_id in items]  # else deleted meanwhile
        return found, cursor_of(shown[-1][0]) if shown and is_more else None

    def _mark(
        self,
        asset_id: str,
        condition: str,
        values: Mapping[str, Value],
        sets: Mapping[str, Value],
        removes: str | None = None,
    ) -> bool:
        expression = "SET " + ", ".join(f"#{name} = :{name}" for name in sets)
        if removes:
            expression += f" REMOVE #{removes}"
        with _refusal():
            self._client.update_item(
                TableName=self._table,
                Key={"assetId": text(asset_id)},
                UpdateExpression=expression,
                ConditionExpression=condition,
                ExpressionAttributeNames={
                    f"#{name}": name for name in re.findall(r"#(\w+)", f"{expression} {condition}")
                },
                ExpressionAttributeValues={**{f":{name}": value for name, value in sets.items()}, **values},
            )
            return True
        return False


def asset_of(item: Mapping[str, Value]) -> Asset:
    """The asset of an item."""
    error = item["error"]["M"] if "error" in item else {}
    return Asset(
        asset_id=item["assetId"]["S"],
        kind=item["kind"]["S"],
        bucket=item["bucket"]["S"],
        key=item["key"]["S"],
        version_number=int(item["versionNumber"]["N"]),
        processed=bool(item["processed"]["BOOL"]),
        created_at=times.read(item["createdAt"]["S"]),
        updated_at=times.read(item["updatedAt"]["S"]),
        source_asset_id=_text(item, "sourceAssetId"),
        content_type=_text(item, "contentType"),
        bytes=_number(item, "bytes"),
        width=_number(item, "width"),
        height=_number(item, "height"),
        thumbnail_asset_id=_text(item, "thumbnailAssetId"),
        placeholder=_text(item, "placeholder"),
        thumbnails=tuple(map(_thumbnail, json.loads(_text(item, "thumbnails") or "[]"))),
        error_code=_text(error, "code"),
        error_message=_text(error, "message"),
        sequencer=_text(item, "sequencer"),
        created_key=_text(item, "createdKey"),
    )


def _item(asset: Asset) -> Item:
    item: Item = {
        "schema": number(SCHEMA_VERSION),
        "assetId": text(asset.asset_id),
        "kind": text(asset.kind),
        "bucket": text(asset.bucket),
        "key": text(asset.key),
        "versionNumber": number(asset.version_number),
        "processed": {"BOOL": asset.processed},
        "createdAt": instant(asset.created_at),
        "updatedAt": instant(asset.updated_at),
    }
    texts = {"sourceAssetId": asset.source_asset_id, "contentType": asset.content_type}
    item |= {name: text(value) for name, value in texts.items() if value is not None}
    numbers = {"bytes": asset.bytes, "width": asset.width, "height": asset.height}
    item |= {name: number(value) for name, value in numbers.items() if value is not None}
    return item


def _thumbnails_value(thumbnails: tuple[StoredThumbnail, ...]) -> Value:
    return text(json.dumps([asdict(each) for each in thumbnails], separators=(",", ":")))


def _thumbnail(stored: Mapping[str, Any]) -> StoredThumbnail:
    """One thumbnail as stored; what a newer release says of it besides is not ours to know."""
    return StoredThumbnail(**{each.name: stored[each.name] for each in fields(StoredThumbnail)})


def _text(item: Mapping[str, Value], name: str) -> str | None:
    value = item.get(name)
    return None if value is None else str(value["S"])


def _number(item: Mapping[str, Value], name: str) -> int | None:
    value = item.get(name)
    return None if value is None else int(value["N"])


@contextmanager
def _refusal() -> Iterator[list[Item]]:
    """Swallow a refused condition, and hand over the item that refused it where the call asked for it."""
    from botocore.exceptions import ClientError

    refused: list[Item] = []
    try:
        with faults_in_our_words():
            yield refused
    except ClientError as fault:
        if error_code(fault) != "ConditionalCheckFailedException":
            raise
        refused.append(refused_item(fault) or {})
