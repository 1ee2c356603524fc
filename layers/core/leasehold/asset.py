"""What an asset is: a picture in a bucket, either uploaded (source) or made from one (derived)."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["source", "derived"]


@dataclass(frozen=True, slots=True)
class StoredThumbnail:
    """One thumbnail of a source asset, as its record names it. Sizes in pixels and bytes."""

    asset_id: str
    variant: str
    bucket: str
    key: str
    content_type: str
    width: int
    height: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Asset:
    """The record of a picture. Instants in milliseconds; None where not known or not fitting.

    `sequencer` is S3's own order of the writes to the key; `version_number` counts those that were taken in.
    `created_key` is the asset's place in the list of uploaded pictures.
    """

    asset_id: str
    kind: Kind
    bucket: str
    key: str
    version_number: int
    processed: bool
    created_at: int
    updated_at: int
    source_asset_id: str | None = None
    content_type: str | None = None
    bytes: int | None = None
    width: int | None = None
    height: int | None = None
    thumbnail_asset_id: str | None = None
    placeholder: str | None = None
    thumbnails: tuple[StoredThumbnail, ...] = ()
    error_code: str | None = None
    error_message: str | None = None
    sequencer: str | None = None
    created_key: str | None = None


@dataclass(frozen=True, slots=True)
class Upload:
    """One write of an object to the uploads bucket, as S3 tells of it."""

    bucket: str
    key: str
    sequencer: str
    size: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What the thumbnail function has found out about a source picture."""

    content_type: str
    width: int
    height: int
    placeholder: str


def comparable(sequencer: str) -> str:
    """S3's sequencer in a form whose text order is its order.

    They are hexadecimal and of varying length; S3 asks to pad the shorter one with zeros on the right.
    """
    return sequencer.upper().ljust(64, "0")
