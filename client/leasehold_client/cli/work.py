"""The command `worker run`."""

import importlib
import logging
import sys
import traceback
from typing import TYPE_CHECKING, Annotated, Any

import typer

from leasehold_client.cli.exits import Exit
from leasehold_client.cli.output import Output
from leasehold_client.cli.session import Session

if TYPE_CHECKING:
    from leasehold_client.worker.worker import AsyncWorker, Worker


def run_worker(
    session: Session,
    where: Annotated[
        str, typer.Argument(metavar="MODULE:WORKER", help="A Worker or AsyncWorker in a module.", show_default=False)
    ],
    concurrency: Annotated[int | None, typer.Option(min=1, help="How many jobs at once.")] = None,
) -> None:
    """Run a worker until Ctrl-C or SIGTERM; what it holds is finished, or released after the grace.

    The module is looked for in the working directory first. With --json the log goes to standard output, a JSON
    object a line.

    \b
      leasehold worker run reports:worker
      leasehold worker run reports:worker --concurrency 16 --json
    """
    from leasehold_client.worker.logs import JsonFormatter, TextFormatter

    handler = logging.StreamHandler(sys.stdout if session.out.as_json else session.out.errors)
    handler.setFormatter(JsonFormatter() if session.out.as_json else TextFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it would log a line a poll

    worker = _find(where, session.out)
    worker.configure(url=session.url, token=session.token, concurrency=concurrency)
    from leasehold_client.worker.worker import AsyncWorker

    try:
        if isinstance(worker, AsyncWorker):
            import asyncio

            asyncio.run(worker.run())
        else:
            worker.run()
    except ValueError as fault:
        session.out.say(f"leasehold: {fault}")
        raise typer.Exit(Exit.USAGE) from None


def _find(where: str, out: Output) -> "Worker | AsyncWorker":
    module_name, _, name = where.partition(":")
    if not module_name or not name:
        raise typer.BadParameter(f"{where!r}: write MODULE:WORKER, such as reports:worker for `worker` in reports.py")
    sys.path.insert(0, "")
    try:
        module = importlib.import_module(module_name)
    except Exception as fault:
        if isinstance(fault, ModuleNotFoundError) and fault.name and f"{module_name}.".startswith(f"{fault.name}."):
            raise typer.BadParameter(
                f"there is no module {fault.name} in this folder or among the installed packages"
            ) from None
        # The module is there and fails: its own trace says it best, without the frames of ours that led to it.
        trace = traceback.TracebackException.from_exception(fault)
        inner = [frame for frame in trace.stack if "importlib" not in frame.filename and frame.filename != __file__]
        trace.stack = traceback.StackSummary.from_list(inner)
        out.errors.write("".join(trace.format()))
        raise typer.BadParameter(f"{module_name} can't be imported, see above") from None
    from leasehold_client.worker.worker import AsyncWorker, Worker

    found: Any = getattr(module, name, None)
    if not isinstance(found, Worker | AsyncWorker):
        there = ", ".join(key for key, value in vars(module).items() if isinstance(value, Worker | AsyncWorker))
        raise typer.BadParameter(f"{module_name} has no worker named {name}; it has: {there or 'none'}")
    return found
