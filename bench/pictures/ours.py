"""Our side of the benchmark: answers each line `{"file", "out"}` with the milliseconds of processor time."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from leasehold_imaging import Limits, Variant, make_thumbnails

VARIANTS = [Variant("320", 320, 320)]
LIMITS = Limits(max_bytes=1 << 30)  # the peers have none

for line in sys.stdin:
    wanted = json.loads(line)
    data = Path(wanted["file"]).read_bytes()
    start = time.process_time()
    thumbnail = make_thumbnails(data, VARIANTS, LIMITS).thumbnails[0].data
    spent = (time.process_time() - start) * 1000
    if wanted["out"]:
        Path(wanted["out"]).write_bytes(thumbnail)
    print(json.dumps({"ms": spent}), flush=True)
