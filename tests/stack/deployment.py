"""The embedded stack as its users meet it: HTTP for jobs, S3 for pictures, SQS for dead letters."""

import json
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import boto3
import httpx

Found = TypeVar("Found")

WAIT_SECONDS = 60.0


class Deployment:
    """One deployed stack."""

    def __init__(self, description: dict[str, Any]) -> None:
        self.description = description
        self.http = httpx.Client(base_url=description["apiUrl"], timeout=40, trust_env=False)
        self._run = uuid.uuid4().hex[:8]  # a stack that was up before has pictures of earlier runs
        self._letters: dict[str, list[dict[str, Any]]] = {}

    def close(self) -> None:
        self.http.close()

    def aws(self, service: str) -> Any:
        make: Any = boto3.client
        return make(
            service,
            endpoint_url=self.description["endpointUrl"],
            region_name=self.description["region"],
            aws_access_key_id=self.description["accessKeyId"],
            aws_secret_access_key=self.description["secretAccessKey"],
        )

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        role: str = "admin",
        worker: str | None = None,
        token: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        sent = {"Authorization": f"Bearer {self.description['tokens'][role]}", **(headers or {})}
        if worker is not None:
            sent["X-Worker-Id"] = worker
        if token is not None:
            sent["X-Lease-Token"] = token
        content = None if body is None else json.dumps(body)
        return self.http.request(method, path, content=content, headers=sent)

    def json(self, method: str, path: str, body: Any = None, status: int = 200, **how: Any) -> dict[str, Any]:
        answer = self.call(method, path, body, **how)
        assert answer.status_code == status, answer.text
        parsed: dict[str, Any] = answer.json()
        return parsed

    def leased(self, worker: str, job_type: str = "demo.echo", **order: Any) -> dict[str, Any]:
        """A job of our own, leased. Other tests' jobs that come first are finished on the way."""
        wanted = self.json("POST", "/jobs", {"type": job_type, "payload": {}, "priority": "high", **order}, 201)
        while True:
            [job] = self.json("GET", f"/jobs/lease?type={job_type}", worker=worker)["jobs"]
            if job["jobId"] == wanted["jobId"]:
                return dict(job)
            self.json("POST", f"/jobs/{job['jobId']}/succeed", {"result": {}}, worker=worker, token=job["leaseToken"])

    def stored(self, job_id: str) -> dict[str, Any]:
        return self.json("GET", f"/jobs/{job_id}", role="viewer")

    def upload(self, data: bytes, name: str | None = None) -> str:
        """Put an object under uploads/; returns its key."""
        key = self.key(name or f"{uuid.uuid4().hex}.bin")
        self.aws("s3").put_object(Bucket=self.description["uploadsBucket"], Key=key, Body=data)
        return key

    def key(self, name: str) -> str:
        """The key of an upload of this run."""
        return f"uploads/run/{self._run}/{name}"

    def asset(self, key: str) -> dict[str, Any] | None:
        """The source asset of a key, or None while there is none."""
        cursor = ""
        while True:
            page = self.json("GET", f"/assets?limit=100{cursor}", role="viewer")
            for asset in page["assets"]:
                if asset["key"] == key:
                    return dict(asset)
            if page["cursor"] is None:
                return None
            cursor = f"&cursor={page['cursor']}"

    def settled(self, key: str) -> dict[str, Any]:
        """The source asset of a key once it is processed or has failed for good."""

        def look() -> dict[str, Any] | None:
            asset = self.asset(key)
            return asset if asset is not None and (asset["processed"] or asset["error"]) else None

        return eventually(look)

    def jobs_of(self, asset_id: str) -> list[dict[str, Any]]:
        """The newest thumbnail jobs of an asset."""
        jobs = self.json("GET", "/jobs?type=thumbnail.create&limit=100")["jobs"]
        return [job for job in jobs if job["payload"]["assetId"] == asset_id]

    def dead_letters(self, job_id: str) -> list[dict[str, Any]]:
        """The messages of a job that have come to the dead-letter queue so far."""
        sqs, url = self.aws("sqs"), self.description["deadLetterQueueUrl"]
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                body = json.loads(message["Body"])
                self._letters.setdefault(body["job"]["jobId"], []).append(body)
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return self._letters.get(job_id, [])


def eventually(
    look: Callable[[], Found | None], wait_seconds: float = WAIT_SECONDS, pause_seconds: float = 0.1
) -> Found:
    """What `look` finds as soon as it finds it; fails when that takes too long."""
    give_up_at = time.monotonic() + wait_seconds
    while time.monotonic() < give_up_at:
        found = look()
        if found:
            return found
        time.sleep(pause_seconds)
    raise AssertionError(f"did not come within {wait_seconds} s; the last look found {look()!r}")


def corpus() -> Path | None:
    """The folder of real pictures, where it is at hand."""
    folder = Path(__file__).resolve().parents[3] / "shared" / "pictures"
    return folder if folder.is_dir() else None
