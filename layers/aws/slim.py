"""Leaves of botocore's data what the functions use: four services, of more than four hundred.

botocore lists every service's folder and reads all endpoints of AWS (1.2 MB of JSON) to make a client of one of them.
And urllib3 is imported without the switch to HTTP/2, which nobody turns here: it asks for `importlib.metadata`, a
twentieth of a function's start.

    python slim.py FOLDER    where FOLDER/botocore is
"""

import json
import shutil
import sys
from pathlib import Path

SERVICES = frozenset({"dynamodb", "events", "s3", "sqs"})
# What no client reads that we make: documentation's examples, and the pagers and waiters that we do without.
UNREAD = ("examples-1.*", "paginators-1.*", "waiters-2.*")


def main(folder: Path) -> None:
    """Cut the botocore and the urllib3 in that folder down to what our functions use."""
    data = folder / "botocore" / "data"
    for path in data.iterdir():
        if path.is_dir() and path.name not in SERVICES:
            shutil.rmtree(path)
    for pattern in UNREAD:
        for path in data.rglob(pattern):
            path.unlink()
    endpoints = data / "endpoints.json"
    described = json.loads(endpoints.read_text())
    for partition in described["partitions"]:
        partition["services"] = {name: each for name, each in partition["services"].items() if name in SERVICES}
    endpoints.write_text(json.dumps(described, separators=(",", ":")))
    (folder / "urllib3" / "http2" / "__init__.py").write_text("")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
