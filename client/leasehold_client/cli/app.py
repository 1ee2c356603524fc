"""The commands put together, and their end: an exit status, and one line where something went wrong."""

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from leasehold_client.cli import console, jobs, pictures, tokens, work
from leasehold_client.cli.exits import Exit
from leasehold_client.cli.output import Output
from leasehold_client.cli.session import command

_EPILOG = (
    "Exit status: 0 done; 1 refused; 2 wrong command line; 3 can't reach the API; 4 not allowed; 5 not found; "
    "6 what was waited for ended badly; 7 it took too long; 130 interrupted; 141 nobody reads the output."
)

app = typer.Typer(
    name="leasehold",
    invoke_without_command=True,
    # Plain help: it comes at once, and reads the same on every terminal.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
)
token = typer.Typer(invoke_without_command=True, rich_markup_mode=None)
worker = typer.Typer(invoke_without_command=True, rich_markup_mode=None)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"leasehold {version('leasehold-client')}")
        raise typer.Exit


def _help_alone(context: typer.Context) -> None:
    """A group without a command says what there is, and that this was not all."""
    if context.invoked_subcommand is None:
        print(context.get_help(), file=sys.stderr)
        raise typer.Exit(Exit.USAGE)


@app.callback()
def _leasehold(
    context: typer.Context,
    _version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Leasehold from the shell: jobs, pictures, tokens, workers.

    The API's address and a token come from --url and --token, from LEASEHOLD_URL and LEASEHOLD_TOKEN, or from the
    nearest .local/stack.json above the working directory, which `make up` writes. On a terminal answers are tables;
    in a pipe they are tab-separated lines without headings; with --json they are JSON.
    """
    _help_alone(context)


app.command("upload")(command(pictures.upload))
app.command("assets")(command(pictures.assets))
app.command("enqueue")(command(jobs.enqueue))
app.command("jobs")(command(jobs.jobs))
app.command("job")(command(jobs.job))
app.command("cancel")(command(jobs.cancel))
app.command("redrive")(command(jobs.redrive))
app.command("stats")(command(jobs.stats))
app.command("open")(command(console.open_console))
app.add_typer(worker, name="worker")
worker.command("run")(command(work.run_worker))
app.add_typer(token, name="token")
token.command("create")(command(tokens.create))
token.command("list")(command(tokens.list_tokens))
token.command("rotate")(command(tokens.rotate))
token.command("revoke")(command(tokens.revoke))


@token.callback()
def _token(context: typer.Context) -> None:
    """Access tokens: create, list, rotate, revoke. For admins."""
    _help_alone(context)


@worker.callback()
def _worker(context: typer.Context) -> None:
    """Workers: they lease jobs and run your functions."""
    _help_alone(context)


def _line_of(fault: typer.TyperException) -> str:
    """What is wrong with the command line, without the words that only its parser needs."""
    line = " ".join(fault.format_message().split())
    return line.removeprefix("Invalid value: ").replace(": Value error, ", ": ")


def run() -> None:
    """Run the command that was typed."""
    try:
        status = app(prog_name="leasehold", standalone_mode=False)
    except typer.TyperException as fault:
        Output(as_json=False).say(f"leasehold: {_line_of(fault)} (see --help)")
        sys.exit(Exit.USAGE)
    except typer.Abort:
        sys.exit(Exit.INTERRUPTED)
    sys.exit(status or Exit.DONE)
