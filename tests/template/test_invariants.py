"""What must hold of template.yaml whatever is changed in it."""

import json
import re
from typing import Any

import pytest
import yaml

from leasehold.access import ROLES_BY_ROUTE
from leasehold.dispatch import PROJECTED
from tests.template_file import ROOT, resources, template

FUNCTIONS = resources("AWS::Serverless::Function")
ALARMS = {name: alarm["Properties"] for name, alarm in resources("AWS::CloudWatch::Alarm").items()}
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
    watched = [
        _resource_of(alarm["Dimensions"][0]["Value"]) for alarm in ALARMS.values() if "SQS" in alarm["Namespace"]
    ]
    assert watched == ["DeadLetterQueue", "UndeliveredQueue"]


def test_each_function_raises_an_alarm_when_it_fails() -> None:
    watched = [_resource_of(alarm["Dimensions"]) for alarm in ALARMS.values() if alarm["MetricName"] == "Errors"]
    assert sorted(watched) == sorted(FUNCTIONS)


@pytest.mark.parametrize("name", ALARMS)
def test_each_alarm_tells_somebody_and_is_explained(name: str) -> None:
    assert ALARMS[name]["AlarmActions"] == [{"Ref": "Alarms"}]
    [section] = re.findall(r"## Alarms.*?(?=\n## )", (ROOT / "docs" / "operations.md").read_text(), re.DOTALL)
    rows = [row for row in section.splitlines() if row.startswith("|") and f"`{name}`" in row.split("|")[1]]
    assert len(rows) == 1, "docs/operations.md says what each alarm means and what to do"
    _, _, means, do, _ = rows[0].split("|")
    assert means.strip()
    assert do.strip()


def test_our_own_metrics_are_alarmed_on_under_the_name_that_functions_give_them() -> None:
    namespace = template()["Globals"]["Function"]["Environment"]["Variables"]["POWERTOOLS_METRICS_NAMESPACE"]
    assert namespace == ALARMS["OldestDueAlarm"]["Namespace"] == {"Fn::Sub": "Leasehold/${AWS::StackName}"}
    variables = FUNCTIONS["SweeperFunction"]["Properties"]["Environment"]["Variables"]
    service = variables["POWERTOOLS_SERVICE_NAME"]
    assert ALARMS["OldestDueAlarm"]["Dimensions"] == [{"Name": "service", "Value": service}]


def test_the_dashboard_shows_all_alarms_and_names_what_there_is() -> None:
    [dashboard] = resources("AWS::CloudWatch::Dashboard").values()
    location = dashboard["Properties"]["DashboardBody"]["Fn::Transform"]["Parameters"]["Location"]
    text = yaml.safe_load((ROOT / location).read_text())["Fn::Sub"]
    shown, *_ = json.loads(text)["widgets"]
    assert shown["properties"]["alarms"] == [f"${{{name}.Arn}}" for name in ALARMS]
    named = {name.split(".")[0] for name in re.findall(r"\$\{([^}]+)\}", text)}
    assert named <= {*template()["Resources"], "AWS::StackName", "AWS::Region"}
    assert set(FUNCTIONS) <= named


def test_data_outlives_the_stack() -> None:
    for kind in ("AWS::DynamoDB::Table", "AWS::S3::Bucket"):
        for name, resource in resources(kind).items():
            assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain", name


