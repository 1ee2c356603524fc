"""The thumbnails that are wanted of each picture, and the JSON that says so."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Literal, get_args

Fit = Literal["inside", "cover", "smart"]
Format = Literal["webp", "jpeg", "png", "avif"]

MAX_SIDE = 8192
MAX_VARIANTS = 32

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


@dataclass(frozen=True, slots=True)
class Variant:
    """One wanted thumbnail.

    name      1 to 64 of `A-Z a-z 0-9 _ -`; it becomes part of the object's key
    width     of the box, in pixels, 1 to 8192
    height    of the box, likewise
    fit       `inside`: the whole picture, within the box; `cover`: the middle of the picture fills the box;
              `smart`: the part of it with the most in it fills the box
    format    `webp`, `jpeg`, `png` or `avif`
    quality   1 to 100; PNG has no use for it
    animated  keep an animation moving, where the format can (webp, png, avif)
    enlarge   let a small picture grow up to the box

    Raises ValueError for anything else.
    """

    name: str
    width: int
    height: int
    fit: Fit = "inside"
    format: Format = "webp"
    quality: int = 80
    animated: bool = False
    enlarge: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not _NAME.fullmatch(self.name):
            raise ValueError(f"the variant name {self.name!r} is not 1 to 64 of A-Z a-z 0-9 _ -")
        self._check_number("width", self.width, MAX_SIDE)
        self._check_number("height", self.height, MAX_SIDE)
        self._check_number("quality", self.quality, 100)
        self._check_choice("fit", self.fit, get_args(Fit))
        self._check_choice("format", self.format, get_args(Format))
        self._check_flag("animated", self.animated)
        self._check_flag("enlarge", self.enlarge)
        if self.animated and self.format == "jpeg":
            raise ValueError(f"variant {self.name!r}: a jpeg can't be animated")

    def _check_number(self, key: str, value: object, most: int) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
            raise ValueError(f"variant {self.name!r}: {key} is {value!r}, not a whole number from 1 to {most}")

    def _check_choice(self, key: str, value: object, choices: tuple[str, ...]) -> None:
        if value not in choices:
            raise ValueError(f"variant {self.name!r}: {key} is {value!r}, not one of {', '.join(choices)}")

    def _check_flag(self, key: str, value: object) -> None:
        if not isinstance(value, bool):
            raise ValueError(f"variant {self.name!r}: {key} is {value!r}, not true or false")


DEFAULT_VARIANTS = (Variant("320", 320, 320),)


def variants_from_json(text: str) -> tuple[Variant, ...]:
    """The variants that a JSON list of objects asks for, in its order.

    The keys of an object are the fields of `Variant`; name, width and height are required.
    Raises ValueError with a message that names the fault, for unknown keys, bad values and doubled names too.
    """
    try:
        listed = json.loads(text)
    except json.JSONDecodeError as fault:
        raise ValueError(f"the variants are no JSON: {fault}") from None
    except RecursionError:
        raise ValueError("the variants are no JSON list of objects: they are nested too deeply") from None
    if not isinstance(listed, list) or not listed:
        raise ValueError("the variants are not a JSON list of at least one object")
    if len(listed) > MAX_VARIANTS:
        raise ValueError(f"there are {len(listed)} variants, more than {MAX_VARIANTS}")
    variants = tuple(_variant(position, wanted) for position, wanted in enumerate(listed, 1))
    _refuse_doubles(variants)
    return variants


def _variant(position: int, wanted: object) -> Variant:
    if not isinstance(wanted, Mapping):
        raise ValueError(f"variant {position} is {wanted!r}, not an object")
    known = {field.name for field in fields(Variant)}
    if unknown := sorted(set(wanted) - known):
        raise ValueError(f"variant {position} has the unknown key {unknown[0]!r}; known are {sorted(known)}")
    if missing := [key for key in ("name", "width", "height") if key not in wanted]:
        raise ValueError(f"variant {position} has no {missing[0]}")
    return Variant(**wanted)


def _refuse_doubles(variants: tuple[Variant, ...]) -> None:
    seen: set[str] = set()
    for variant in variants:
        if variant.name in seen:
            raise ValueError(f"two variants are named {variant.name!r}")
        seen.add(variant.name)
