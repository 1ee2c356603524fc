"""The figures that README quotes, written into it from bench/results.json: `python -m bench.front_page`.

They stand between two marks; a test holds the page against the results.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from bench.report import RESULTS

README: Final = Path(__file__).resolve().parents[1] / "README.md"
_BEGIN, _END = "<!-- figures: python -m bench.front_page -->", "<!-- end of figures -->"

Figures = Mapping[str, Mapping[str, Any]]

# What README says of a figure, its section, its name there, and how the value is written.
_ROWS: Final = (
    ("`make up` when all is installed", "The embedded stack", "make up when all is installed and built", "{} s"),
    ("succeed over HTTP, with authorizer: median", "The embedded stack", "succeed over HTTP, median", "{} ms"),
    ("succeed over HTTP: p99", "The embedded stack", "succeed over HTTP, p99", "{} ms"),
    ("upload to processed, 3 MP JPEG: median", "The embedded stack", "upload to processed, 3 MP JPEG, median", "{} ms"),
    ("upload to processed: p99", "The embedded stack", "upload to processed, 3 MP JPEG, p99", "{} ms"),
    ("picture process, 12 MP JPEG", "Memory of the thumbnail function", "peak memory, 12 MP JPEG", "{} MiB"),
    ("picture process, 48 MP JPEG", "Memory of the thumbnail function", "peak memory, 48 MP JPEG", "{} MiB"),
    ("a million jobs over HTTP", "What a million jobs cost", "create, lease, succeed, a million", "{:.2f} $"),
    ("a million 12 MP JPEGs", "What a million jobs cost", "a 12 MP JPEG, a million", "{:.2f} $"),
    ("the same, `ThumbnailMemory` 384", "What a million jobs cost", "a 12 MP JPEG, ThumbnailMemory 384", "{:.2f} $"),
    ("calls a lease, 100 jobs waiting", "Flat as it grows", "100 waiting, one type: calls a lease", "{:g}"),
    ("calls a lease, 1,000,000 waiting", "Flat as it grows", "1,000,000 waiting, one type: calls a lease", "{:g}"),
    (
        "refused writes a lease, 64 workers, 1 shard",
        "Flat as it grows",
        "64 workers, 1 shard: refused writes a lease",
        "{:.2f}",
    ),
    ("the same, 4 shards", "Flat as it grows", "64 workers, 4 shards: refused writes a lease", "{:.2f}"),
)
_COLD: Final = "Cold starts, over a bare function with boto3"
_HOT: Final = "Processor time of a call, its AWS answers at hand"
_PICTURES: Final = "Thumbnails beside libvips and sharp"


def section(results: Mapping[str, Any]) -> str:
    """The tables, as they stand between the marks."""
    measured = results["measured"]
    return "\n".join(
        [
            f"`make bench`, on a shared machine with 2 cores ({measured['machine']}), {measured['at'][:10]}.",
            "A figure that misses its aim is bold; why is said below.",
            "",
            *_table(("figure", "value", "aim"), _main_rows(results)),
            "",
            "Cold starts in the emulator that SAM CLI carries, over a bare function that imports boto3 and",
            f"makes a DynamoDB client ({_named(results, _COLD)['boto3 and a DynamoDB client, init']['value']} ms):",
            "",
            *_table(("function", "init", "with its first call"), _cold_rows(_named(results, _COLD))),
            "",
            f"Processor time of a worker's call but for the socket: {_hot(_named(results, _HOT))}.",
            "",
            "Thumbnails of 320 px, processor time over libvips' and over sharp's (below 1 we are faster; HEIC,",
            "which they can't, quality, memory and what was tried are in [docs/pictures.md](docs/pictures.md)):",
            "",
            *_table(("picture", "ours", "/ libvips", "/ sharp"), _picture_rows(_named(results, _PICTURES))),
        ]
    )


def main() -> None:
    """Write the tables into README."""
    text = README.read_text()
    README.write_text(rewritten(text, json.loads(RESULTS.read_text())))


def rewritten(page: str, results: Mapping[str, Any]) -> str:
    """The page with the tables of these results."""
    between = f"{_BEGIN}\n\n{section(results)}\n\n{_END}"
    return re.sub(f"{re.escape(_BEGIN)}.*{re.escape(_END)}", lambda _: between, page, flags=re.DOTALL)


def _named(results: Mapping[str, Any], title: str) -> Figures:
    return {each["name"]: each for each in results[title]}


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    rule = "|---|" + "---:|" * (len(heads) - 1)
    return [f"| {' | '.join(heads)} |", rule, *(f"| {' | '.join(row)} |" for row in rows)]


def _main_rows(results: Mapping[str, Any]) -> Iterable[Sequence[str]]:
    for shown, title, name, form in _ROWS:
        figure = _named(results, title)[name]
        yield shown, _judged(figure, form.format(figure["value"])), figure["aim"].removesuffix(" median")


def _cold_rows(figures: Figures) -> Iterable[Sequence[str]]:
    for name, figure in figures.items():
        if name.endswith(", init") and not name.startswith("boto3"):
            function = name.removesuffix(", init")
            total = figures[f"{function}, with first call"]
            yield (
                function,
                *(f"{_judged(each, format(each['value'], '.2f'))} ({each['aim']})" for each in (figure, total)),
            )


def _hot(figures: Figures) -> str:
    told = [f"{name} {figure['value']:g} µs" for name, figure in figures.items() if not name.startswith("boto3")]
    [beside] = [figure for name, figure in figures.items() if name.startswith("boto3")]
    return f"{', '.join(told)}; boto3's write alone, with its answer at hand, {beside['value']:g} µs"


def _picture_rows(figures: Figures) -> Iterable[Sequence[str]]:
    for picture in dict.fromkeys(name.rpartition(", ")[0] for name in figures):
        beside = [figures.get(f"{picture}, ours / {peer}") for peer in ("pyvips", "sharp")]
        ours = next(each["note"] for each in beside if each is not None)
        yield picture, ours, *("can't" if each is None else _judged(each, f"{each['value']:.2f}") for each in beside)


def _judged(figure: Mapping[str, Any], text: str) -> str:
    """The value, bold where it misses an aim of the form `< n`."""
    aim = re.match(r"< ([\d.]+)", figure["aim"])
    return f"**{text}**" if aim and figure["value"] >= float(aim[1]) else text


if __name__ == "__main__":
    main()
