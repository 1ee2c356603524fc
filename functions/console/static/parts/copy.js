/** Buttons that copy, and blocks of JSON and code that can be copied. */

import { notify } from "./notices.js";
import { html } from "../view.js";

/** @param {{text: string, what: string, label?: string}} props */
export function Copy({ text, what, label = "Copy" }) {
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      notify(`Copied ${what}`);
    } catch {
      notify(`The browser did not allow copying; select ${what} and copy by hand`, { isFault: true });
    }
  };
  return html`<button type="button" class="small" aria-label=${`${label} ${what}`} onClick=${copy}>${label}</button>`;
}

/** @param {{title: string, value: unknown, what: string}} props */
export function JsonBlock({ title, value, what }) {
  const text = JSON.stringify(value, null, 2);
  return html`<section class="card">
    <header class="card-head"><h2>${title}</h2><${Copy} text=${text} what=${what} /></header>
    <pre class="json" tabindex="0" aria-label=${title}>${text}</pre>
  </section>`;
}
