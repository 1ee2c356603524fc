"""The command `leasehold` against the fake API: answers, exit statuses, and errors in a line."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from leasehold_client import Patience
from leasehold_client.cli import jobs as job_commands
from tests.client.conftest import Shell
from tests.client.fake_api import TOKEN, FakeApi

DEAD = {"code": "upstream_down", "message": "no answer", "at": None}


@pytest.fixture(autouse=True)
def looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_commands, "_LOOK_EVERY_SECONDS", 0.01)


def dead_jobs(api: FakeApi, count: int, code: str = "upstream_down", job_type: str = "demo.echo") -> list[str]:
    error = {**DEAD, "code": code}
    return [api.add_job(job_type, status="dlq", attempt=5, lastError=error)["jobId"] for _ in range(count)]


# -- jobs -----------------------------------------------------------------------------------------------------------


def test_enqueue_prints_the_id(served_api: FakeApi, leasehold: Shell) -> None:
    ran = leasehold("enqueue", "demo.echo", '{"n": 1}', "--delay", "15m", "--priority", "low", "--max-attempts", "2")
    job = served_api.only_job
    assert (ran.status, ran.out, ran.errors) == (0, f"{job['jobId']}\n", "")
    assert (job["payload"], job["priority"], job["maxAttempts"]) == ({"n": 1}, "low", 2)
    assert job["nextRunAt"] == served_api.now() + 900


def test_enqueue_takes_its_payload_from_a_file_or_standard_input(
    served_api: FakeApi, leasehold: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "payload.json").write_text('{"from": "file"}')
    monkeypatch.setattr(sys, "stdin", io.StringIO('{"from": "input"}'))
    assert leasehold("enqueue", "demo.echo", "@payload.json").status == 0
    assert leasehold("enqueue", "demo.echo", "-").status == 0
    assert [job["payload"]["from"] for job in served_api.jobs.values()] == ["file", "input"]


def test_enqueue_with_a_key_twice_is_one_job(served_api: FakeApi, leasehold: Shell) -> None:
    first, second = (leasehold("enqueue", "demo.echo", "--key", "k", "--json").json for _ in range(2))
    assert first == second
    assert first["jobId"] == served_api.only_job["jobId"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["enqueue", "demo.echo", "{n: 1}"], "no JSON"),
        (["enqueue", "demo.echo", "[1]"], "must be a JSON object"),
        (["enqueue", "demo.echo", "@none.json"], "none.json can't be read: No such file"),
        (["enqueue", "demo.echo", "--delay", "soon"], "15m"),
        (["enqueue", "demo.echo", "--at", "soon"], "2030-01-31"),
        (["enqueue", "demo.echo", "--delay", "1", "--at", "2030-01-01"], "not both"),
        (["enqueue"], "TYPE"),
        (["jobs", "--status", "dead"], "dlq"),
        (["jobs", "--colour"], "--colour"),
        (["job"], "ID"),
        (["jobz"], "Did you mean 'job', 'jobs'"),
        (["redrive"], "--code"),
        (["redrive", "job_1", "--type", "demo.echo"], "not both"),
        (["redrive", "--type", "demo.echo", "--max-attempts", "3"], "ids only"),
        (["upload", "none.jpg"], "no such file"),
        (["assets", "--again"], "needs the ID"),
        (["worker", "run", "reports"], "MODULE:WORKER"),
        (["worker", "run", "no_such_module:worker"], "no module no_such_module"),
        (["worker", "run", "json:dumps"], "no worker named dumps"),
        (["job", ""], "'' is no id"),
        (["cancel", ".."], "'..' is no id"),
        (["job", "a/b"], "'a/b' is no id"),
        (["assets", "", "--again"], "'' is no id"),
        (["token", "revoke", "\udcff"], "not UTF-8"),
        (["jobs", "--code", "\udcff"], "not UTF-8"),
        (["enqueue", "demo.echo", '{"n": NaN}'], "JSON"),
        (["enqueue", "demo.echo", '{"n": 1e400}'], "JSON"),
        (["enqueue", "demo.echo", "--key", ""], "an idempotency key"),
        (["enqueue", "demo.echo", "--key", "schlüssel"], "an idempotency key"),
        (["token", "create", "viewer", "--label", "x", "--expires-in-days", "nan"], "JSON"),
    ],
)
def test_wrong_command_lines_are_told_in_a_line(
    served_api: FakeApi, leasehold: Shell, arguments: list[str], says: str
) -> None:
    ran = leasehold(*arguments)
    assert ran.status == 2
    assert ran.out == ""
    assert ran.errors.startswith("leasehold: ")
    assert ran.errors.count("\n") == 1
    assert says in ran.errors
    assert served_api.requests == []


@pytest.mark.parametrize("arguments", [[], ["token"], ["worker"]])
def test_group_without_a_command_shows_what_there_is(leasehold: Shell, arguments: list[str]) -> None:
    ran = leasehold(*arguments)
    assert (ran.status, ran.out) == (2, "")
    assert "Commands:" in ran.errors


def test_jobs_in_a_pipe_are_lines_with_tabs(served_api: FakeApi, leasehold: Shell) -> None:
    [dead] = dead_jobs(served_api, 1)
    queued = served_api.add_job()["jobId"]
    ran = leasehold("jobs")
    assert [row[:4] for row in ran.rows] == [
        [queued, "demo.echo", "queued", "0/5"],
        [dead, "demo.echo", "dlq", "5/5"],
    ]
    assert ran.rows[1][-1] == "upstream_down"
    assert ran.rows[0][4] == "2030-03-17T17:46:40.000Z"
    assert [row[0] for row in leasehold("jobs", "--status", "dlq").rows] == [dead]


def test_jobs_by_error_and_beyond_a_page(served_api: FakeApi, leasehold: Shell) -> None:
    dead_jobs(served_api, 150)
    wanted = dead_jobs(served_api, 2, code="other")
    assert len(leasehold("jobs", "--limit", "140").rows) == 140
    found = leasehold("jobs", "--code", "other", "--json").json["jobs"]
    assert [job["jobId"] for job in found] == wanted[::-1]


def test_no_jobs_is_an_empty_answer(served_api: FakeApi, leasehold: Shell) -> None:
    assert leasehold("jobs").out == ""
    assert leasehold("jobs", "--json").json == {"jobs": []}


def test_job_shows_facts_and_history(served_api: FakeApi, leasehold: Shell) -> None:
    job = served_api.add_job(payload={"text": "two\nlines \x1b[31m"})
    ran = leasehold("job", job["jobId"])
    facts = {row[0]: row[1] for row in ran.rows if len(row) == 2}
    assert facts["status"] == "queued"
    assert json.loads(facts["payload"]) == job["payload"]
    assert ran.rows[-1][1] == "queued"
    assert leasehold("job", job["jobId"], "--json").json["history"][0]["event"] == "queued"


def test_an_error_without_a_code_is_told_by_its_message(served_api: FakeApi, leasehold: Shell) -> None:
    job = served_api.add_job(status="dlq", lastError={**DEAD, "code": None})
    facts = {row[0]: row[1] for row in leasehold("job", job["jobId"]).rows if len(row) == 2}
    assert facts["error"] == "no answer"


def test_somebody_elses_error_text_does_not_command_the_terminal(served_api: FakeApi, leasehold: Shell) -> None:
    job = served_api.add_job(status="dlq", lastError={**DEAD, "message": "\x1b]0;owned\x07\r\n\x9b2J"})
    ran = leasehold("job", job["jobId"])
    assert not set(ran.out) & set("\x1b\x07\r\x9b")


def test_watch_follows_a_job_to_its_good_end(
    served_api: FakeApi, leasehold: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = served_api.add_job()
    changes: list[dict[str, Any]] = [
        {"status": "leased", "workerId": "worker-1"},
        {"progress": 0.5, "progressMessage": "halfway"},
        {},
        {"status": "succeeded", "result": {"ok": True}, "workerId": None},
    ]
    monkeypatch.setattr("leasehold_client.cli.jobs.time.sleep", lambda _seconds: job.update(changes.pop(0)))
    ran = leasehold("job", job["jobId"], "--watch")
    assert ran.status == 0
    assert [line.removeprefix(job["jobId"]).strip() for line in ran.out.splitlines()] == [
        "queued",
        "leased  by worker-1",
        "leased  by worker-1  50%  halfway",
        "succeeded",
    ]


@pytest.mark.parametrize("status", ["dlq", "cancelled"])
def test_watch_of_a_job_that_ends_badly(served_api: FakeApi, leasehold: Shell, status: str) -> None:
    job = served_api.add_job(status=status, lastError=DEAD)
    ran = leasehold("job", job["jobId"], "--watch", "--json")
    assert ran.status == 6
    assert ran.json["status"] == status


def test_watch_that_takes_too_long(served_api: FakeApi, leasehold: Shell) -> None:
    ran = leasehold("enqueue", "demo.echo", "--wait", "--timeout", "0")
    assert ran.status == 7
    assert "still queued" in ran.errors


def test_cancel(served_api: FakeApi, leasehold: Shell) -> None:
    job_id = served_api.add_job()["jobId"]
    assert leasehold("cancel", job_id).rows == [[job_id, "cancelled"]]
    assert leasehold("cancel", job_id, "--json").json["jobs"][0]["status"] == "cancelled"
    done = served_api.add_job(status="succeeded")
    ran = leasehold("cancel", done["jobId"])
    assert (ran.status, ran.errors) == (1, "leasehold: the job is succeeded already and can't be cancelled\n")


def test_redrive_one(served_api: FakeApi, leasehold: Shell) -> None:
    [dead] = dead_jobs(served_api, 1)
    assert leasehold("redrive", dead, "--max-attempts", "3").rows == [[dead, "queued"]]
    assert served_api.only_job["maxAttempts"] == 3
    assert leasehold("redrive", dead).status == 1


def test_redrive_many_asks_first(served_api: FakeApi, leasehold: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    dead_jobs(served_api, 250)
    dead_jobs(served_api, 3, code="other")
    assert leasehold("redrive", "--code", "upstream_down", "--dry-run", "--json").json == {"wouldRedrive": 250}
    unasked = leasehold("redrive", "--code", "upstream_down", "--json")
    assert (unasked.status, "add --yes" in unasked.errors, "250" in unasked.errors) == (2, True, True)

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal("n\n"))
    refused = leasehold("redrive", "--code", "upstream_down")
    assert refused.status == 1
    assert "Redrive 250 dead jobs with error upstream_down?" in refused.errors
    assert served_api.seen["POST /jobs/redrive"] == 0
    monkeypatch.setattr(sys, "stdin", Terminal("y\n"))
    assert leasehold("redrive", "--code", "upstream_down").out == "redriven: 250\n"
    assert sum(job["status"] == "dlq" for job in served_api.jobs.values()) == 3


def test_redrive_by_type_with_a_limit(served_api: FakeApi, leasehold: Shell) -> None:
    dead_jobs(served_api, 5)
    dead_jobs(served_api, 5, job_type="report.render")
    ran = leasehold("redrive", "--type", "report.render", "--limit", "2", "--yes", "--json")
    assert ran.json == {"redriven": 2}
    assert leasehold("redrive", "--type", "demo.echo", "--code", "none", "--yes").out == "redriven: 0\n"
    counted = leasehold("stats", "--json").json["types"]
    assert (counted["report.render"]["dlq"], counted["demo.echo"]["dlq"]) == (3, 5)
    assert ["report.render", "2", "0", "0", "3", "0", ""] in leasehold("stats").rows


def test_redrive_of_a_type_that_is_not_there_is_refused(served_api: FakeApi, leasehold: Shell) -> None:
    for more in (["--yes"], ["--dry-run"], ["--code", "none", "--yes"]):
        ran = leasehold("redrive", "--type", "demo.ecko", *more)
        assert (ran.status, ran.out) == (1, "")
        assert "demo.ecko" in ran.errors


# -- pictures -------------------------------------------------------------------------------------------------------


def test_upload_of_a_folder_shows_each_result(served_api: FakeApi, leasehold: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "holidays"
    (folder / "deep").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    (folder / "a.jpg").write_bytes(b"picture")
    (folder / "deep" / "b.png").write_bytes(b"picture")
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "large.jpg").write_bytes(bytes(2_000))
    (folder / "notes.txt").write_bytes(b"notes")
    (folder / ".hidden" / "c.jpg").write_bytes(b"picture")
    (folder / ".DS_Store").write_bytes(b"x")
    ran = leasehold("upload", "holidays")
    assert ran.status == 6
    assert [(Path(row[0]).name, row[1], row[3], row[6]) for row in ran.rows] == [
        ("a.jpg", "ready", "320 x 240", ""),
        ("b.png", "ready", "320 x 240", ""),
        ("empty.jpg", "failed", "", "the file is empty"),
        ("large.jpg", "failed", "", "the file has 2,000 bytes; at most 1,000 are taken"),
        ("notes.txt", "failed", "", "these bytes are no picture"),
    ]


def test_upload_as_json(served_api: FakeApi, leasehold: Shell, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"picture")
    ran = leasehold("upload", "a.jpg", "a.jpg", "--json")
    assert (ran.status, ran.errors) == (0, "")
    [file] = ran.json["files"]
    assert (file["file"], file["status"], file["error"]) == ("a.jpg", "ready", None)
    assert file["asset"]["thumbnails"][0]["url"] == "http://s3.test/320.webp"


def test_upload_that_is_not_waited_for_or_takes_too_long(served_api: FakeApi, leasehold: Shell, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"slow")
    assert leasehold("upload", "a.jpg", "--no-wait").rows[0][1] == "uploaded"
    ran = leasehold("upload", "a.jpg", "--timeout", "0")
    assert (ran.status, ran.rows[0][1]) == (7, "waiting")


def test_upload_without_a_good_token_ends_at_once(served_api: FakeApi, leasehold: Shell, tmp_path: Path) -> None:
    for nth in range(20):
        (tmp_path / f"{nth}.jpg").write_bytes(b"picture")
    ran = leasehold("upload", ".", "--token", "lh_wrong", "--parallel", "1")
    assert (ran.status, ran.out) == (4, "")
    assert ran.errors.count("\n") == 1
    assert served_api.seen["POST /assets"] < 20


def test_assets(served_api: FakeApi, leasehold: Shell, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"picture")
    (tmp_path / "b.txt").write_bytes(b"text")
    leasehold("upload", ".")
    rows = {row[2]: row for row in leasehold("assets").rows}
    assert (rows["a.jpg"][1], rows["a.jpg"][3], rows["b.txt"][1]) == ("ready", "640 x 480", "failed")
    asset_id = rows["a.jpg"][0]
    assert ["thumbnail 320", "http://s3.test/320.webp"] in leasehold("assets", asset_id).rows
    assert leasehold("assets", asset_id, "--json").json["processed"] is True
    again = leasehold("assets", asset_id, "--again").out.strip()
    assert served_api.only_job["jobId"] == again
    assert len(leasehold("assets", "--limit", "1", "--json").json["assets"]) == 1


# -- tokens, console, worker ----------------------------------------------------------------------------------------


def test_tokens(served_api: FakeApi, leasehold: Shell) -> None:
    made = leasehold("token", "create", "worker", "--label", "farm", "--type", "demo.echo", "--worker-id", "farm-*")
    [token_id] = served_api.tokens
    assert made.out == f"lh_{token_id}_{'n' * 43}\n"
    assert "not shown again" in made.errors
    assert leasehold("token", "list").rows[0][:5] == [token_id, "worker", "farm", "demo.echo", "farm-*"]
    assert leasehold("token", "rotate", token_id, "--json").json["token"].endswith("r" * 43)
    assert leasehold("token", "revoke", token_id).out == f"revoked: {token_id}\n"
    assert leasehold("token", "revoke", token_id).status == 5
    assert leasehold("token", "list", "--json").json == {"tokens": []}


def test_open_prints_the_address_and_needs_no_token(
    served_api: FakeApi, leasehold: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LEASEHOLD_TOKEN")
    assert leasehold("open").out == f"{served_api.url}/console\n"
    assert leasehold("open", "--json").json == {"consoleUrl": f"{served_api.url}/console"}


def test_worker_without_handlers(served_api: FakeApi, leasehold: Shell, tmp_path: Path) -> None:
    (tmp_path / "idle_module.py").write_text("from leasehold_client import Worker\nworker = Worker()\n")
    ran = leasehold("worker", "run", "idle_module:worker")
    assert ran.status == 2
    assert '@worker.task("a.type")' in ran.errors


# -- when something is wrong ----------------------------------------------------------------------------------------


def test_exit_statuses_of_errors(served_api: FakeApi, leasehold: Shell, tmp_path: Path) -> None:
    assert leasehold("job", "job_none").status == 5
    assert leasehold("enqueue", "no.such.type").status == 1
    assert leasehold("jobs", "--token", "lh_wrong").status == 4
    served_api.refuse("GET /stats", 500, {"error": {"code": "server_error", "message": "a bug"}})
    assert leasehold("stats").status == 3
    assert leasehold("jobs", "--url", "not-an-address").status == 3
    assert leasehold("jobs", "--url", "http://two words").status == 3
    ran = leasehold("job", "job_none", "--url", f"{served_api.url}/elsewhere")
    assert (ran.status, "URL" in ran.errors) == (3, True)  # not 5: nobody knows whether there is such a job


def test_errors_are_one_line_that_says_what_to_do(
    served_api: FakeApi, leasehold: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = leasehold("enqueue", "no.such.type", "--json")
    assert (ran.out, ran.errors) == ("", "leasehold: type: no job type is named so\n")
    assert "--token" in leasehold("jobs", "--token", "lh_wrong").errors
    monkeypatch.delenv("LEASEHOLD_URL")
    monkeypatch.delenv("LEASEHOLD_TOKEN")
    ran = leasehold("jobs")
    assert ran.status == 3
    assert "LEASEHOLD_URL" in ran.errors
    assert ran.errors.count("\n") == 1


def test_nothing_listens(leasehold: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Patience, "pause", lambda *_arguments: 0.0)
    ran = leasehold("jobs", "--url", "http://127.0.0.1:1", "--token", TOKEN)
    assert ran.status == 3
    assert "can't reach http://127.0.0.1:1" in ran.errors


def test_every_command_has_help_with_an_example_and_json(leasehold: Shell) -> None:
    commands = [
        ["upload"], ["assets"], ["enqueue"], ["jobs"], ["job"], ["cancel"], ["redrive"], ["stats"], ["open"],
        ["worker", "run"], ["token", "create"], ["token", "list"], ["token", "rotate"], ["token", "revoke"],
    ]  # fmt: skip
    for command in commands:
        ran = leasehold(*command, "--help")
        assert ran.status == 0
        assert f"leasehold {' '.join(command)}" in ran.out.split("Options:")[0].split("\n", 1)[1], command
        assert "--json" in ran.out


def test_version(leasehold: Shell) -> None:
    assert leasehold("--version").out.startswith("leasehold 0.")


# -- processes, pipes and terminals ---------------------------------------------------------------------------------


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "leasehold_client", *arguments]


def test_reader_that_goes_away_is_no_error(served_api: FakeApi) -> None:
    for _ in range(2_000):
        served_api.add_job(payload={"text": "x" * 50})
    with subprocess.Popen(
        command("jobs", "--limit", "2000", "--json"), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(20) == 141


def test_closed_standard_output_is_no_error(served_api: FakeApi) -> None:
    served_api.add_job()
    shell = ["sh", "-c", '"$@" >&-', "sh", *command("jobs")]
    done = subprocess.run(shell, capture_output=True, check=False, timeout=20)
    assert (done.returncode, done.stderr) == (0, b"")


def test_terminal_that_knows_no_utf8(served_api: FakeApi) -> None:
    job = served_api.add_job(payload={"text": "größer \N{SNOWMAN}"})
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"}
    plain = subprocess.run(
        command("job", job["jobId"]), env=environment, capture_output=True, check=True, timeout=20
    ).stdout.decode("ascii")
    assert "gr\\u00f6\\u00dfer" in plain
    as_json = subprocess.run(
        command("job", job["jobId"], "--json"), env=environment, capture_output=True, check=True, timeout=20
    ).stdout
    assert json.loads(as_json.decode("ascii"))["payload"] == job["payload"]


def test_terminal_gets_a_table_with_colours_unless_it_wants_none(served_api: FakeApi) -> None:
    pty = pytest.importorskip("pty")
    job_id = served_api.add_job()["jobId"]

    def on_a_terminal(**more: str) -> str:
        leader, follower = pty.openpty()
        environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "140", **more}
        try:
            subprocess.run(command("jobs"), env=environment, stdout=follower, check=True, timeout=20)
        finally:
            os.close(follower)
        shown = os.read(leader, 65_536).decode()
        os.close(leader)
        return shown

    coloured = on_a_terminal()
    assert "JOB" in coloured
    assert job_id in coloured
    assert "\x1b[36mqueued" in coloured
    assert "\x1b[36m" not in on_a_terminal(NO_COLOR="1")
    assert job_id in on_a_terminal(COLUMNS="50")  # to be copied, so not folded


def test_help_needs_neither_the_http_library_nor_rich() -> None:
    code = (
        "import sys; sys.argv = ['leasehold', '--help']\n"
        "from leasehold_client.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'httpx', 'rich', 'asyncio', 'ssl'} & set(sys.modules)\n"
        "sys.exit(f'loaded: {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=20)
    assert (done.returncode, done.stderr) == (0, "")


def test_completion_of_a_shell(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "_LEASEHOLD_COMPLETE": "complete_bash",
        "COMP_WORDS": "leasehold re",
        "COMP_CWORD": "1",
    }
    leasehold = str(Path(sys.executable).with_name("leasehold"))
    done = subprocess.run([leasehold], env=environment, capture_output=True, text=True, check=False, timeout=20)
    assert done.stdout.split() == ["redrive"]


def test_a_module_that_fails_is_shown_where_it_does(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("import no_such_library\n")
    done = subprocess.run(
        command("worker", "run", "broken:worker"), cwd=tmp_path, capture_output=True, text=True, check=False, timeout=20
    )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-2:] == [
        "ModuleNotFoundError: No module named 'no_such_library'",
        "leasehold: broken can't be imported, see above (see --help)",
    ]
    assert done.stderr.count("  File ") == 1


@pytest.mark.parametrize(
    ("code", "message", "fault"),
    [
        (
            "unknown_job_type",
            "type: no job type is named 'so'; known: a",
            ("type", "no job type is named 'so'; known: a"),
        ),
        ("idempotency_key_reused", "this Idempotency-Key has been used before", ("Idempotency-Key", "already used")),
        ("validation_error", "the header X-Worker-Id is not valid: 5 to 128", ("X-Worker-Id", "5 to 128")),
    ],
)
def test_a_refusal_is_told_once(
    served_api: FakeApi, leasehold: Shell, code: str, message: str, fault: tuple[str, str]
) -> None:
    details = [{"field": fault[0], "message": fault[1]}]
    served_api.refuse("POST /jobs", 422, {"error": {"code": code, "message": message, "details": details}})
    assert leasehold("enqueue", "demo.echo").errors == f"leasehold: {message}\n"


def test_the_details_of_a_refusal_are_told_where_its_message_does_not(served_api: FakeApi, leasehold: Shell) -> None:
    faults = [{"field": "payload.month", "message": "is missing"}]
    refusal = {"code": "validation_error", "message": "not valid: payload.month", "details": faults}
    served_api.refuse("POST /jobs", 422, {"error": refusal})
    told = leasehold("enqueue", "demo.echo").errors
    assert told == "leasehold: not valid: payload.month (payload.month: is missing)\n"
