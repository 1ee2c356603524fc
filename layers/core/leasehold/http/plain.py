"""What is plainly right in a request: read by itself, without the models. See `asks`."""

from collections.abc import Iterable
from typing import Any


def is_whole(value: Any, low: int, high: int) -> bool:
    """Whether it is a whole number from `low` to `high`."""
    return type(value) is int and low <= value <= high


def is_number(value: Any, low: float, high: float) -> bool:
    """Whether it is a number from `low` to `high`."""
    return type(value) in (int, float) and low <= value <= high


def is_text(value: Any, shortest: int, longest: int | None) -> bool:
    """Whether it is a text of that many characters that UTF-8 can write."""
    if type(value) is not str or len(value) < shortest or (longest is not None and len(value) > longest):
        return False
    return value.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in value)


def are_texts(names: Iterable[Any]) -> bool:
    """Whether all of them are texts that UTF-8 can write."""
    return all(is_text(name, 0, None) for name in names)


def is_digits(value: str) -> bool:
    """Whether it is a whole number of few digits, as a query has them."""
    return value.isascii() and value.isdecimal() and len(value) <= 5
