"""template.yaml as the tests read it, and its tables made in any engine."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
_TABLE_SETTINGS = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode", "StreamSpecification")


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short tags: `!Ref x` reads as {"Ref": "x"}."""


def _tag(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    return {name: value}


_Loader.add_multi_constructor("!", _tag)


@cache
def template() -> dict[str, Any]:
    """The template as plain data."""
    parsed: dict[str, Any] = yaml.load((ROOT / "template.yaml").read_text(), _Loader)  # noqa: S506 - a SafeLoader
    return parsed


def resources(kind: str) -> dict[str, dict[str, Any]]:
    """The template's resources of one CloudFormation type, by logical id."""
    return {name: each for name, each in template()["Resources"].items() if each["Type"] == kind}


def create_tables(client: Any, prefix: str, *, with_streams: bool = True) -> dict[str, str]:
    """Create the template's tables under a prefix. Returns their names by kind: jobs, assets, tokens."""
    names = {}
    for logical_id, table in resources("AWS::DynamoDB::Table").items():
        kind = logical_id.removesuffix("Table").lower()
        names[kind] = f"{prefix}-{kind}"
        settings = {key: table["Properties"][key] for key in _TABLE_SETTINGS if key in table["Properties"]}
        stream = settings.pop("StreamSpecification", None)
        if stream and with_streams:
            settings["StreamSpecification"] = {"StreamEnabled": True, **stream}
        client.create_table(TableName=names[kind], **settings)
    return names
