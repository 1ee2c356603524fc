"""What becomes of a stack's data: deployed again, changed in place, deleted. The template is as SAM packaged it."""

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.stack.deployment import Deployment, eventually

pytestmark = pytest.mark.stack


class Stacks:
    """CloudFormation as `sam deploy` uses it: a change set, executed if there is a change."""

    def __init__(self, deployment: Deployment) -> None:
        self.aws = deployment.aws
        self._formation = deployment.aws("cloudformation")
        shared = deployment.description["stackName"]
        template = self._formation.get_template(StackName=shared, TemplateStage="Original")["TemplateBody"]
        bucket, key = f"templates-{uuid.uuid4().hex[:8]}", "template.yaml"
        self.aws("s3").create_bucket(Bucket=bucket)
        self.aws("s3").put_object(Bucket=bucket, Key=key, Body=template.encode())
        self.template_url = f"{deployment.description['endpointUrl']}/{bucket}/{key}"
        self.parameters = self.stack(shared)["Parameters"]

    def stack(self, name: str) -> dict[str, Any]:
        [found] = self._formation.describe_stacks(StackName=name)["Stacks"]
        return dict(found)

    def exists(self, name: str) -> bool:
        return any(
            each["StackName"] == name and each["StackStatus"] != "DELETE_COMPLETE"
            for page in self._formation.get_paginator("list_stacks").paginate()
            for each in page["StackSummaries"]
        )

    def outputs(self, name: str) -> dict[str, str]:
        return {output["OutputKey"]: output["OutputValue"] for output in self.stack(name)["Outputs"]}

    def change_set(self, name: str, kind: str, **changed: str) -> dict[str, Any]:
        """The change set of a deploy, with the shared stack's parameters but for those named."""
        parameters = {each["ParameterKey"]: each["ParameterValue"] for each in self.parameters} | changed
        made = self._formation.create_change_set(
            StackName=name,
            ChangeSetName=f"set-{uuid.uuid4().hex[:8]}",
            ChangeSetType=kind,
            TemplateURL=self.template_url,
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            Capabilities=["CAPABILITY_IAM"],
        )

        def settled() -> dict[str, Any] | None:
            described: dict[str, Any] = self._formation.describe_change_set(ChangeSetName=made["Id"])
            return described if described["Status"] in ("CREATE_COMPLETE", "FAILED") else None

        return eventually(settled)

    def deploy(self, name: str, kind: str, **changed: str) -> dict[str, Any]:
        """Deploy and wait until it is done. Returns the change set."""
        changes = self.change_set(name, kind, **changed)
        assert changes["Status"] == "CREATE_COMPLETE", changes
        self._formation.execute_change_set(ChangeSetName=changes["ChangeSetId"])

        def done() -> bool:
            status = self.stack(name)["StackStatus"]
            assert not status.endswith("FAILED"), status
            assert "ROLLBACK" not in status, status
            return bool(status == f"{kind}_COMPLETE")

        eventually(done, wait_seconds=180)
        return changes

    def user_who_may_do_everything(self, name: str) -> Callable[[str], Any]:
        """Clients of a user who is not the account's root, which this server refuses nothing."""
        iam = self.aws("iam")
        iam.create_user(UserName=name)
        allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
        iam.put_user_policy(UserName=name, PolicyName="everything", PolicyDocument=json.dumps(allow))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        make: Any = boto3.client

        def client(service: str) -> Any:
            return make(
                service,
                endpoint_url=self.aws(service).meta.endpoint_url,
                region_name=self.aws(service).meta.region_name,
                aws_access_key_id=key["AccessKeyId"],
                aws_secret_access_key=key["SecretAccessKey"],
            )

        return client

    def delete(self, name: str) -> None:
        stack_id = self.stack(name)["StackId"]
        self._formation.delete_stack(StackName=name)
        eventually(lambda: self.stack(stack_id)["StackStatus"] == "DELETE_COMPLETE", wait_seconds=180)


