/** A plot over time, by uPlot, in the colours of the page. */

import { markTime } from "../format.js";
import uPlot from "../vendor/uplot.js";
import { html, useEffect, useRef } from "../view.js";

const HEIGHT = 168;
const dark = matchMedia("(prefers-color-scheme: dark)");

/**
 * @typedef {{label: string, colour: string, value: (shown: number) => string}} Line  colour: a custom property's name
 * @param {{title: string, summary: string, columns: any[][], lines: Line[], top?: number}} props
 *   top: the least that the scale reaches up to
 */
export function Plot({ title, summary, columns, lines, top = 1 }) {
  const holder = useRef(/** @type {HTMLElement | null} */ (null));
  const plot = useRef(/** @type {any} */ (null));
  const shown = useRef(columns);
  shown.current = columns;

  useEffect(() => {
    const element = /** @type {HTMLElement} */ (holder.current);
    const draw = () => {
      plot.current?.destroy();
      plot.current = new uPlot(options(element, lines, top), shown.current, element);
    };
    draw();
    const resized = new ResizeObserver(() => plot.current.setSize({ width: element.clientWidth, height: HEIGHT }));
    resized.observe(element);
    dark.addEventListener("change", draw);
    return () => {
      resized.disconnect();
      dark.removeEventListener("change", draw);
      plot.current.destroy();
      plot.current = null;
    };
  }, []);
  useEffect(() => plot.current?.setData(columns), [columns]);

  return html`<figure class="card plot">
    <figcaption class="card-head">
      <h2>${title}</h2>
      <ul class="legend">
        ${lines.map((line) => html`<li class=${`legend-${line.colour}`}>${line.label}</li>`)}
      </ul>
    </figcaption>
    <div ref=${holder} class="plot-canvas" role="img" aria-label=${`${title}. ${summary}`}></div>
    <p class="quiet plot-summary">${summary}</p>
  </figure>`;
}

/** @param {HTMLElement} element @param {Line[]} lines @param {number} top */
function options(element, lines, top) {
  const colours = getComputedStyle(element);
  const colour = (name) => colours.getPropertyValue(`--${name}`).trim();
  const axis = {
    stroke: colour("ink-2"),
    font: `12px ${colours.fontFamily}`,
    grid: { stroke: colour("line"), width: 1 },
    ticks: { show: false },
  };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    padding: [8, 28, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    scales: { y: { range: (_plot, _low, high) => [0, Math.max(top, (high ?? 0) * 1.1)] } },
    axes: [
      { ...axis, grid: { show: false }, size: 28, space: 70, values: (_plot, marks) => marks.map((s) => markTime(s * 1_000)) },
      { ...axis, size: 44, space: 40, values: (_plot, marks) => marks.map((mark) => lines[0].value(mark)) },
    ],
    series: [
      {},
      ...lines.map((line) => ({
        label: line.label,
        stroke: colour(line.colour),
        fill: `color-mix(in srgb, ${colour(line.colour)} 12%, transparent)`,
        width: 2,
        points: { size: 5, filter: (plot, nth, show) => (show ? null : alone(plot.data[nth])) },
        spanGaps: false,
      })),
    ],
  };
}

/** The places of values between gaps: of no line's part, they would not be seen without a point. */
function alone(values) {
  const places = [...values.keys()];
  return places.filter((at) => values[at] != null && values[at - 1] == null && values[at + 1] == null);
}
