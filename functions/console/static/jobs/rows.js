/**
 * A long table of which only the rows in view exist.
 *
 * All rows have one height, so which of them are in view follows from the page's scroll position alone.
 */

import { html, useEffect, useLayoutEffect, useRef, useState } from "../view.js";

/** Rows that exist beyond those in view, so that the Tab key and a quick scroll find them there. */
const SPARE = 12;
const NEAR_END = 30;

/**
 * @template T
 * @param {{label: string, head: any, rows: T[], rowHeight: number, keyOf: (row: T) => string,
 *   draw: (row: T) => any, onNearEnd: () => void}} props
 */
export function Rows({ label, head, rows, rowHeight, keyOf, draw, onNearEnd }) {
  const body = useRef(/** @type {HTMLElement | null} */ (null));
  const [[first, last], setShown] = useState([0, 40]);

  const look = () => {
    const top = -(body.current?.getBoundingClientRect().top ?? 0);
    const from = Math.max(0, Math.floor(top / rowHeight) - SPARE);
    const until = Math.ceil((top + innerHeight) / rowHeight) + SPARE;
    setShown(([oldFrom, oldUntil]) => (oldFrom === from && oldUntil === until ? [oldFrom, oldUntil] : [from, until]));
    if (until > rows.length - NEAR_END) onNearEnd();
  };
  const latest = useRef(look);
  latest.current = look;
  useEffect(() => {
    const hear = () => latest.current();
    addEventListener("scroll", hear, { passive: true });
    addEventListener("resize", hear);
    return () => {
      removeEventListener("scroll", hear);
      removeEventListener("resize", hear);
    };
  }, []);
  useLayoutEffect(look, [rows.length, rowHeight]);

  const shown = rows.slice(first, last);
  return html`<div role="table" class="rows" aria-label=${label} aria-rowcount=${rows.length + 1}>
    <div role="rowgroup" class="rows-head"><div role="row" aria-rowindex="1">${head}</div></div>
    <div ref=${body} role="rowgroup" class="rows-body" style=${{ height: `${rows.length * rowHeight}px` }}>
      ${shown.map(
        (row, nth) => html`<div
          key=${keyOf(row)}
          role="row"
          class="row"
          aria-rowindex=${first + nth + 2}
          style=${{ height: `${rowHeight}px`, transform: `translateY(${(first + nth) * rowHeight}px)` }}
        >
          ${draw(row)}
        </div>`,
      )}
    </div>
  </div>`;
}
