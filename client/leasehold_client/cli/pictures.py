"""Commands on pictures: upload, assets."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from leasehold_client.cli import reading
from leasehold_client.cli.exits import Exit, line_of
from leasehold_client.cli.output import Output, reason, size
from leasehold_client.cli.session import Session
from leasehold_client.errors import BadAnswer, Busy, LeaseholdError, NotAllowed, ServerError, Unreachable
from leasehold_client.models import Asset

if TYPE_CHECKING:
    from leasehold_client.client import Client

_FIRST_LOOK_SECONDS: Final = 0.25
_LONGEST_LOOK_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What came of one file. `status`: `ready`, `uploaded` (not waited for), `waiting` (waited too long), `failed`."""

    path: Path
    status: str
    asset_id: str | None = None
    asset: Asset | None = None
    code: str | None = None
    reason: str | None = None

    @property
    def json(self) -> dict[str, Any]:
        """As `--json` shows it."""
        error = None if self.reason is None else {"code": self.code, "message": self.reason}
        return {
            "file": str(self.path),
            "status": self.status,
            "assetId": self.asset_id,
            "error": error,
            "asset": None if self.asset is None else self.asset.raw,
        }


def upload(
    session: Session,
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="Pictures, and folders of pictures.", show_default=False)
    ],
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Don't wait for the thumbnails.")] = False,
    timeout: Annotated[str, typer.Option(metavar="TIME", help="How long to wait for each thumbnail.")] = "2m",
    parallel: Annotated[int, typer.Option(min=1, max=32, help="How many files at once.")] = 4,
) -> None:
    """Upload pictures and wait for their thumbnails.

    Folders are taken with all that is in them, save hidden files. What a file is, its bytes say, not its name: one
    that is no picture is reported with the reason, and makes the exit status 6 (7: a thumbnail took longer than
    --timeout).

    \b
      leasehold upload photo.jpg
      leasehold upload ~/Pictures/holidays --timeout 10m
      leasehold upload *.heic --json | jq -r '.files[].asset.thumbnails[0].url'
    """
    files = _files(paths)
    if not files:
        raise typer.BadParameter("there is no file in there")
    give_up_after = None if no_wait else reading.seconds(timeout)
    results = _upload_all(session, files, give_up_after, parallel)
    if session.out.as_json:
        session.out.json({"files": [each.json for each in results]})
    else:
        _show(session.out, results)
    if any(each.status == "failed" for each in results):
        raise typer.Exit(Exit.BAD_END)
    if any(each.status == "waiting" for each in results):
        raise typer.Exit(Exit.NOT_YET)


def assets(
    session: Session,
    asset_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="Show this one alone.", show_default=False)
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 25,
    again: Annotated[bool, typer.Option("--again", help="Make the thumbnails of this one again.")] = False,
) -> None:
    """List uploaded pictures, or show one.

    Newest first. One is shown with the signed addresses of the original and of its thumbnails.

    \b
      leasehold assets
      leasehold assets as_01J...
      leasehold assets as_01J... --again
      leasehold assets as_01J... --json | jq -r '.thumbnails[0].url'
    """
    if asset_id is None:
        if again:
            raise typer.BadParameter("--again needs the ID of an asset")
        _list(session, limit)
    elif again:
        job = session.client.make_thumbnail(asset_id)
        if session.out.as_json:
            session.out.json(job.raw)
        else:
            session.out.line(job.job_id)
    else:
        _show_one(session.out, session.client.asset(asset_id))


def _list(session: Session, limit: int) -> None:
    found: list[Asset] = []
    cursor: str | None = None
    while len(found) < limit:
        page = session.client.assets(limit=min(100, limit - len(found)), cursor=cursor)
        found += page.assets
        cursor = page.cursor
        if cursor is None:
            break
    if session.out.as_json:
        session.out.json({"assets": [each.raw for each in found]})
        return
    session.out.table(
        ("ASSET", "STATUS", "NAME", "PIXELS", "SIZE", "UPLOADED", "REASON"),
        [
            (
                each.asset_id,
                _status(each),
                each.key.rsplit("/", 1)[-1],
                _pixels(each.width, each.height),
                size(each.bytes),
                each.created_at,
                None if each.error is None else each.error.message,
            )
            for each in found
        ],
        empty="there are no pictures; upload one: leasehold upload photo.jpg",
    )


def _show_one(out: Output, asset: Asset) -> None:
    if out.as_json:
        out.json(asset.raw)
        return
    out.facts(
        {
            "asset": asset.asset_id,
            "status": _status(asset),
            "kind": asset.kind,
            "name": asset.key.rsplit("/", 1)[-1],
            "version": asset.version_number,
            "content type": asset.content_type,
            "pixels": _pixels(asset.width, asset.height),
            "size": size(asset.bytes),
            "uploaded": asset.created_at,
            "error": reason(asset.error),
            "original": asset.url,
            **{f"thumbnail {each.variant}": each.url for each in asset.thumbnails},
        }
    )


