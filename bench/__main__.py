"""`make bench`: every table of figures, or those named: `python -m bench stack cost`."""

import sys
from collections.abc import Callable

from bench import cold_start, cost, flat, hot_path, memory, peers, stack
from bench.report import Figure, keep, show

SECTIONS: dict[str, tuple[str, Callable[[], list[Figure]]]] = {
    "stack": ("The embedded stack", stack.measure),
    "cold": ("Cold starts, over a bare function with boto3", cold_start.measure),
    "hot": ("Processor time of a call, its AWS answers at hand", hot_path.measure),
    "cost": ("What a million jobs cost", cost.measure),
    "flat": (flat.TITLE, flat.measure),
    "memory": ("Memory of the thumbnail function", memory.measure),
    "pictures": ("Thumbnails beside libvips and sharp", peers.measure),
}


def main() -> None:
    """Measure, print and keep each section."""
    wanted = [name for name in sys.argv[1:] if not name.startswith("--")] or list(SECTIONS)
    for name in wanted:
        title, measure = SECTIONS[name]
        figures = measure()
        show(title, figures)
        keep({title: figures})


if __name__ == "__main__":
    main()