@pytest.fixture(scope="module")
def stacks(deployment: Deployment) -> Stacks:
    return Stacks(deployment)


@pytest.fixture
def name(stacks: Stacks) -> Iterator[str]:
    """A stack's name of our own; what it leaves behind is removed."""
    chosen = f"life-{uuid.uuid4().hex[:8]}"
    yield chosen
    if stacks.exists(chosen):  # a failed test must not leave functions at work beside those of others
        stacks.delete(chosen)
    dynamodb, s3 = stacks.aws("dynamodb"), stacks.aws("s3")
    for table in dynamodb.list_tables()["TableNames"]:
        if table.startswith(chosen):
            dynamodb.delete_table(TableName=table)
    for bucket in s3.list_buckets()["Buckets"]:
        if bucket["Name"].startswith(chosen):
            for version in s3.list_object_versions(Bucket=bucket["Name"]).get("Versions", []):
                s3.delete_object(Bucket=bucket["Name"], Key=version["Key"], VersionId=version["VersionId"])
            s3.delete_bucket(Bucket=bucket["Name"])


def test_a_second_deploy_changes_nothing(deployment: Deployment, stacks: Stacks) -> None:
    changes = stacks.change_set(deployment.description["stackName"], "UPDATE")
    assert (changes["Status"], changes["Changes"]) == ("FAILED", []), changes["Changes"]
    assert "didn't contain changes" in changes["StatusReason"]


def test_data_outlives_changes_in_place_and_the_stack_itself(stacks: Stacks, name: str) -> None:
    s3, dynamodb, logs = stacks.aws("s3"), stacks.aws("dynamodb"), stacks.aws("logs")
    stacks.deploy(name, "CREATE", LogRetentionDays="3")
    made = stacks.outputs(name)
    tables = {made[f"{kind}Table"]: f"{kind.lower().removesuffix('s')}Id" for kind in ("Jobs", "Assets", "Tokens")}
    for table, key in tables.items():
        dynamodb.put_item(TableName=table, Item={key: {"S": "kept"}})
    for bucket in ("UploadsBucket", "DerivedBucket"):
        s3.put_object(Bucket=made[bucket], Key="kept", Body=b"data")

    def are_kept() -> bool:
        return all(
            "Item" in dynamodb.get_item(TableName=table, Key={key: {"S": "kept"}}) for table, key in tables.items()
        )

    changes = stacks.deploy(name, "UPDATE", LogRetentionDays="7")
    replaced = [
        each["ResourceChange"] for each in changes["Changes"] if each["ResourceChange"].get("Replacement") == "True"
    ]
    assert replaced == []
    assert are_kept()
    assert stacks.outputs(name) == made
    [group] = logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{name}-outbox")["logGroups"]
    assert group["retentionInDays"] == 7

    # Plain HTTP is what this server speaks: with the template's own default it is shut to all but the account's root.
    user = stacks.user_who_may_do_everything(name)
    for bucket in ("UploadsBucket", "DerivedBucket"):
        assert user("s3").get_object(Bucket=made[bucket], Key="kept")["Body"].read() == b"data"
    stacks.deploy(name, "UPDATE", RefusePlainHttp="true")
    for bucket in ("UploadsBucket", "DerivedBucket"):
        with pytest.raises(ClientError, match="AccessDenied"):
            user("s3").get_object(Bucket=made[bucket], Key="kept")
    for queue in ("DeadLetterQueueUrl", "RetryQueueUrl"):
        with pytest.raises(ClientError, match="AccessDenied"):
            user("sqs").receive_message(QueueUrl=made[queue])

    stacks.delete(name)
    assert are_kept()
    for bucket in ("UploadsBucket", "DerivedBucket"):
        assert s3.get_object(Bucket=made[bucket], Key="kept")["Body"].read() == b"data"
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        stacks.aws("lambda").get_function(FunctionName=made["OutboxFunction"])
