"""Reading many items at once from a DynamoDB that answers in parts."""

from typing import Any

import pytest

from leasehold.batch_read import items_by_id
from leasehold.errors import Throttled


class _InParts:
    """A table that answers for one key a call, and lacks what was deleted."""

    def __init__(self, present: set[str]) -> None:
        self._present = present
        self.asked: list[int] = []

    def batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803
        [(table, wanted)] = RequestItems.items()
        first, *rest = wanted["Keys"]
        self.asked.append(len(wanted["Keys"]))
        answer: dict[str, Any] = {"Responses": {table: [first] if first["id"]["S"] in self._present else []}}
        return answer | ({"UnprocessedKeys": {table: {**wanted, "Keys": rest}}} if rest else {})


def test_the_rest_is_asked_for_until_all_is_there() -> None:
    client = _InParts({"a", "b", "c"})
    assert set(items_by_id(client, "things", "id", ["a", "b", "c"])) == {"a", "b", "c"}
    assert client.asked == [3, 2, 1]


def test_what_was_deleted_meanwhile_is_left_out() -> None:
    assert set(items_by_id(_InParts({"a", "c"}), "things", "id", ["a", "b", "c"])) == {"a", "c"}


def test_a_table_that_never_answers_for_all_is_throttling() -> None:
    with pytest.raises(Throttled):
        items_by_id(_InParts(set("abcdefgh")), "things", "id", list("abcdefgh"))


def test_nothing_is_asked_for_nothing() -> None:
    client = _InParts(set())
    assert items_by_id(client, "things", "id", []) == {}
    assert client.asked == []
