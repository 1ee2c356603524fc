"""Contained work gives the same thumbnails, and what a picture does to its worker ends as a PictureError."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import leasehold_imaging
from leasehold_imaging import CorruptImage, ImageTooLarge, Limits, UnsupportedImage, Variant, contained, wire
from leasehold_imaging.contained import Worker, WorkerError, make_thumbnails_contained, start_worker
from tests.imaging.drawing import quarters, saved, thumbnails

VARIANTS = [Variant("a", 64, 64), Variant("b", 20, 20, format="png", fit="cover")]


@pytest.fixture(autouse=True)
def _no_worker_is_left() -> Iterator[None]:
    yield
    contained.end_workers()


@pytest.fixture(scope="module")
def photo() -> bytes:
    return saved(quarters(1200, 900), "JPEG")


def worker_id() -> int:
    (worker,) = contained._idle
    return worker._process.pid


def test_it_gives_the_same_as_in_process(photo: bytes) -> None:
    assert make_thumbnails_contained(photo, VARIANTS, Limits()) == thumbnails(photo, *VARIANTS)


def test_large_data_goes_both_ways() -> None:
    data = saved(quarters(1500, 1200), "BMP")
    large = [
        Variant("large", 1500, 1200, format="png"),
        Variant("other", 1500, 1200, format="jpeg", quality=100),
    ]
    assert len(data) > 5_000_000
    assert make_thumbnails_contained(data, large, Limits()) == thumbnails(data, *large)


def test_a_bad_picture_is_told_from_inside(photo: bytes) -> None:
    with pytest.raises(CorruptImage, match="the JPEG's data ends too early"):
        make_thumbnails_contained(photo[:-2000], VARIANTS, Limits())
    with pytest.raises(ImageTooLarge, match="1,200 x 900 pixels"):
        make_thumbnails_contained(photo, VARIANTS, Limits(max_pixels=1000))


def test_what_needs_no_decoder_needs_no_worker() -> None:
    with pytest.raises(UnsupportedImage):
        make_thumbnails_contained(b"no picture", VARIANTS, Limits())
    with pytest.raises(ImageTooLarge):
        make_thumbnails_contained(b"x" * 11, VARIANTS, Limits(max_bytes=10))
    with pytest.raises(ValueError, match="no variant"):
        make_thumbnails_contained(b"x", [], Limits())
    assert contained._idle == []


def test_one_worker_serves_one_picture_after_another(photo: bytes) -> None:
    make_thumbnails_contained(photo, VARIANTS, Limits())
    first = worker_id()
    with pytest.raises(CorruptImage):
        make_thumbnails_contained(photo[:999], VARIANTS, Limits())
    make_thumbnails_contained(photo, VARIANTS, Limits())
    assert worker_id() == first


def test_threads_have_a_worker_each(photo: bytes) -> None:
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda _: make_thumbnails_contained(photo, VARIANTS, Limits()), range(12)))
    assert made == [thumbnails(photo, *VARIANTS)] * 12
    assert 1 <= len(contained._idle) <= contained.MOST_IDLE


def test_a_started_worker_waits_for_the_picture(photo: bytes) -> None:
    start_worker()
    started = worker_id()
    make_thumbnails_contained(photo, VARIANTS, Limits())
    assert worker_id() == started


def test_a_picture_that_takes_too_long_is_stopped(photo: bytes) -> None:
    start_worker()
    (worker,) = contained._idle
    with pytest.raises(ImageTooLarge, match="longer than the 1e-06 seconds"):
        make_thumbnails_contained(photo, VARIANTS, Limits(max_seconds=1e-6))
    assert not worker.is_alive()


def test_a_picture_that_takes_too_much_memory_is_refused() -> None:
    tall = saved(quarters(4000, 4000), "TIFF", compression="tiff_lzw")
    with pytest.raises((ImageTooLarge, CorruptImage)):
        make_thumbnails_contained(tall, VARIANTS, Limits(max_memory=4 * 1024 * 1024))
    assert make_thumbnails_contained(tall, VARIANTS, Limits()).width == 4000


def test_a_progressive_jpeg_that_lacks_memory_is_too_large_rather_than_corrupt() -> None:
    photo = saved(quarters(4000, 3000), "JPEG", progressive=True, subsampling="4:2:0")
    little = Limits(max_memory=32 * 1024 * 1024)
    with pytest.raises(ImageTooLarge, match="takes at least 34 MiB of memory, more than the 32 that are allowed"):
        make_thumbnails_contained(photo, VARIANTS, little)
    baseline = saved(quarters(4000, 3000), "JPEG")
    assert make_thumbnails_contained(baseline, VARIANTS, little).width == 4000


@pytest.mark.parametrize(
    ("ending", "fault"),
    [(signal.SIGSEGV, CorruptImage), (signal.SIGABRT, CorruptImage), (signal.SIGKILL, ImageTooLarge)],
)
def test_a_worker_that_dies_of_a_picture_is_the_pictures_fault(
    photo: bytes, ending: signal.Signals, fault: type[Exception]
) -> None:
    worker = Worker()
    worker._await_ready()
    os.kill(worker._process.pid, ending)
    try:
        with pytest.raises(fault):
            worker.exchange(wire.request(photo, VARIANTS, Limits()), Limits())
    finally:
        worker.end()


def test_a_worker_that_died_while_waiting_costs_nothing(photo: bytes) -> None:
    start_worker()
    (worker,) = contained._idle
    worker.end()
    assert make_thumbnails_contained(photo, VARIANTS, Limits()).width == 1200


def test_a_worker_that_keeps_much_memory_is_not_kept(photo: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    reply = wire.success(thumbnails(photo, *VARIANTS), retires=True)
    outcome, retires = wire.read_reply(reply[0][wire.LENGTHS.size :], reply[1])
    assert retires
    monkeypatch.setattr(Worker, "exchange", lambda *_: (outcome, retires))
    make_thumbnails_contained(photo, VARIANTS, Limits())
    assert contained._idle == []


def test_no_worker_is_no_fault_of_the_picture(photo: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(WorkerError):
        make_thumbnails_contained(photo, VARIANTS, Limits())
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(WorkerError):
        make_thumbnails_contained(photo, VARIANTS, Limits())


def test_a_worker_sees_no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    start_worker()
    environment = Path(f"/proc/{worker_id()}/environ")
    if not environment.exists():
        pytest.skip("this system doesn't show a process's environment")
    assert b"AWS" not in environment.read_bytes()


def test_workers_end_with_their_owner() -> None:
    script = "\n".join(
        [
            "import os",
            "from leasehold_imaging import contained",
            "contained.start_worker()",
            "print(contained._idle[0]._process.pid, flush=True)",
            "os._exit(0)",
        ]
    )
    home = Path(leasehold_imaging.__file__).parent.parent
    owner = subprocess.run(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        check=True,
        env={**os.environ, "PYTHONPATH": f"{home}"},
        timeout=60,
    )
    orphan = int(owner.stdout)
    # The owner's end of the pipe is gone: the worker reads the end of its requests, and ends.
    while is_running(orphan):
        os.sched_yield()


def is_running(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().split()[2] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_nonsense_from_a_worker_is_not_believed() -> None:
    for head in (
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"picture": [1], "thumbnails": [], "retires": false}',
        b'{"code": "x"}',
    ):
        with pytest.raises((ValueError, LookupError, TypeError)):
            wire.read_reply(head, b"")
