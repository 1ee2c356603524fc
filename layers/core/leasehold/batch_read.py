"""Reading many items of a table at once, by their keys: what an index that holds keys only leaves to be read."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from leasehold.aws import faults_in_our_words
from leasehold.errors import Throttled
from leasehold.items import Item, text

MOST_ITEMS: Final = 100  # DynamoDB's own limit for one BatchGetItem
_TRIES: Final = 5


def items_by_id(client: Any, table: str, key: str, ids: Sequence[str]) -> dict[str, Item]:
    """The items as they are now, of at most `MOST_ITEMS` ids; those that are gone are left out.

    `key` names the attribute that holds the id. DynamoDB may answer with a part, where items are large or requests are
    many: the rest is asked for again. Raises Throttled where it is not to be had.
    """
    found: dict[str, Item] = {}
    if not ids:
        return found
    keys = [{key: text(each)} for each in ids]
    wanted: Mapping[str, Any] = {table: {"Keys": keys, "ConsistentRead": True}}
    for _ in range(_TRIES):
        with faults_in_our_words():
            answer = client.batch_get_item(RequestItems=wanted)
        found |= {item[key]["S"]: item for item in answer["Responses"].get(table, [])}
        wanted = answer.get("UnprocessedKeys") or {}
        if not wanted:
            return found
    raise Throttled(f"the table {table} is receiving too many requests; try again after the time in Retry-After")
