"""The command `open`."""

import os
from typing import Annotated

import typer

from leasehold_client.cli.session import Session
from leasehold_client.connection import Connection


def open_console(
    session: Session,
    print_only: Annotated[bool, typer.Option("--print", help="Only print the address.")] = False,
) -> None:
    """Open the console in a browser, and print its address. Sign in there with a token.

    \b
      leasehold open
      leasehold open --print
    """
    url = session.url or os.environ.get("LEASEHOLD_URL")
    # The console is open to all, so no token has to be known.
    address = Connection.of(url, "none").console_url if url else Connection.find().console_url
    if session.out.as_json:
        session.out.json({"consoleUrl": address})
    else:
        session.out.line(address)
    if session.out.is_terminal and not print_only:
        import webbrowser

        if not webbrowser.open(address):
            session.out.say("no browser could be started here: open the address in one")
