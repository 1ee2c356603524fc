"""The log of the functions that API Gateway calls: one JSON line an event, with the fields of Powertools' Logger.

Those functions start in the face of a caller, and a logging library would be among their largest imports. What every
line of a call shares (its request, its correlation id) is set once, by `begin` and `about`.
"""

import json
import os
import traceback
from datetime import UTC, datetime
from typing import Any


class Log:
    """The lines of one function. They go to standard output, which Lambda keeps."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._shared: dict[str, Any] = {}
        self._is_cold = True

    def begin(self, context: Any, **shared: Any) -> None:
        """A call begins. `context` is Lambda's; what is `shared` stands in each line of the call."""
        trace = os.environ.get("_X_AMZN_TRACE_ID", "")
        self._shared = {
            "cold_start": self._is_cold,
            "function_request_id": getattr(context, "aws_request_id", None),
            "xray_trace_id": trace.partition(";")[0].removeprefix("Root=") or None,
            **shared,
        }
        self._is_cold = False

    def about(self, **ids: str) -> None:
        """Name what this call is about in each line to come."""
        self._shared |= ids

    def info(self, message: str, **fields: Any) -> None:
        """Say what happened."""
        self._write("INFO", message, fields)

    def exception(self, message: str, **fields: Any) -> None:
        """Say what went wrong, with the traceback of the exception that is being handled."""
        self._write("ERROR", message, {**fields, "exception": traceback.format_exc()})

    def _write(self, level: str, message: str, fields: dict[str, Any]) -> None:
        timestamp = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = {
            "level": level,
            "message": message,
            "timestamp": timestamp,
            "service": self._service,
            **self._shared,
            **fields,
        }
        print(json.dumps({name: value for name, value in line.items() if value is not None}, default=str))
