"""Writes the registry of job types as `leasehold.registry` reads it fastest: as JSON.

A mistake in the file ends the build here. Deployed, it would end the start of every function.

    python write_registry.py FOLDER    where FOLDER/leasehold is
"""

import json
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def main(folder: Path) -> None:
    """Write `job_types.json` beside `job_types.toml`, where all in it is sound."""
    sys.path.insert(0, str(folder))
    from leasehold.registry import Registry

    path = folder / "leasehold" / "job_types.toml"
    try:
        types = tomllib.loads(path.read_text("utf-8"))
        Registry.of(types)
        for name, table in types.items():
            _check_schema(name, table.get("payload_schema"))
        text = json.dumps(types)
    except (ValueError, TypeError) as fault:  # not TOML, a bad setting, or a date, which JSON has not
        sys.exit(f"{path.name}: {fault}")
    path.with_suffix(".json").write_text(text, "utf-8")


def _check_schema(name: str, schema: Mapping[str, Any] | None) -> None:
    """Raise ValueError unless it is a JSON Schema. Where the host has no library for them, that is not known."""
    try:
        from jsonschema import Draft202012Validator
        from jsonschema.exceptions import SchemaError
    except ImportError:
        return
    try:
        Draft202012Validator.check_schema(schema or {}, format_checker=Draft202012Validator.FORMAT_CHECKER)
    except SchemaError as fault:
        raise ValueError(f"job type {name}: payload_schema is no JSON Schema: {fault.message}") from None


if __name__ == "__main__":
    main(Path(sys.argv[1]))
