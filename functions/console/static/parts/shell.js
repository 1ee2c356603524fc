/** The frame of every page: the name, the ways to the pages, whether it is live, and the way out. */

import { connection } from "../connection.js";
import { useNow } from "../clock.js";
import { remaining } from "../format.js";
import { to } from "../router.js";
import { end, mayAdminister, session } from "../session.js";
import { useStore } from "../store.js";
import { html } from "../view.js";

const RIGHTS = { admin: "admin", producer: "producer", reader: "read only" };

export function Brand() {
  return html`<span class="brand">
    <svg viewBox="0 0 32 32" aria-hidden="true">
      <path d="M9 6v20h15" />
      <circle cx="20.5" cy="11.5" r="4.6" />
    </svg>
    Leasehold
  </span>`;
}

/** @param {{page: string, children: any}} props */
export function Shell({ page, children }) {
  const pages = [
    ["overview", "Overview"],
    ["pictures", "Pictures"],
    ["jobs", "Jobs"],
    ...(mayAdminister() ? [["tokens", "Tokens"]] : []),
  ];
  return html`
    <a class="skip" href="#main" onClick=${skip}>Skip to the page</a>
    <header class="head">
      <a class="head-brand" href=${to("overview")} aria-label="Leasehold, overview"><${Brand} /></a>
      <nav aria-label="Pages">
        ${pages.map(
          ([name, title]) =>
            html`<a href=${to(name)} aria-current=${name === page ? "page" : null}>${title}</a>`,
        )}
      </nav>
      <div class="head-end">
        <${Connection} />
        <span class="rights">${RIGHTS[useStore(session)?.rights ?? "reader"]}</span>
        <button type="button" class="small" onClick=${() => end()}>Sign out</button>
      </div>
    </header>
    <main id="main" tabindex="-1">${children}</main>
  `;
}

function Connection() {
  const { state, until = 0 } = useStore(connection);
  useNow(1_000);
  const wait = until - Date.now();
  const text =
    state === "live" ? "Live" : state === "paused" ? "Paused" : wait > 0 ? `Asking again in ${remaining(wait)}` : "Asking";
  return html`<span class=${`connection connection-${state}`}>${text}</span>`;
}

/** The fragment is the router's, so the jump is made by hand. @param {Event} event */
function skip(event) {
  event.preventDefault();
  document.getElementById("main")?.focus();
}
