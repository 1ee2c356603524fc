"""The tokens table: create, find, rotate, revoke."""

from dataclasses import replace
from typing import Any, Final

from leasehold.aws import error_code, faults_in_our_words
from leasehold.errors import NotFound, Unavailable
from leasehold.times import DAY, SECOND, Clock, wall_clock
from leasehold.tokens import (
    OVERLAP_SECONDS,
    Token,
    digest_of,
    new_token_id,
    new_token_secret,
    shown,
    token_item,
    token_of,
)

_DECISIONS: Final = 5


class TokenStore:
    """The tokens table. `client` is a boto3 DynamoDB client."""

    def __init__(self, client: Any, table: str, *, clock: Clock = wall_clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def mint(
        self,
        role: str,
        label: str,
        *,
        types: tuple[str, ...] = (),
        worker_ids: tuple[str, ...] = (),
        expires_in_days: float | None = None,
    ) -> tuple[Token, str]:
        """Create a token. Returns it and the text that is shown to its owner this once."""
        now = self._clock()
        secret = new_token_secret()
        token = Token(
            token_id=new_token_id(),
            role=role,
            label=label,
            digest=digest_of(secret),
            created_at=now,
            types=types,
            worker_ids=worker_ids,
            expires_at=None if expires_in_days is None else now + round(expires_in_days * DAY),
        )
        with faults_in_our_words():
            self._client.put_item(TableName=self._table, Item=token_item(token))
        return token, shown(token.token_id, secret)

    def find(self, token_id: str) -> Token | None:
        """The token of that id as it is now, or None."""
        with faults_in_our_words():
            answer = self._client.get_item(TableName=self._table, Key={"tokenId": {"S": token_id}}, ConsistentRead=True)
        return token_of(answer["Item"]) if "Item" in answer else None

    def all(self) -> list[Token]:
        """Every token, newest first. Tokens are few: one a service and person."""
        found: list[Token] = []
        start: dict[str, Any] = {}
        while True:
            with faults_in_our_words():
                page = self._client.scan(TableName=self._table, **start)
            found += [token_of(item) for item in page["Items"]]
            if "LastEvaluatedKey" not in page:
                return sorted(found, key=lambda token: (-token.created_at, token.token_id))
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def rotate(self, token_id: str) -> tuple[Token, str]:
        """Give a token a new secret; the old one stays good for a day. Raises NotFound.

        Of two rotations at once each gets its secret, and the later one makes the earlier one's the old one.
        """
        secret = new_token_secret()
        for _ in range(_DECISIONS):
            seen = self.find(token_id)
            if seen is None:
                raise _no_such_token()
            if seen.digest == digest_of(secret):  # our own write, whose answer got lost
                return seen, shown(token_id, secret)
            rotated = replace(
                seen,
                digest=digest_of(secret),
                previous_digest=seen.digest,
                previous_until=self._clock() + OVERLAP_SECONDS * SECOND,
            )
            if self._write_secrets(rotated, seen.digest):
                return rotated, shown(token_id, secret)
        raise Unavailable("the token keeps changing; try again")

    def revoke(self, token_id: str) -> None:
        """Delete a token; revoking twice raises NotFound."""
        with faults_in_our_words():
            answer = self._client.delete_item(
                TableName=self._table, Key={"tokenId": {"S": token_id}}, ReturnValues="ALL_OLD"
            )
        if "Attributes" not in answer:
            raise _no_such_token()

    def _write_secrets(self, token: Token, seen_digest: str) -> bool:
        """Write the secrets over those that were seen; False where they are others by now, or the token is gone."""
        from botocore.exceptions import ClientError

        # Only what rotating changes: the rest of the item may be a newer release's, which this one doesn't know.
        changed = {name: token_item(token)[name] for name in ("digest", "previousDigest", "previousUntil")}
        try:
            with faults_in_our_words():
                self._client.update_item(
                    TableName=self._table,
                    Key={"tokenId": {"S": token.token_id}},
                    UpdateExpression="SET " + ", ".join(f"{name} = :{name}" for name in changed),
                    ConditionExpression="digest = :seen",
                    ExpressionAttributeValues={
                        ":seen": {"S": seen_digest},
                        **{f":{name}": value for name, value in changed.items()},
                    },
                )
        except ClientError as fault:
            if error_code(fault) == "ConditionalCheckFailedException":
                return False
            raise
        return True


def _no_such_token() -> NotFound:
    return NotFound("there is no token of that id", code="token_not_found")
