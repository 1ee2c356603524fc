"""Rotating a token while somebody else does, and where the answer of the table gets lost."""

from typing import Any

import pytest

from leasehold import wiring
from leasehold.times import wall_clock
from tests.api.in_process import Api


@pytest.fixture
def token(api: Api) -> tuple[str, str]:
    """A new token's id and its secret."""
    made = api.post("/tokens", {"role": "worker", "label": "the farm"}).json
    return made["tokenId"], _secret_of(made)


def _secret_of(made: Any) -> str:
    return str(made["token"]).removeprefix(f"lh_{made['tokenId']}_")


def _admits(token_id: str, secret: str) -> bool:
    found = wiring.tokens().find(token_id)
    return found is not None and found.admits(secret, wall_clock())


def test_two_rotations_at_once_follow_each_other(
    api: Api, token: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    token_id, oldest = token
    tokens = wiring.tokens()
    find, seen_by_both = tokens.find, [tokens.find(token_id)]
    first = api.post(f"/tokens/{token_id}/rotate")
    monkeypatch.setattr(tokens, "find", lambda asked: seen_by_both.pop() if seen_by_both else find(asked))
    second = api.post(f"/tokens/{token_id}/rotate")
    assert (first.status, second.status) == (201, 201), second.body
    assert [_admits(token_id, secret) for secret in (oldest, _secret_of(first.json), _secret_of(second.json))] == [
        False,
        True,
        True,
    ]


def test_a_rotation_whose_answer_got_lost_is_known_again(
    api: Api, token: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    token_id, old = token
    client: Any = wiring.tokens()._client
    write = client.update_item

    def write_twice(**asked: Any) -> Any:
        write(**asked)
        return write(**asked)  # as is done when no answer came, and refused by the first try

    monkeypatch.setattr(client, "update_item", write_twice)
    rotated = api.post(f"/tokens/{token_id}/rotate")
    assert rotated.status == 201, rotated.body
    assert _admits(token_id, _secret_of(rotated.json))
    assert _admits(token_id, old)
