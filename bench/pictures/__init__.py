"""How fast, true and frugal the thumbnails are, beside pyvips and sharp: `python -m bench.pictures`."""
