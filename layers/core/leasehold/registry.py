"""The registry of job types: what each type allows, read from `job_types.toml`."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from leasehold.backoff import Backoff
from leasehold.errors import Invalid, invalid_field

_SHIPPED = Path(__file__).with_name("job_types.toml")
_DEFAULTS: dict[str, Any] = {
    "lease_seconds": 120,
    "max_attempts": 5,
    "backoff_base_seconds": 10,
    "backoff_cap_seconds": 3600,
    "delivery": "pull",
    "retention_days": 30,
    "shards": 1,
    "payload_schema": None,
}
# An answer names a bad field, but no more of its name than a person would read.
_LONGEST_FIELD = 100
_RANGES = {
    "lease_seconds": (1, 43_200),
    "max_attempts": (1, 100),
    "backoff_base_seconds": (0, 31_536_000),
    "backoff_cap_seconds": (0, 31_536_000),
    "retention_days": (1, 3_650),
    "shards": (1, 100),
}
_MAY_BE_FRACTIONS = ("backoff_base_seconds", "backoff_cap_seconds")


@dataclass(frozen=True, slots=True)
class JobType:
    """One kind of job and its rules. Times in seconds."""

    name: str
    lease_seconds: int
    max_attempts: int
    backoff: Backoff
    delivery: str
    retention_days: int
    shards: int
    payload_schema: Mapping[str, Any] | None

    @property
    def is_pushed(self) -> bool:
        """Whether our own function runs it, woken by a message."""
        return self.delivery == "push"

    def check_payload(self, payload: Mapping[str, Any]) -> None:
        """Raise Invalid, naming each bad field, unless the payload satisfies the type's schema."""
        if self.payload_schema is None:
            return
        # Imported here: only an enqueue of a type with a schema pays for it.
        from jsonschema import Draft202012Validator

        faults = [
            {"field": field[:_LONGEST_FIELD], "message": fault.message[:300]}
            for fault in Draft202012Validator(self.payload_schema).iter_errors(payload)
            for field in _fields_of(fault)
        ]
        if faults:
            raise Invalid(f"the payload does not fit the type {self.name}", details=faults[:20])


def _fields_of(fault: Any) -> list[str]:
    """The fields that a fault of jsonschema is about: of an object that lacks one, or has one too many, that one."""
    place = fault.json_path.replace("$", "payload", 1)
    names: list[str] = []
    if fault.validator == "required":
        names = [name for name in fault.validator_value if fault.message == f"{name!r} is a required property"]
    elif fault.validator == "additionalProperties" and not fault.schema.get("patternProperties"):
        names = [name for name in fault.instance if name not in fault.schema.get("properties", {})]
    return [f"{place}.{name}" for name in names] or [place]


class Registry:
    """All job types by name."""

    def __init__(self, types: Mapping[str, JobType]) -> None:
        self._types = dict(types)

    def __getitem__(self, name: str) -> JobType:
        """The type of that name; raises Invalid `unknown_job_type`."""
        found = self._types.get(name)
        if found is None:
            known = ", ".join(sorted(self._types))
            raise invalid_field("type", f"no job type is named {name[:64]!r}; known: {known}", code="unknown_job_type")
        return found

    def rules_of(self, name: str) -> JobType:
        """The rules for a job that exists: its type's, or the defaults where the type has left the registry.

        A worker's report must not fail because somebody took the type out of the file meanwhile.
        """
        return self._types.get(name) or _job_type(name, {})

    def __contains__(self, name: object) -> bool:
        return name in self._types

    def __iter__(self) -> Iterator[JobType]:
        return iter(self._types.values())

    @classmethod
    def of(cls, tables: Mapping[str, Mapping[str, Any]]) -> "Registry":
        """The registry of parsed tables. Raises ValueError that names the type and the setting at fault."""
        return cls({name: _job_type(name, table) for name, table in tables.items()})


@lru_cache(maxsize=4)
def load(overrides: str = "{}", path: Path = _SHIPPED) -> Registry:
    """The registry file, with settings of single types replaced by `overrides`, a JSON object of objects."""
    tables = _tables(path)
    for name, settings in json.loads(overrides or "{}").items():
        tables.setdefault(name, {}).update(settings)
    return Registry.of(tables)


def _tables(path: Path) -> dict[str, dict[str, Any]]:
    """The file's tables. A layer's build has made JSON of them: a function's start is spared the parser of TOML."""
    built = path.with_suffix(".json")
    if built.exists():
        tables: dict[str, dict[str, Any]] = json.loads(built.read_text("utf-8"))
        return tables
    import tomllib

    return tomllib.loads(path.read_text("utf-8"))


def _job_type(name: str, table: Mapping[str, Any]) -> JobType:
    if not name or len(name) > 64 or not set(name) <= _NAME_CHARACTERS:
        raise ValueError(f"job type {name!r}: a name is 1 to 64 of a-z 0-9 . _ -")
    if not isinstance(table, Mapping):
        raise ValueError(f"job type {name}: {table!r} is no table of settings")
    unknown = sorted(set(table) - set(_DEFAULTS))
    if unknown:
        is_split = isinstance(table[unknown[0]], Mapping)
        advice = f'; a name with a dot is written in quotes: ["{name}.{unknown[0]}"]' if is_split else ""
        raise ValueError(f"job type {name}: no setting is named {', '.join(unknown)}{advice}")
    settings = {**_DEFAULTS, **table}
    for setting, (low, high) in _RANGES.items():
        value = settings[setting]
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise ValueError(f"job type {name}: {setting} is {value!r}, not a number from {low} to {high}")
        if setting not in _MAY_BE_FRACTIONS and value != int(value):
            raise ValueError(f"job type {name}: {setting} is {value!r}, not a whole number")
    if not isinstance(settings["payload_schema"], Mapping | None):
        raise ValueError(f"job type {name}: payload_schema is {settings['payload_schema']!r}, not a table")
    if settings["delivery"] not in ("pull", "push"):
        raise ValueError(f"job type {name}: delivery is {settings['delivery']!r}, not pull or push")
    return JobType(
        name=name,
        lease_seconds=int(settings["lease_seconds"]),
        max_attempts=int(settings["max_attempts"]),
        backoff=Backoff(settings["backoff_base_seconds"], settings["backoff_cap_seconds"]),
        delivery=settings["delivery"],
        retention_days=int(settings["retention_days"]),
        shards=int(settings["shards"]),
        payload_schema=settings["payload_schema"],
    )


_NAME_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._-")