def _files(paths: Sequence[Path]) -> list[Path]:
    """The files named, and those in the folders named, each once. Raises BadParameter for one that isn't there."""
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            inside = (each for each in sorted(path.rglob("*")) if each.is_file())
            found.update(
                (each, None)
                for each in inside
                if not any(part.startswith(".") for part in each.relative_to(path).parts)
            )
        elif path.is_file():
            found[path] = None
        else:
            raise typer.BadParameter(f"{path}: there is no such file or folder")
    return list(found)


def _upload_all(session: Session, files: Sequence[Path], give_up_after: float | None, parallel: int) -> list[Uploaded]:
    """Upload all files, some at once; results in the order of the files. Raises where none of them could work."""
    client = session.client
    stopped = threading.Event()
    with _progress(session.out, files) as (advance, finished), ThreadPoolExecutor(parallel) as threads:

        def one(path: Path) -> Uploaded:
            if stopped.is_set():
                return Uploaded(path, "failed", reason="not tried")
            return _upload_one(client, path, give_up_after, stopped, lambda sent: advance(path, sent))

        try:
            waiting = {threads.submit(one, path): path for path in files}
            results: dict[Path, Uploaded] = {}
            left = set(waiting)
            while left:
                done, left = wait(left, return_when=FIRST_COMPLETED)
                for each in done:
                    results[waiting[each]] = each.result()
                    finished()
        except BaseException:
            stopped.set()
            threads.shutdown(wait=False, cancel_futures=True)
            raise
    return [results[path] for path in files]


def _upload_one(
    client: "Client", path: Path, give_up_after: float | None, stopped: threading.Event, progress: Callable[[int], None]
) -> Uploaded:
    try:
        asset_id = client.upload(path, progress=progress)
    except (NotAllowed, Unreachable, Busy, ServerError, BadAnswer):
        raise  # the next file would fare no better
    except LeaseholdError as error:
        return Uploaded(path, "failed", code=getattr(error, "code", None), reason=line_of(error))
    except OSError as fault:
        return Uploaded(path, "failed", code="unreadable", reason=f"can't be read: {fault.strerror}")
    if give_up_after is None:
        return Uploaded(path, "uploaded", asset_id)
    return _await_thumbnail(client, path, asset_id, give_up_after, stopped)


def _await_thumbnail(
    client: "Client", path: Path, asset_id: str, give_up_after: float, stopped: threading.Event
) -> Uploaded:
    give_up_at = time.monotonic() + give_up_after
    pause = _FIRST_LOOK_SECONDS
    while True:
        asset = client.asset(asset_id)
        if asset.processed:
            return Uploaded(path, "ready", asset_id, asset)
        if asset.error is not None:
            return Uploaded(path, "failed", asset_id, asset, asset.error.code, asset.error.message)
        if time.monotonic() >= give_up_at or stopped.wait(pause):
            return Uploaded(path, "waiting", asset_id, asset)
        pause = min(pause * 1.5, _LONGEST_LOOK_SECONDS)


@contextmanager
def _progress(out: Output, files: Sequence[Path]) -> Iterator[tuple[Callable[[Path, int], None], Callable[[], None]]]:
    """A bar for the bytes and a count of the files, where somebody sees it. Yields what to call for either."""
    if not out.shows_progress:
        yield (lambda _path, _sent: None), (lambda: None)
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeElapsedColumn()
    with Progress(*columns, console=Console(file=out.errors), transient=True) as bar:
        total = sum(path.stat().st_size for path in files)
        task = bar.add_task(f"0 of {len(files)} done", total=total)
        sent: dict[Path, int] = {}
        done = 0
        lock = threading.Lock()

        def advance(path: Path, bytes_sent: int) -> None:
            with lock:
                sent[path] = bytes_sent
                bar.update(task, completed=sum(sent.values()))

        def finished() -> None:
            nonlocal done
            done += 1
            bar.update(task, description=f"{done} of {len(files)} done")

        yield advance, finished


def _show(out: Output, results: Sequence[Uploaded]) -> None:
    rows = []
    for each in results:
        asset = each.asset
        thumbnail = asset.thumbnails[0] if asset is not None and asset.thumbnails else None
        rows.append(
            (
                str(each.path),
                each.status,
                None if asset is None else _pixels(asset.width, asset.height),
                None if thumbnail is None else _pixels(thumbnail.width, thumbnail.height),
                None if thumbnail is None else size(thumbnail.bytes),
                each.asset_id,
                each.reason,
            )
        )
    out.table(("FILE", "STATUS", "PIXELS", "THUMBNAIL", "SIZE", "ASSET", "REASON"), rows, empty="")


def _status(asset: Asset) -> str:
    if asset.processed:
        return "ready"
    if asset.error is not None:
        return "failed"
    return "waiting" if asset.version_number else "not uploaded"


def _pixels(width: int | None, height: int | None) -> str | None:
    return None if width is None or height is None else f"{width} x {height}"
