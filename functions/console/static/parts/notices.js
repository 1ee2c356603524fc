/** Short notices of what has been done, seen at the foot of the page and read aloud. */

import { store, useStore } from "../store.js";
import { html } from "../view.js";

const SHOWN_MS = 6_000;

/** @typedef {{id: number, text: string, isFault: boolean}} Notice */

const notices = store(/** @type {Notice[]} */ ([]));
let lastId = 0;

/** @param {string} text @param {{isFault?: boolean}} [options] */
export function notify(text, { isFault = false } = {}) {
  const id = ++lastId;
  notices.change((shown) => [...shown.slice(-2), { id, text, isFault }]);
  setTimeout(() => notices.change((shown) => shown.filter((each) => each.id !== id)), SHOWN_MS);
}

/** Do something that the API may refuse, and say how it went. @param {() => Promise<string>} work */
export async function attempt(work) {
  try {
    notify(await work());
  } catch (fault) {
    notify(fault.message, { isFault: true });
  }
}

export function Notices() {
  return html`<div class="notices" role="status" aria-live="polite">
    ${useStore(notices).map(
      (each) => html`<p key=${each.id} class=${each.isFault ? "notice-fault" : ""}>${each.text}</p>`,
    )}
  </div>`;
}
