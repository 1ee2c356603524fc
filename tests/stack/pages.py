"""The pages of the documentation as a reader follows them: blocks of commands, files to save, and what should come out.

| block | what becomes of it |
|---|---|
| `sh` | run, in the page's own shell, one after the other |
| any language with a title, `python title="reports.py"` | saved under that name; a file of ours must be the same |
| `python` without a title | run |
| `text` right after one of those | each line must come out; `…` stands for anything, numbers and times for any |
| `json` right after one of those | the answer must have these fields, of these kinds; `"…"` stands for more |
| `toml`, `log`, and drawings without a language | looked at by other tests, or by the reader alone |
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.template_file import ROOT

LANGUAGES: Final = {"sh", "python", "text", "json", "toml", "log", "dockerfile", "yaml", ""}
_FENCE = re.compile(r"^( *)```(\w*)(?: title=\"([^\"]+)\")?\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
_ANY = "…"
END: Final = "\n@@ end\n"


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block. `line` is where it begins on its page."""

    language: str
    title: str | None
    text: str
    line: int

    @property
    def is_run(self) -> bool:
        """Whether something comes out of it."""
        return self.language == "sh" or (self.language == "python" and self.title is None)

    @property
    def is_expectation(self) -> bool:
        """Whether it says what comes out of the block before it."""
        return self.language in ("text", "json") and self.title is None


def pages() -> list[Path]:
    """The front page and every page of docs/."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(text: str) -> list[Block]:
    """The blocks of a page, in order."""
    found = []
    for fence in _FENCE.finditer(text):
        indent, language, title, body = fence.groups()
        lines = [line.removeprefix(indent) for line in body.splitlines()]
        found.append(Block(language, title, "\n".join(lines) + "\n", text[: fence.start()].count("\n") + 1))
    return found


def outside_blocks(text: str) -> str:
    """The page without its blocks."""
    return _FENCE.sub("", text)


def script(page: list[Block]) -> str:
    """The page as one shell script. What a block prints comes after a line of its own: `@@` and the block's number."""
    lines = []
    for nth, block in enumerate(page):
        if block.title is not None and not (ROOT / block.title).exists():
            lines += [f"cat > '{block.title}' <<'END-OF-FILE'", block.text.rstrip("\n"), "END-OF-FILE"]
        elif block.is_run:
            lines.append(f"printf '\\n@@ {nth}\\n'")
            if block.language == "python":
                lines += ["python3 - <<'END-OF-PROGRAM'", block.text.rstrip("\n"), "END-OF-PROGRAM"]
            else:
                lines.append(block.text.rstrip("\n"))
    return "\n".join([*lines, ""])


def printed(output: str) -> dict[int, str]:
    """What each block has printed, by its number."""
    parts = re.split(r"^@@ (\d+|end)\n", output, flags=re.MULTILINE)
    return {int(nth): text for nth, text in zip(parts[1::2], parts[2::2], strict=True) if nth != "end"}


def faults(page: list[Block], output: dict[int, str]) -> Iterator[str]:
    """Where what came out is not what the page says."""
    last = -1
    for nth, block in enumerate(page):
        if block.is_run:
            last = nth
        if not block.is_expectation:
            continue
        if last != nth - 1:
            yield f"line {block.line}: nothing is run right before this {block.language} block"
        elif block.language == "json":
            for fault in unlike(json.loads(block.text), _json_in(output[last])):
                yield f"line {block.line}: {fault}; the answer was {output[last][:2000]}"
        else:
            came = [line.strip() for line in output[last].splitlines()]
            for wanted in filter(str.strip, block.text.splitlines()):
                if not any(_pattern(wanted).fullmatch(line) for line in came):
                    yield f"line {block.line}: no line like {wanted!r} in {output[last]}"


def unlike(shown: Any, real: Any, where: str = "the answer") -> Iterator[str]:
    """Where a real answer is not of the shape that a page shows. Where either is null, both are right."""
    if isinstance(shown, dict) and isinstance(real, dict):
        wanted = set(shown) - {_ANY}
        missing = wanted - set(real)
        extra = set() if _ANY in shown else set(real) - wanted
        if missing or extra:
            yield f"{where} lacks {sorted(missing)} and has {sorted(extra)} besides"
        for name in wanted & set(real):
            if name not in ("payload", "result"):
                yield from unlike(shown[name], real[name], f"{where}.{name}")
    elif isinstance(shown, list) and isinstance(real, list):
        for each in shown[:1]:
            for found in real[:1]:
                yield from unlike(each, found, f"{where}[0]")
    elif shown is not None and real is not None and _kind(shown) != _kind(real):
        yield f"{where} is {real!r}, not like {shown!r}"


def _kind(value: Any) -> str:
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


def _json_in(text: str) -> Any:
    start = min((text.find(mark) for mark in "{[" if mark in text), default=-1)
    assert start >= 0, f"no JSON in {text!r}"
    return json.JSONDecoder().raw_decode(text[start:])[0]


def _pattern(line: str) -> re.Pattern[str]:
    words = [".*" if word == _ANY else _word(word) for word in line.split()]
    return re.compile(r"\s+".join(words))


def _word(word: str) -> str:
    pieces = re.split(r"(\d[\d.:-]*|…)", word)
    return "".join(
        r"\S*" if piece == _ANY else r"\d[\d.:-]*" if piece[:1].isdigit() else re.escape(piece) for piece in pieces
    )
