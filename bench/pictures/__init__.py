"""How fast, how true and how frugal the thumbnails are, beside pyvips and sharp: `python -m bench.pictures`."""
