"""Runs many commands of SAM CLI in one process, by SAM's own Python: starting SAM takes longer than most of them.

In: a JSON list of argument lists. Out: a JSON list of {code, out, err}, one a command.
"""

import contextlib
import io
import json
import sys
from typing import Any


def run(arguments: list[str]) -> dict[str, Any]:
    """One command, as a process of its own would run it."""
    from samcli.cli.main import cli  # type: ignore[import-not-found,unused-ignore]

    out, err, code = _stream(), _stream(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            cli.main(arguments, prog_name="sam")
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return {"code": code, "out": _written(out), "err": _written(err)}


def _stream() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True)


def _written(stream: io.TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()


if __name__ == "__main__":
    outcomes = [run(arguments) for arguments in json.load(sys.stdin)]
    json.dump(outcomes, sys.stdout)