def test_buckets_are_private_and_encrypted() -> None:
    for name, bucket in resources("AWS::S3::Bucket").items():
        assert set(bucket["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}, name
        assert "BucketEncryption" in bucket["Properties"], name


def test_tables_are_encrypted_and_can_be_set_back() -> None:
    for name, table in resources("AWS::DynamoDB::Table").items():
        assert table["Properties"]["SSESpecification"] == {"SSEEnabled": True}, name
        assert table["Properties"]["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], name


def test_buckets_forget_unfinished_uploads_and_keep_the_rest_unless_told() -> None:
    for name, bucket in resources("AWS::S3::Bucket").items():
        rules = bucket["Properties"]["LifecycleConfiguration"]["Rules"]
        assert any("AbortIncompleteMultipartUpload" in rule for rule in rules), name
        assert all("Fn::If" in rule or "ExpirationInDays" not in rule for rule in rules), name
    for parameter in ("OriginalsExpireDays", "ThumbnailsExpireDays"):
        assert template()["Parameters"][parameter]["Default"] == 0


def test_uploads_that_were_overwritten_or_deleted_can_be_got_back_for_a_while() -> None:
    uploads = resources("AWS::S3::Bucket")["UploadsBucket"]["Properties"]
    assert uploads["VersioningConfiguration"] == {"Status": "Enabled"}
    [kept] = [rule for rule in uploads["LifecycleConfiguration"]["Rules"] if "NoncurrentVersionExpiration" in rule]
    assert kept["NoncurrentVersionExpiration"] == {"NoncurrentDays": 35}


def test_buckets_and_queues_refuse_plain_http_unless_told() -> None:
    assert template()["Parameters"]["RefusePlainHttp"]["Default"] == "true"
    policies = {**resources("AWS::S3::BucketPolicy"), **resources("AWS::SQS::QueuePolicy")}
    refusing = set()
    for policy in policies.values():
        assert policy["Condition"] == "PlainHttpIsRefused"
        [statement] = policy["Properties"]["PolicyDocument"]["Statement"]
        assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        assert statement["Action"] in (["s3:*"], ["sqs:*"])
        [named] = policy["Properties"].get("Queues") or [policy["Properties"]["Bucket"]]
        assert {_resource_of(resource) for resource in statement["Resource"]} == {named["Ref"]}
        refusing.add(named["Ref"])
    assert refusing == {*resources("AWS::S3::Bucket"), *resources("AWS::SQS::Queue")}


def _rights(function: str) -> set[tuple[str, str]]:
    """(action, logical id) of what a function may do with tables and queues."""
    policies = FUNCTIONS[function]["Properties"].get("Policies", [])
    return {
        (action, _resource_of(resource))
        for policy in policies
        for statement in policy["Statement"]
        for action in statement["Action"]
        for resource in statement["Resource"]
        if not action.startswith("s3:")
    }


def test_workers_routes_can_neither_make_nor_delete_a_job() -> None:
    assert {action for action, _ in _rights("WorkerApiFunction")} == {
        "dynamodb:GetItem",
        "dynamodb:UpdateItem",
        "dynamodb:Query",
    }


def test_only_the_token_routes_write_tokens_and_only_the_authorizer_reads_them_besides() -> None:
    with_tokens = {name for name in FUNCTIONS if any(named == "TokensTable" for _, named in _rights(name))}
    assert with_tokens == {"JobsApiFunction", "AuthorizerFunction"}
    assert _rights("AuthorizerFunction") == {("dynamodb:GetItem", "TokensTable")}
    assert _rights("ConsoleFunction") == set()


def test_what_could_starve_others_can_be_bounded_and_is_not_by_itself() -> None:
    for name in ("Thumbnail", "WorkerApi", "Authorizer"):
        reserved = FUNCTIONS[f"{name}Function"]["Properties"]["ReservedConcurrentExecutions"]["Fn::If"]
        assert reserved[1:] == [{"Ref": f"{name}Concurrency"}, {"Ref": "AWS::NoValue"}]
        # An account with room for 10 executions can reserve none: a first deploy must not fail for it.
        assert template()["Parameters"][f"{name}Concurrency"]["Default"] == 0
    wake_ups = template()["Parameters"]["WakeUpConcurrency"]
    assert wake_ups["Default"] < 10
    sizes = template()["Mappings"]["WakeUpsAtOnce"]["AtMost"]
    assert sizes == {str(each): each for each in wake_ups["AllowedValues"]}


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


def test_the_api_goes_by_published_versions_only_where_there_are_snapshots() -> None:
    """A published version doesn't take over a changed parameter by itself."""
    for name in ("WorkerApi", "JobsApi"):
        integration = resources("AWS::ApiGatewayV2::Integration")[f"{name}Integration"]["Properties"]
        assert integration["IntegrationUri"] == {
            "Fn::If": ["HasSnapshots", {"Ref": f"{name}Function.Alias"}, {"Fn::GetAtt": f"{name}Function.Arn"}]
        }
    for function in FUNCTIONS.values():
        properties = function["Properties"]
        if "SnapStart" in properties:
            assert "SnapshotLabel" in properties["VersionDescription"]["Fn::Sub"]
            for layer in properties["Layers"]:
                assert template()["Resources"][layer["Ref"]]["Properties"]["PublishLambdaVersion"] is True
