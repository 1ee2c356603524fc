"""Commands on jobs: enqueue, jobs, job, cancel, redrive, stats."""

import json
import sys
import time
from datetime import datetime
from typing import Annotated, Any, Final, get_args

import typer

from leasehold_client.cli import reading
from leasehold_client.cli.exits import Exit
from leasehold_client.cli.output import Cell, Output, duration, reason
from leasehold_client.cli.session import Session
from leasehold_client.models import Job, Priority, Status

_LOOK_EVERY_SECONDS: Final = 1.0
_REDRIVEN_A_CALL: Final = 100
_LARGEST_PAGE: Final = 100

JobId = Annotated[str, typer.Argument(metavar="ID", help="The job's id.", show_default=False)]
TypeFilter = Annotated[str | None, typer.Option("--type", metavar="TYPE", help="Only jobs of this type.")]
Timeout = Annotated[
    str | None, typer.Option("--timeout", metavar="TIME", help="Stop waiting after this time, e.g. 90, 15m, 2h.")
]


def enqueue(
    session: Session,
    job_type: Annotated[str, typer.Argument(metavar="TYPE", help="The job's type.", show_default=False)],
    payload: Annotated[
        str, typer.Argument(metavar="[PAYLOAD]", help="A JSON object, @FILE, or - for standard input.")
    ] = "{}",
    delay: Annotated[
        str | None, typer.Option(metavar="TIME", help="Run it after this time, e.g. 90, 15m, 2h, 3d.")
    ] = None,
    at: Annotated[str | None, typer.Option(metavar="WHEN", help="Run it at this time, e.g. 2030-01-31T12:00Z.")] = None,
    priority: Annotated[Priority | None, typer.Option(help="high goes first, low last.")] = None,
    max_attempts: Annotated[int | None, typer.Option(min=1, max=100, help="How many times it may run.")] = None,
    lease_seconds: Annotated[int | None, typer.Option(min=1, max=43_200, help="How long a worker may hold it.")] = None,
    key: Annotated[
        str | None, typer.Option(metavar="KEY", help="An idempotency key: the same key again gives the same job.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until it has finished, as job --watch does.")] = False,
    timeout: Timeout = None,
) -> None:
    """Create a job.

    \b
      leasehold enqueue demo.echo '{"hello": "world"}'
      leasehold enqueue report.render @report.json --delay 15m --priority low
      leasehold enqueue demo.echo --key order-17 --wait --json
    """
    if delay is not None and at is not None:
        raise typer.BadParameter("give --delay or --at, not both")
    limit = None if timeout is None else reading.seconds(timeout)
    job = session.client.enqueue(
        job_type,
        reading.payload(payload),
        run_at=None if at is None else reading.moment(at),
        delay_seconds=None if delay is None else reading.seconds(delay),
        priority=priority,
        max_attempts=max_attempts,
        lease_seconds=lease_seconds,
        idempotency_key=key,
    )
    if wait:
        _watch(session, job, limit)
    elif session.out.as_json:
        session.out.json(job.raw)
    else:
        session.out.line(job.job_id)


