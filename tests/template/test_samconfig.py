"""samconfig.toml: the environments that `sam deploy` knows."""

import re
import tomllib
from typing import Any

import pytest

from tests.template_file import ROOT, template

CONFIG: dict[str, Any] = tomllib.loads((ROOT / "samconfig.toml").read_text())
ENVIRONMENTS = sorted(set(CONFIG) - {"version"})


def _overrides(environment: str) -> dict[str, str]:
    pairs = CONFIG[environment]["deploy"]["parameters"].get("parameter_overrides", [])
    return dict(pair.split("=", 1) for pair in pairs)


def test_there_is_one_for_a_trial_for_the_embedded_stack_and_for_production() -> None:
    assert ENVIRONMENTS == ["default", "local", "prod"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_each_sets_parameters_that_the_template_has(environment: str) -> None:
    for name, value in _overrides(environment).items():
        parameter = template()["Parameters"][name]
        assert value in map(str, parameter.get("AllowedValues", [value])), name
        if parameter["Type"] == "Number":
            assert int(value) >= parameter.get("MinValue", 0), name


def test_production_is_not_deployed_before_it_says_who_is_told() -> None:
    pattern = template()["Parameters"]["AlarmEmail"]["AllowedPattern"]
    assert not re.fullmatch(pattern, _overrides("prod")["AlarmEmail"])
    assert re.fullmatch(pattern, "team@example.com")
    assert re.fullmatch(pattern, "")


def test_production_leaves_room_for_the_functions_that_reserve_none() -> None:
    bounds = {name: int(value) for name, value in _overrides("prod").items() if name.endswith("Concurrency")}
    reserved = sum(bounds[f"{name}Concurrency"] for name in ("Thumbnail", "WorkerApi", "Authorizer"))
    assert reserved <= 1_000 - 100  # AWS itself insists on 100
    assert bounds["WakeUpConcurrency"] < bounds["ThumbnailConcurrency"]


def test_only_the_embedded_stack_takes_plain_http() -> None:
    assert [name for name in ENVIRONMENTS if _overrides(name).get("RefusePlainHttp") == "false"] == ["local"]
