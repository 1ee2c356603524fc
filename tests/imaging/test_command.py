"""`leasehold-thumbnail` prints a line of JSON for each file, good or bad."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from leasehold_imaging.command import main

KEYS = ["file", "ok", "width", "height", "sourceWidth", "sourceHeight", "contentType", "bytes", "error"]

Lines = list[dict[str, Any]]


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VARIANTS", "MAX_MEGAPIXELS", "MAX_MIB", "MAX_SECONDS", "MAX_MEMORY_MIB"):
        monkeypatch.delenv(f"THUMBNAIL_{name}", raising=False)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "red.jpg"
    Image.new("RGB", (640, 480), (200, 30, 30)).save(path)
    return path


def printed(capsys: pytest.CaptureFixture[str]) -> Lines:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_picture_gives_its_facts(picture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(picture)]) == 0
    (line,) = printed(capsys)
    assert list(line) == KEYS
    assert line.pop("bytes") > 0
    assert line == {
        "file": str(picture),
        "ok": True,
        "width": 320,
        "height": 240,
        "sourceWidth": 640,
        "sourceHeight": 480,
        "contentType": "image/webp",
        "error": None,
    }


def test_bad_files_give_lines_too_and_do_not_stop_the_rest(
    picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no picture")
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 40)
    assert main([str(text), str(broken), str(tmp_path / "none.jpg"), str(tmp_path), str(picture)]) == 0
    lines = printed(capsys)
    assert [line["ok"] for line in lines] == [False, False, False, False, True]
    assert [line["error"]["code"] for line in lines[:4]] == [
        "unsupported_image", "corrupt_image", "unsupported_image", "unsupported_image",
    ]  # fmt: skip
    assert [line["error"]["message"] for line in lines[2:4]] == [
        "there is no such file", "this is a folder, not a file",
    ]  # fmt: skip
    for line in lines[:4]:
        assert [line[key] for key in KEYS[2:8]] == [None] * 6


def test_names_that_are_no_text_and_files_that_are_none_give_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = os.fsdecode(bytes(tmp_path) + b"/\xff.jpg")
    os.mkfifo(tmp_path / "pipe")
    assert main([odd, "with\0nothing", str(tmp_path / "pipe"), "/dev/zero"]) == 0
    assert [line["error"]["message"] for line in printed(capsys)] == [
        "there is no such file",
        "the file can't be read",
        "this is a device or a pipe, not a file",
        "this is a device or a pipe, not a file",
    ]


def test_time_lists_as_many_durations_as_wanted(picture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--time", "3", str(picture), "none.jpg"]) == 0
    good, bad = printed(capsys)
    assert len(good["ms"]) == 3
    assert all(duration > 0 for duration in good["ms"])
    assert bad["ms"] is None


def test_out_keeps_the_thumbnails(picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(picture), "--out", str(tmp_path / "new" / "folder")]) == 0
    (line,) = printed(capsys)
    (written,) = (tmp_path / "new" / "folder").iterdir()
    assert written.name == "red.jpg.320.webp"
    assert written.stat().st_size == line["bytes"]
    with Image.open(written) as image:
        assert image.size == (320, 240)


def test_variants_and_limits_are_the_functions_own(
    picture: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    small = {"name": "a", "width": 50, "height": 50}
    large = {"name": "b", "width": 64, "height": 64, "format": "png"}
    monkeypatch.setenv("THUMBNAIL_VARIANTS", json.dumps([small, large]))
    main([str(picture)])
    main([str(picture), "--variant", "b"])
    monkeypatch.setenv("THUMBNAIL_MAX_MEGAPIXELS", "0.1")
    main([str(picture)])
    first, chosen, refused = printed(capsys)
    assert (first["width"], first["contentType"]) == (50, "image/webp")
    assert (chosen["width"], chosen["contentType"]) == (64, "image/png")
    assert refused["error"]["code"] == "image_too_large"


@pytest.mark.parametrize("arguments", [["--variant", "640", "a.jpg"], ["--time", "0", "a.jpg"], []])
def test_a_wrong_command_line_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert capsys.readouterr().out == ""


def test_files_of_one_name_do_not_overwrite_each_other(picture: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere" / picture.name
    other.parent.mkdir()
    Image.new("RGB", (100, 50)).save(other)
    out = tmp_path / "out"
    assert main([str(picture), str(other), "--out", str(out)]) == 0
    sizes = {}
    for file in out.iterdir():
        with Image.open(file) as made:
            sizes[file.name] = made.size
    assert sizes == {"red.jpg.320.webp": (320, 240), "red.jpg-2.320.webp": (100, 50)}


def test_a_long_name_is_cut_to_what_a_file_system_takes(picture: Path, tmp_path: Path) -> None:
    long = [picture.rename(tmp_path / ("ä" * 120 + ".jpg"))]
    long.append(long[0].with_name("ä" * 119 + ".jpeg"))
    long[1].write_bytes(long[0].read_bytes())
    out = tmp_path / "out"
    assert main([*map(str, long), "--out", str(out)]) == 0
    assert sorted(file.name for file in out.iterdir()) == ["ä" * 80 + "-2.320.webp", "ä" * 80 + ".320.webp"]


def test_a_thumbnail_that_can_not_be_written_ends_with_2_and_a_word(
    picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out" / "red.jpg.320.webp").mkdir(parents=True)
    with pytest.raises(SystemExit) as ended:
        main([str(picture), "--out", str(tmp_path / "out")])
    assert ended.value.code == 2
    assert "--out: Is a directory" in capsys.readouterr().err


@pytest.mark.parametrize("count", ["0", "-1", "many"])
def test_a_number_of_times_that_is_none_is_named(count: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([f"--time={count}", "a.jpg"])
    assert f"{count!r} is not a whole number from 1 on" in capsys.readouterr().err


def test_lines_that_nobody_reads_end_it_quietly(picture: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    program = "from leasehold_imaging.command import main; raise SystemExit(main())"
    ended = subprocess.run(
        [sys.executable, "-c", program, str(picture)], stdout=writing, stderr=subprocess.PIPE, check=False, timeout=60
    )
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (141, b"")
