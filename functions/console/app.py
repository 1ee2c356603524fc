"""The console's files."""

import json
from typing import Any


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """A GET of API Gateway, payload format 2.0."""
    print(json.dumps({"level": "INFO", "service": "console", "path": event.get("rawPath")}))
    return {"statusCode": 200, "headers": {"content-type": "text/html"}, "body": "<title>Leasehold</title>"}
