"""Commands on access tokens: create, list, rotate, revoke."""

from typing import Annotated

import typer

from leasehold_client.cli.output import Output
from leasehold_client.cli.session import Session
from leasehold_client.models import Role, Token

TokenId = Annotated[str, typer.Argument(metavar="ID", help="The token's id, not its secret.", show_default=False)]


def create(
    session: Session,
    role: Annotated[
        Role, typer.Argument(metavar="ROLE", help="viewer, producer, worker or admin.", show_default=False)
    ],
    label: Annotated[str, typer.Option(help="Whose it is and what for.", prompt=False)],
    types: Annotated[
        list[str] | None, typer.Option("--type", metavar="TYPE", help="Limit it to this job type; may be repeated.")
    ] = None,
    worker_ids: Annotated[
        list[str] | None,
        typer.Option("--worker-id", metavar="GLOB", help="Limit it to worker ids like this; may be repeated."),
    ] = None,
    expires_in_days: Annotated[float | None, typer.Option(metavar="DAYS", help="When it ends by itself.")] = None,
) -> None:
    """Make a token. It is printed this once: keep it.

    \b
      leasehold token create worker --label "render farm" --type report.render
      export LEASEHOLD_TOKEN=$(leasehold token create viewer --label "ada's laptop" --expires-in-days 30)
    """
    made = session.client.create_token(
        role, label, types=types or (), worker_ids=worker_ids or (), expires_in_days=expires_in_days
    )
    _show_secret(session.out, made)


def list_tokens(session: Session) -> None:
    """List tokens, without their secrets.

    \b
      leasehold token list
    """
    found = session.client.tokens()
    if session.out.as_json:
        session.out.json({"tokens": [each.raw for each in found]})
        return
    session.out.table(
        ("TOKEN", "ROLE", "LABEL", "TYPES", "WORKER IDS", "CREATED", "EXPIRES"),
        [
            (
                each.token_id,
                each.role,
                each.label,
                ",".join(each.types) or "all",
                ",".join(each.worker_ids) or "all",
                each.created_at,
                each.expires_at,
            )
            for each in found
        ],
        empty="there are no tokens",
    )


def rotate(session: Session, token_id: TokenId) -> None:
    """Give a token a new secret, printed this once. The old one stays good for a day, to change over in peace.

    \b
      leasehold token rotate 3f2a9c0d1b4e5f60
    """
    _show_secret(session.out, session.client.rotate_token(token_id))


def revoke(session: Session, token_id: TokenId) -> None:
    """Delete a token. Whoever uses it is shut out within seconds.

    \b
      leasehold token revoke 3f2a9c0d1b4e5f60
    """
    session.client.revoke_token(token_id)
    if session.out.as_json:
        session.out.json({"tokenId": token_id, "revoked": True})
    else:
        session.out.line(f"revoked: {token_id}")


def _show_secret(out: Output, token: Token) -> None:
    if out.as_json:
        out.json(token.raw)
        return
    out.line(token.secret or "")
    out.say(f"token {token.token_id} ({token.role}, {token.label}); it is not shown again")
