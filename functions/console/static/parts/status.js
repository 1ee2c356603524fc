/** The states of a job: their names for people, and their mark, told apart by shape as well as by colour. */

import { html } from "../view.js";

export const STATES = /** @type {const} */ (["queued", "leased", "succeeded", "dlq", "cancelled"]);

const NAMES = { queued: "Queued", leased: "Leased", succeeded: "Succeeded", dlq: "Dead", cancelled: "Cancelled" };

const SHAPES = {
  queued: html`<circle cx="6" cy="6" r="4.2" fill="none" stroke="currentColor" stroke-width="1.8" />`,
  leased: html`<circle cx="6" cy="6" r="4.2" fill="none" stroke="currentColor" stroke-width="1.8" /><path
      d="M6 1.8a4.2 4.2 0 0 1 0 8.4z"
      fill="currentColor"
    />`,
  succeeded: html`<path d="M2 6.4 4.9 9.2 10 3.2" fill="none" stroke="currentColor" stroke-width="2" />`,
  dlq: html`<path d="M2.6 2.6l6.8 6.8M9.4 2.6 2.6 9.4" fill="none" stroke="currentColor" stroke-width="2" />`,
  cancelled: html`<path d="M2 6h8" fill="none" stroke="currentColor" stroke-width="2" />`,
};

/** @param {string} status */
export const stateName = (status) => NAMES[status] ?? status;

/** @param {{status: string}} props */
export function StatusMark({ status }) {
  return html`<span class=${`status status-${status}`}>
    <svg viewBox="0 0 12 12" aria-hidden="true">${SHAPES[status]}</svg>${stateName(status)}
  </span>`;
}