def jobs(
    session: Session,
    status: Annotated[Status | None, typer.Option(help="Only jobs in this status.")] = None,
    job_type: TypeFilter = None,
    code: Annotated[str | None, typer.Option(metavar="CODE", help="Only jobs whose last error has this code.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 25,
) -> None:
    """List jobs, newest first.

    \b
      leasehold jobs --status dlq
      leasehold jobs --type report.render --limit 500 --json
      leasehold jobs --status dlq --code corrupt_image | cut -f1
    """
    found: list[Job] = []
    cursor: str | None = None
    while True:  # a page may come short though there are more
        asked = min(limit - len(found), _LARGEST_PAGE)
        page = session.client.jobs(status=status, job_type=job_type, code=code, limit=asked, cursor=cursor)
        found += page.jobs
        cursor = page.cursor
        if len(found) >= limit or cursor is None:
            break
    if session.out.as_json:
        session.out.json({"jobs": [job.raw for job in found]})
        return
    headings = ("JOB", "TYPE", "STATUS", "FAILED", "CREATED", "NEXT RUN", "ERROR")
    session.out.table(
        headings,
        [
            (
                job.job_id,
                job.type,
                job.status,
                f"{job.attempt}/{job.max_attempts}",
                job.created_at,
                _next_run(job),
                _code(job),
            )
            for job in found
        ],
        empty="there are no such jobs; make one: leasehold enqueue demo.echo",
    )


def job(
    session: Session,
    job_id: JobId,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Follow it until it has finished.")] = False,
    timeout: Timeout = None,
) -> None:
    """Show a job: what it is, what came of it, and its history.

    With --watch a line is printed for each change, and the exit status is 0 only where the job succeeded
    (6: dead or cancelled; 7: not finished within --timeout).

    \b
      leasehold job job_01J...
      leasehold job job_01J... --watch --timeout 10m
      leasehold job job_01J... --json | jq .result
    """
    limit = None if timeout is None else reading.seconds(timeout)
    found = session.client.job(job_id)
    if watch:
        _watch(session, found, limit)
    elif session.out.as_json:
        session.out.json(found.raw)
    else:
        _show(session.out, found)


def cancel(
    session: Session,
    job_ids: Annotated[list[str], typer.Argument(metavar="ID...", help="The jobs' ids.", show_default=False)],
) -> None:
    """Cancel jobs that have not finished. A worker that holds one is told with its next heartbeat.

    \b
      leasehold cancel job_01J...
      leasehold jobs --status queued --type report.render | cut -f1 | xargs leasehold cancel
    """
    cancelled = [session.client.cancel(each) for each in job_ids]
    _list_changed(session.out, cancelled)


def redrive(
    session: Session,
    job_ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID...]", help="The dead jobs' ids.", show_default=False)
    ] = None,
    job_type: TypeFilter = None,
    code: Annotated[str | None, typer.Option(metavar="CODE", help="Only jobs that died of this error.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="How many at most, oldest first.")] = None,
    max_attempts: Annotated[
        int | None, typer.Option(min=1, max=100, help="How often each may run now (with ids only).")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how many it would be.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
) -> None:
    """Queue dead jobs anew: by id, by type, by error.

    Many are counted first, and you are asked, unless --yes says so already.

    \b
      leasehold redrive job_01J... --max-attempts 3
      leasehold redrive --type report.render --code upstream_down
      leasehold redrive --code lease_expired --limit 100 --yes --json
    """
    if job_ids:
        if job_type or code or limit or dry_run:
            raise typer.BadParameter("give ids, or --type, --code, --limit and --dry-run, not both")
        _list_changed(session.out, [session.client.redrive(each, max_attempts=max_attempts) for each in job_ids])
        return
    if not job_type and not code:
        raise typer.BadParameter("say which: ids, --type TYPE or --code CODE; see: leasehold jobs --status dlq")
    if max_attempts is not None:
        raise typer.BadParameter("--max-attempts goes with ids only")
    count = min(_count_dead(session, job_type, code), limit or sys.maxsize)
    which = " ".join(["dead jobs", f"of type {job_type}" if job_type else "", f"with error {code}" if code else ""])
    if dry_run:
        _tell_redriven(session.out, count, f"{count} {' '.join(which.split())}", key="wouldRedrive")
        return
    if count and not yes:
        if session.out.as_json or not sys.stdin.isatty():
            raise typer.BadParameter(f"it would redrive {count} jobs and can't ask you here: add --yes")
        if not session.out.confirms(f"Redrive {count} {' '.join(which.split())}?"):
            raise typer.Exit(Exit.REFUSED)
    redriven = 0
    while redriven < count:
        # In small steps: each answers in time, and a job that dies again at once is not redriven for ever.
        step = session.client.redrive_many(job_type=job_type, code=code, limit=min(_REDRIVEN_A_CALL, count - redriven))
        redriven += step
        if step == 0:
            break  # somebody else was at it too
    _tell_redriven(session.out, redriven, f"redriven: {redriven}", key="redriven")


def stats(session: Session) -> None:
    """Count jobs by type and status.

    Also shown is how long the oldest due job of each type has been waiting.

    \b
      leasehold stats
      leasehold stats --json | jq '.types["demo.echo"].dlq'
    """
    answer = session.client.stats()
    if session.out.as_json:
        session.out.json(answer.raw)
        return
    statuses = get_args(Status)
    session.out.table(
        ("TYPE", *(status.upper() for status in statuses), "OLDEST DUE"),
        [
            (each.type, *(each.counts.get(status, 0) for status in statuses), duration(each.oldest_due_seconds))
            for each in answer.types
        ],
        empty="there are no job types",
    )


def _watch(session: Session, seen: Job, limit: float | None) -> None:
    """Print a line for each change until the job has finished. Raises typer.Exit unless it succeeded."""
    give_up_at = None if limit is None else time.monotonic() + limit
    last: tuple[Any, ...] | None = None
    while True:
        now = (seen.status, seen.attempt, seen.lease_number, seen.progress, seen.progress_message)
        if now != last:
            last = now
            if session.out.as_json:
                session.out.json_line(seen.raw)
            else:
                session.out.line(_line(seen))
        if seen.is_finished:
            break
        if give_up_at is not None and time.monotonic() >= give_up_at:
            session.out.say(f"leasehold: {seen.job_id} is still {seen.status}; look again: leasehold job {seen.job_id}")
            raise typer.Exit(Exit.NOT_YET)
        time.sleep(_LOOK_EVERY_SECONDS)
        seen = session.client.job(seen.job_id)
    if seen.status != "succeeded":
        raise typer.Exit(Exit.BAD_END)


def _line(seen: Job) -> str:
    parts = [seen.job_id, seen.status]
    if seen.status == "leased":
        parts.append(f"by {seen.worker_id}")
        if seen.progress is not None:
            parts.append(f"{seen.progress:.0%}")
        if seen.progress_message:
            parts.append(seen.progress_message)
    elif seen.last_error is not None:
        parts.append(f"failed {seen.attempt} of {seen.max_attempts}: {seen.last_error.message}")
    return "  ".join(parts)


def _show(out: Output, found: Job) -> None:
    facts: dict[str, Cell] = {
        "job": found.job_id,
        "type": found.type,
        "status": found.status,
        "priority": found.priority,
        "failed": f"{found.attempt} of {found.max_attempts} attempts",
        "created": found.created_at,
        "next run": _next_run(found),
        "worker": found.worker_id,
        "lease until": found.lease_expires_at,
        "progress": None if found.progress is None else f"{found.progress:.0%} {found.progress_message or ''}".strip(),
        "payload": json.dumps(found.payload),
        "result": None if found.result is None else json.dumps(found.result),
        "error": reason(found.last_error),
    }
    out.facts(facts)
    if out.is_terminal:
        out.line("")
    out.table(
        ("AT", "EVENT", "FAILED", "WORKER", "ERROR"),
        [
            (
                each.at,
                each.event,
                each.attempt,
                each.worker_id,
                reason(each.error),
            )
            for each in found.history
        ],
        empty="no history",
    )


def _list_changed(out: Output, changed: list[Job]) -> None:
    if out.as_json:
        out.json({"jobs": [each.raw for each in changed]})
    else:
        out.table(("JOB", "STATUS"), [(each.job_id, each.status) for each in changed], empty="")


def _count_dead(session: Session, job_type: str | None, code: str | None) -> int:
    if code is None:
        for each in session.client.stats().types:
            if each.type == job_type:
                return each.counts.get("dlq", 0)
    # A type that isn't counted is refused here, with the reason.
    return sum(1 for _ in session.client.every_job(status="dlq", job_type=job_type, code=code))


def _tell_redriven(out: Output, count: int, text: str, *, key: str) -> None:
    if out.as_json:
        out.json({key: count})
    else:
        out.line(text)


def _next_run(found: Job) -> datetime | None:
    """When it runs next. A dead job keeps the time of its last failure there, which would mislead."""
    return found.next_run_at if found.status == "queued" else None


def _code(found: Job) -> str | None:
    return None if found.last_error is None else found.last_error.code
