"""Peak memory of making a thumbnail of large photos. Needs Linux, as the functions do."""

import io
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

from bench.report import Figure

_MEASURED = """
import json, sys
from leasehold_imaging import Limits, Variant, make_thumbnails
def peak():
    # Not ru_maxrss: a child inherits its parent's. The kernel's mark for this very program, in KiB.
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
variants, limits = [Variant("320", 320, 320)], Limits()
make_thumbnails(open(sys.argv[1], "rb").read(), variants, limits)
before = peak()
make_thumbnails(open(sys.argv[2], "rb").read(), variants, limits)
print(json.dumps({"loaded": before, "peak": peak()}))
"""


def measure() -> list[Figure]:
    """Peak resident memory for a 12 MP and a 48 MP JPEG."""
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        small = _photo(Path(folder) / "small.jpg", 400, 300)
        for name, width, height in (("12 MP", 4000, 3000), ("48 MP", 8000, 6000)):
            photo = _photo(Path(folder) / f"{name}.jpg", width, height)
            said = subprocess.run(
                [sys.executable, "-c", _MEASURED, str(small), str(photo)], capture_output=True, check=True
            ).stdout
            peak = json.loads(said)
            figures.append(
                Figure(
                    f"peak memory, {name} JPEG",
                    round(peak["peak"] / 1024, 1),
                    "MiB",
                    "< 100",
                    f"{peak['loaded'] / 1024:.0f} of them Python and Pillow",
                )
            )
    return figures


def _photo(path: Path, width: int, height: int) -> Path:
    out = io.BytesIO()
    gradient = Image.linear_gradient("L").resize((width, height))
    Image.merge("RGB", (gradient, gradient.rotate(180), gradient)).save(out, "JPEG", quality=90)
    path.write_bytes(out.getvalue())
    return path
