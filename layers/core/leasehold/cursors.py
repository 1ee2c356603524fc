"""Cursors: a place in a list that is sorted by creation, as the opaque text that a client hands back."""

import base64

from leasehold import times
from leasehold.errors import invalid_field


def cursor_of(place: str) -> str:
    """The cursor that stands for a createdKey."""
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def place_of(cursor: str) -> str:
    """The createdKey that a cursor stands for. Raises Invalid where it is none of ours."""
    try:
        place = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        times.read(place.split("#", 1)[0])
    except ValueError:
        raise invalid_field("cursor", "this is no cursor of ours; leave it out to start with the newest") from None
    return place
