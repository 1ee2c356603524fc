"""Line plots for the documentation, as SVG."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pygal
from pygal.style import Style

FOLDER = Path(__file__).parent.parent / "docs" / "images"
_STYLE = Style(
    background="white",
    plot_background="white",
    foreground="#444",
    foreground_strong="#111",
    foreground_subtle="#999",
    font_family="sans-serif",
    colors=("#0b6bcb", "#0b6bcb", "#c2410c", "#c2410c", "#4d7c0f"),
    label_font_size=13,
    legend_font_size=13,
    title_font_size=16,
)


@dataclass(frozen=True, slots=True)
class Line:
    """A named line of values by x; dashed where it is not a measurement."""

    name: str
    values: Mapping[int, float]
    is_dashed: bool = False


def plot(file: str, title: str, x: str, y: str, lines: Sequence[Line], highest: float) -> None:
    """Draw the lines over the same values of x, evenly spaced; y reaches from 0 to `highest`."""
    chart = pygal.Line(
        style=_STYLE, js=[], no_prefix=True, width=760, height=360, legend_at_bottom=True, legend_at_bottom_columns=2,
        title=title, x_title=x, y_title=y, show_y_guides=True, range=(0, highest), min_scale=4, margin_right=40,
    )  # fmt: skip
    places = sorted({place for line in lines for place in line.values})
    chart.x_labels = [f"{place:,}" for place in places]
    for line in lines:
        dashes = {"stroke_style": {"dasharray": "6, 4"}} if line.is_dashed else {}
        chart.add(line.name, [line.values.get(place) for place in places], **dashes)
    drawing = chart.render_tree()
    for defs in drawing.iter("defs"):
        for script in defs.findall("script"):  # a picture needs none
            defs.remove(script)
    (FOLDER / file).write_bytes(ElementTree.tostring(drawing))
