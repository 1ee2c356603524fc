"""What must hold of template.yaml whatever is changed in it."""

import json
import re
from typing import Any

import pytest

from leasehold.access import ROLES_BY_ROUTE
from leasehold.dispatch import PROJECTED
from tests.template_file import ROOT, resources, template

FUNCTIONS = resources("AWS::Serverless::Function")
OPEN_ROUTES = ("GET /health", "GET /console", "GET /docs", "GET /openapi.json")


def _statements() -> list[Any]:
    return [
        pytest.param(statement, id=f"{name}-{nth}")
        for name, function in FUNCTIONS.items()
        for policy in function["Properties"].get("Policies", [])
        for nth, statement in enumerate(policy["Statement"])
    ]


def _resource_of(reference: Any) -> str:
    """The logical id in `!Ref x`, `!GetAtt x.Arn` or `!Sub ${x.Arn}/...`."""
    text = json.dumps(reference)
    found = re.search(r'"Ref": "(\w+)"|"Fn::GetAtt": "(\w+)\.|\$\{(\w+)\.Arn\}', text)
    assert found, text
    return next(group for group in found.groups() if group)


@pytest.mark.parametrize("statement", _statements())
def test_each_policy_names_its_actions_and_resources(statement: dict[str, Any]) -> None:
    actions, named = statement["Action"], statement["Resource"]
    assert isinstance(actions, list)
    assert isinstance(named, list)
    assert actions
    assert not any("*" in action for action in actions)
    for resource in named:
        text = json.dumps(resource)
        assert text != '"*"'
        assert not re.search(r"\*(?!\"\}?$)", text), "a wildcard may only stand for the objects under a prefix"
        assert "*" not in text or re.search(r"/(uploads|thumbnails)/\*", text)


def test_each_function_has_a_log_group_that_forgets() -> None:
    groups = resources("AWS::Logs::LogGroup")
    for name, function in FUNCTIONS.items():
        group = groups[function["Properties"]["LoggingConfig"]["LogGroup"]["Ref"]]
        assert "RetentionInDays" in group["Properties"], name


def test_each_function_is_traced_and_has_limits() -> None:
    assert template()["Globals"]["Function"]["Tracing"] == "Active"
    for name, function in FUNCTIONS.items():
        assert {"MemorySize", "Timeout", "Description"} <= set(function["Properties"]), name


def test_what_answers_http_is_ended_no_sooner_than_api_gateway_would_give_up() -> None:
    for name in ("Authorizer", "Console", "JobsApi", "WorkerApi"):
        assert FUNCTIONS[f"{name}Function"]["Properties"]["Timeout"] == 29, name


def test_messages_stay_invisible_for_six_timeouts_of_their_function() -> None:
    queues = resources("AWS::SQS::Queue")
    checked = 0
    for mapping in resources("AWS::Lambda::EventSourceMapping").values():
        source = _resource_of(mapping["Properties"]["EventSourceArn"])
        if source in queues:
            function = FUNCTIONS[_resource_of(mapping["Properties"]["FunctionName"])]
            assert queues[source]["Properties"]["VisibilityTimeout"] >= 6 * function["Properties"]["Timeout"]
            checked += 1
    assert checked == 1


def test_every_event_source_answers_in_part_and_keeps_what_it_cannot_handle() -> None:
    queues = resources("AWS::SQS::Queue")
    for name, mapping in resources("AWS::Lambda::EventSourceMapping").items():
        properties = mapping["Properties"]
        assert properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"], name
        source = _resource_of(properties["EventSourceArn"])
        if source in queues:
            assert "RedrivePolicy" in queues[source]["Properties"], name
        else:
            assert properties["BisectBatchOnFunctionError"], name
            assert properties["MaximumRetryAttempts"] > 0, name
            assert "OnFailure" in properties["DestinationConfig"], name


def test_the_authorizer_keeps_its_answers_by_token_and_route() -> None:
    [authorizer] = resources("AWS::ApiGatewayV2::Authorizer").values()
    sources = authorizer["Properties"]["IdentitySource"]
    assert sources == ["$request.header.Authorization", "$context.routeKey"]
    assert authorizer["Properties"]["AuthorizerResultTtlInSeconds"] <= 60


def test_every_route_is_authorized_but_the_open_ones() -> None:
    routes = {
        route["Properties"]["RouteKey"]: route["Properties"] for route in resources("AWS::ApiGatewayV2::Route").values()
    }
    for key, properties in routes.items():
        if key.startswith(OPEN_ROUTES):
            assert "AuthorizerId" not in properties
        else:
            assert properties["AuthorizationType"] == "CUSTOM", key
            assert properties["AuthorizerId"] == {"Ref": "Authorizer"}, key
    assert set(ROLES_BY_ROUTE) == {key for key in routes if not key.startswith(OPEN_ROUTES)}


def test_queues_of_the_dead_and_the_undelivered_raise_alarms() -> None:
    watched = {
        _resource_of(alarm["Properties"]["Dimensions"][0]["Value"])
        for alarm in resources("AWS::CloudWatch::Alarm").values()
    }
    assert {"DeadLetterQueue", "UndeliveredQueue"} <= watched
    for alarm in resources("AWS::CloudWatch::Alarm").values():
        assert alarm["Properties"]["AlarmActions"] == [{"Ref": "Alarms"}]


def test_data_outlives_the_stack() -> None:
    for kind in ("AWS::DynamoDB::Table", "AWS::S3::Bucket"):
        for name, resource in resources(kind).items():
            assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain", name


def test_buckets_are_private_and_encrypted() -> None:
    for name, bucket in resources("AWS::S3::Bucket").items():
        assert set(bucket["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}, name
        assert "BucketEncryption" in bucket["Properties"], name


def test_the_output_bucket_starts_nothing() -> None:
    for function in FUNCTIONS.values():
        for event in function["Properties"].get("Events", {}).values():
            if event["Type"] == "S3":
                assert event["Properties"]["Bucket"] == {"Ref": "UploadsBucket"}


def test_the_dispatch_index_carries_what_a_lease_needs() -> None:
    jobs = resources("AWS::DynamoDB::Table")["JobsTable"]["Properties"]
    [dispatch] = [index for index in jobs["GlobalSecondaryIndexes"] if index["IndexName"] == "dispatch"]
    assert set(dispatch["Projection"]["NonKeyAttributes"]) == set(PROJECTED)
    assert jobs["StreamSpecification"]["StreamViewType"] == "NEW_AND_OLD_IMAGES"


def test_each_target_of_the_layers_has_its_folder() -> None:
    parameters = template()["Parameters"]
    for version in parameters["PythonVersion"]["AllowedValues"]:
        for architecture in parameters["Architecture"]["AllowedValues"]:
            assert (ROOT / "layers" / "targets" / f"python{version}-{architecture}").is_dir()
