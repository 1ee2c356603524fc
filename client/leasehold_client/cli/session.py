"""What every command has: `--url`, `--token`, `--json`, a client made when first used, and errors told in a line."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from leasehold_client.cli.exits import Exit, exit_of, line_of
from leasehold_client.cli.output import Output, silence
from leasehold_client.errors import LeaseholdError

if TYPE_CHECKING:
    from leasehold_client.client import Client

UrlOption = Annotated[
    str | None, typer.Option("--url", metavar="URL", help="The API's address. [env: LEASEHOLD_URL]", show_default=False)
]
TokenOption = Annotated[
    str | None, typer.Option("--token", metavar="TOKEN", help="An access token. [env: LEASEHOLD_TOKEN]")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the answer as JSON, and nothing else.")]

_SHARED: Final = {"url": UrlOption, "token": TokenOption, "as_json": JsonOption}


@dataclass(slots=True)
class Session:
    """One command's connection and output."""

    url: str | None
    token: str | None
    out: Output
    _client: "Client | None" = None

    @property
    def client(self) -> "Client":
        """The API. Raises NotConfigured where no address or token is known."""
        if self._client is None:
            # Here, not above: what prints help or opens the console needs no HTTP library.
            from leasehold_client.client import Client

            self._client = Client(self.url, self.token)
        return self._client

    def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            self._client.close()


def command(function: Callable[..., None]) -> Callable[..., None]:
    """The function, whose first parameter is a session, as typer takes it: with the shared options in its place."""
    signature = inspect.signature(function, eval_str=True)
    own = list(signature.parameters.values())[1:]
    shared = [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, annotation=option, default=False if name == "as_json" else None
        )
        for name, option in _SHARED.items()
    ]

    def run(**values: Any) -> None:
        out = Output(as_json=values.pop("as_json"))
        session = Session(values.pop("url"), values.pop("token"), out)
        try:
            function(session, **values)
            out.flush()
        except LeaseholdError as error:
            out.say(f"leasehold: {line_of(error)}")
            raise typer.Exit(exit_of(error)) from None
        except UnicodeError:
            raise typer.BadParameter("an argument is not UTF-8") from None
        except ValueError as fault:  # an argument that no request can carry, such as an empty id
            raise typer.BadParameter(str(fault)) from None
        except BrokenPipeError:
            silence()
            raise typer.Exit(Exit.PIPE_CLOSED) from None
        finally:
            session.close()

    functools.update_wrapper(run, function)
    parameters = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own] + shared
    vars(run)["__signature__"] = signature.replace(parameters=parameters)
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    return run
