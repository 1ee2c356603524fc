/** What a page shows where it has nothing to show yet, nothing at all, or bad news; each says what to do next. */

import { html } from "../view.js";

/** @param {{title: string, children?: any}} props */
export function Empty({ title, children }) {
  return html`<div class="empty"><h2>${title}</h2>${children}</div>`;
}

/** @param {{fault: any, again: () => void}} props */
export function Fault({ fault, again }) {
  const code = fault.code && fault.status ? html` <code>${fault.code}</code>` : null;
  return html`<div class="fault" role="alert">
    <p>${fault.message}${code}</p>
    <button type="button" onClick=${again}>Try again</button>
  </div>`;
}

/** @param {{what: string}} props */
export function Loading({ what }) {
  return html`<p class="loading" role="status">Loading ${what} …</p>`;
}
