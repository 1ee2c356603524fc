"""Copy the console's libraries out of their npm packages, with their licences, into the repository.

    python scripts/vendor_console.py            write the files
    python scripts/vendor_console.py --check    say whether the files are those of the packages; write nothing

Each package is pinned by version and by the digest of its archive, so the files are the same whenever and wherever
this runs. To take a newer version: change both here (`npm view NAME version dist.integrity`) and run it.
"""

import base64
import hashlib
import io
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONSOLE = ROOT / "functions" / "console" / "static" / "vendor"
TESTS = ROOT / "tests" / "browser" / "vendor"

# The package names the licence but ships no text of it; this is LICENSE.md of its repository (evanw/thumbhash).
THUMBHASH_LICENCE = """\
Copyright (c) 2023 Evan Wallace

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""


@dataclass(frozen=True)
class Package:
    """One npm package: which of its files go where under which name."""

    name: str
    version: str
    integrity: str
    target: Path
    files: dict[str, str]


PACKAGES = (
    Package(
        "preact",
        "11.2.0",
        "sha512-/HfHI/7N84e6GrWBJ3J280z3mLaRJiDcSvj/A+y/4AbLnND/1UlGHe1sR6oYuTGwId0nP7dqDU9OnLxMPZ7xBg==",
        CONSOLE,
        {"dist/preact.mjs": "preact.js", "hooks/dist/hooks.mjs": "preact-hooks.js", "LICENSE": "preact.LICENSE.txt"},
    ),
    Package(
        "htm",
        "3.1.1",
        "sha512-983Vyg8NwUE7JkZ6NmOqpCZ+sh1bKv2iYTlUkzlWmA5JD2acKoxd4KVxbMmxX/85mtfdnDmTFoNKcg5DGAvxNQ==",
        CONSOLE,
        {"dist/htm.module.js": "htm.js", "LICENSE": "htm.LICENSE.txt"},
    ),
    Package(
        "uplot",
        "1.6.32",
        "sha512-KIMVnG68zvu5XXUbC4LQEPnhwOxBuLyW1AHtpm6IKTXImkbLgkMy+jabjLgSLMasNuGGzQm/ep3tOkyTxpiQIw==",
        CONSOLE,
        {"dist/uPlot.esm.js": "uplot.js", "dist/uPlot.min.css": "uplot.css", "LICENSE": "uplot.LICENSE.txt"},
    ),
    Package(
        "thumbhash",
        "0.1.1",
        "sha512-kH5pKeIIBPQXAOni2AiY/Cu/NKdkFREdpH+TLdM0g6WA7RriCv0kPLgP731ady67MhTAqrVG/4mnEeibVuCJcg==",
        CONSOLE,
        {"thumbhash.js": "thumbhash.js"},
    ),
    Package(
        "@fontsource-variable/geist",
        "5.3.0",
        "sha512-j0m+vLQuG5XAYoHtGCVu0spvlGreR3EzpECUVzkFmI1mTVnAO38l/NEPDCFgZ177JxzYJCLSmTQibIiYPilGrA==",
        CONSOLE,
        {"files/geist-latin-wght-normal.woff2": "geist.woff2", "LICENSE": "geist.LICENSE.txt"},
    ),
    Package(
        "@fontsource-variable/geist-mono",
        "5.3.0",
        "sha512-vBbuwDEo9AkrqADMXOrlAR3DFcJi4/JxeuU43FoiQERnNwsfXNnvxvReZG02cQKmyk4DZkZdBZX3oTDvy2zBAw==",
        CONSOLE,
        {"files/geist-mono-latin-wght-normal.woff2": "geist-mono.woff2", "LICENSE": "geist-mono.LICENSE.txt"},
    ),
    Package(
        "axe-core",
        "4.14.1",
        "sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
        TESTS,
        {
            "axe.min.js": "axe.min.js",
            "LICENSE": "axe.LICENSE.txt",
            "LICENSE-3RD-PARTY.txt": "axe.LICENSE-3RD-PARTY.txt",
        },
    ),
)


def main() -> int:
    wanted = {CONSOLE / "thumbhash.LICENSE.txt": THUMBHASH_LICENCE.encode()}
    for package in PACKAGES:
        wanted.update(files_of(package))
    present = {path for folder in (CONSOLE, TESTS) if folder.exists() for path in folder.iterdir()}
    wrong = [path for path, data in wanted.items() if path not in present or path.read_bytes() != data]
    left_over = sorted(present - set(wanted))
    if "--check" in sys.argv[1:]:
        for path in [*wrong, *left_over]:
            print(f"not as in its package: {path.relative_to(ROOT)}")
        return 1 if wrong or left_over else 0
    for path in wrong:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(wanted[path])
        print(f"wrote {path.relative_to(ROOT)}")
    for path in left_over:
        path.unlink()
        print(f"removed {path.relative_to(ROOT)}")
    return 0


def files_of(package: Package) -> Iterator[tuple[Path, bytes]]:
    """The files to write, out of an archive whose digest is the pinned one."""
    with tarfile.open(fileobj=io.BytesIO(archive(package)), mode="r:gz") as members:
        for source, name in package.files.items():
            found = members.extractfile(f"package/{source}")
            if found is None:
                raise SystemExit(f"{package.name} {package.version} has no file {source}")
            yield package.target / name, adapted(name, found.read())


def archive(package: Package) -> bytes:
    """The package's archive as npm delivers it."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = f"{package.name}@{package.version}"
        subprocess.run(
            ["npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", folder, wanted],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        [packed] = Path(folder).iterdir()
        data = packed.read_bytes()
    integrity = "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()
    if integrity != package.integrity:
        raise SystemExit(f"{wanted} has the digest {integrity}, not the pinned {package.integrity}")
    return data


def adapted(name: str, data: bytes) -> bytes:
    """The file as the browser can use it in place, without a build step.

    Browsers resolve relative addresses only, and the source maps stay in the packages.
    """
    if not name.endswith(".js"):
        return data
    text = data.decode().replace('from"preact"', 'from"./preact.js"')
    kept = [line for line in text.splitlines() if not line.startswith("//# sourceMappingURL=")]
    return ("\n".join(kept).rstrip() + "\n").encode()


if __name__ == "__main__":
    sys.exit(main())
