"""The worker's small parts: its pace, its id, its job, its log."""

import json
import logging
import socket
import sys
from typing import Any

import pytest

from leasehold_client import AsyncWorker, Cancelled, Job, JsonFormatter, LeaseLost, RunningJob, Worker
from leasehold_client.worker.identity import checked_worker_id, new_worker_id
from leasehold_client.worker.logs import TextFormatter
from leasehold_client.worker.pace import Pace
from tests.client.fake_api import FakeApi


@pytest.fixture
def running(api: FakeApi) -> RunningJob:
    return RunningJob(Job.of(api._view(api.add_job(payload={"n": 1}, maxAttempts=2, attempt=1))))


def test_pace_slows_down_while_nothing_comes_and_is_quick_again_once_something_does() -> None:
    pace = Pace(2.0, draw=lambda _low, high: high)
    waits = [pace.after(jobs=0) for _ in range(7)]
    assert waits == [0.2, 0.4, 0.8, 1.6, 2.0, 2.0, 2.0]
    assert pace.after(jobs=1) == 0
    assert pace.after(jobs=0) == 0.2


def test_pace_never_overflows_and_is_drawn_between_half_and_whole() -> None:
    drawn: list[tuple[float, float]] = []

    def draw(low: float, high: float) -> float:
        drawn.append((low, high))
        return low

    assert Pace(2.0, draw, in_a_row=5_000).after(jobs=0) == 1.0
    assert drawn == [(1.0, 2.0)]


@pytest.mark.parametrize("host", ["web-1.example.com", "Büro PC", "", "x" * 300, "@@@"])
def test_worker_ids_are_legal_on_any_host_and_never_the_same(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: host)
    first, second = new_worker_id(), new_worker_id()
    assert first != second
    assert checked_worker_id(first) == first


@pytest.mark.parametrize("worker_id", ["abcd", "x" * 129, "a b c d", "wörker"])
def test_illegal_worker_ids(worker_id: str) -> None:
    with pytest.raises(ValueError, match="worker id"):
        Worker(worker_id=worker_id)


@pytest.mark.parametrize(
    "settings", [{"concurrency": 0}, {"wait": 21}, {"wait": -1}, {"grace": -1}, {"longest_pause": 0}]
)
def test_impossible_settings(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be"):
        Worker(**settings)


def test_handlers_of_the_wrong_kind_are_told_when_they_are_registered() -> None:
    async def coroutine(job: RunningJob) -> None: ...

    def plain(job: RunningJob) -> None: ...

    with pytest.raises(TypeError, match="AsyncWorker"):
        Worker().task("a.type")(coroutine)
    with pytest.raises(TypeError, match="use Worker"):
        AsyncWorker().task("a.type")(plain)
    with pytest.raises(ValueError, match="no job type"):
        Worker().task("Not A Type")(plain)
    worker = Worker()
    assert worker.task("a.type")(plain) is plain
    with pytest.raises(ValueError, match="two handlers"):
        worker.task("a.type")(plain)
    assert worker.types == ["a.type"]


def test_worker_without_handlers_says_how_to_give_it_one() -> None:
    with pytest.raises(ValueError, match=r"@worker\.task"):
        Worker("http://x", "lh_x").run()


def test_running_job_tells_of_itself(running: RunningJob) -> None:
    assert running.payload == {"n": 1}
    assert (running.attempt, running.is_last_attempt, running.lease_number) == (1, True, 0)
    assert running.id in repr(running)


def test_progress_is_kept_within_bounds(running: RunningJob) -> None:
    news: list[int] = []
    running.on_news(lambda: news.append(1))
    running.progress(1.7, "almost\udcff" + "x" * 3_000)
    fraction, message = running.news()
    assert fraction == 1.0
    assert message is not None
    assert message.startswith("almost?")
    assert len(message) == 2_000
    running.progress(-1)
    assert running.news() == (0.0, message)
    assert len(news) == 2
    with pytest.raises(ValueError, match="nan"):
        running.progress(float("nan"))


def test_stopped_job_says_so_wherever_it_is_asked(running: RunningJob) -> None:
    running.check()
    running.stop(Cancelled("the job was cancelled"))
    running.stop(LeaseLost("later"))
    assert (running.cancelled, running.lease_lost) == (True, False)
    with pytest.raises(Cancelled):
        running.check()
    with pytest.raises(Cancelled):
        running.progress(0.5)


def test_log_lines_as_json_and_as_text() -> None:
    record = logging.makeLogRecord(
        {"name": "leasehold.worker", "levelname": "INFO", "msg": "reported %s", "args": ("x",)}
    )
    record.job_id = "job_1"
    line = json.loads(JsonFormatter().format(record))
    assert line["at"].endswith("Z")
    del line["at"]
    assert line == {"level": "INFO", "logger": "leasehold.worker", "message": "reported x", "job_id": "job_1"}
    assert TextFormatter().format(record).endswith("INFO    reported x job_id=job_1")
    try:
        raise ValueError("two\nlines")
    except ValueError:
        record.exc_info = sys.exc_info()
    text = JsonFormatter().format(record)
    assert "\n" not in text
    assert "ValueError: two" in json.loads(text)["exception"]
