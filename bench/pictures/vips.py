"""The side of pyvips, run by the Python of the benchmark's own environment; see `ours`."""

from __future__ import annotations

import importlib
import json
import sys
import time
from pathlib import Path

pyvips = importlib.import_module("pyvips")
pyvips.cache_set_max(0)

for line in sys.stdin:
    wanted = json.loads(line)
    data = Path(wanted["file"]).read_bytes()
    start = time.process_time()
    try:
        image = pyvips.Image.thumbnail_buffer(data, 320, height=320, size="down", export_profile="srgb")
        thumbnail = image.webpsave_buffer(Q=80, keep="none")
    except pyvips.Error as fault:
        print(json.dumps({"error": str(fault).splitlines()[0]}), flush=True)
        continue
    spent = (time.process_time() - start) * 1000
    if wanted["out"]:
        Path(wanted["out"]).write_bytes(thumbnail)
    print(json.dumps({"ms": spent}), flush=True)
