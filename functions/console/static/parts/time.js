/** Instants on the page: in the user's time, with UTC on hover; and time to come, counted down. */

import { serverNow, useNow } from "../clock.js";
import { duration, localTime, remaining, utcTime } from "../format.js";
import { html } from "../view.js";

/** @param {{at: string | null | undefined}} props */
export function Time({ at }) {
  if (!at) return html`<span class="quiet">–</span>`;
  return html`<time datetime=${at} title=${utcTime(at)}>${localTime(at, serverNow())}</time>`;
}

/** How long ago. @param {{at: string}} props */
export function Ago({ at }) {
  const now = useNow(1_000);
  const passed = now - Date.parse(at);
  const text = passed < 1_000 ? "just now" : `${duration(Math.floor(passed / 1_000) * 1_000).replace(".0 s", " s")} ago`;
  return html`<time datetime=${at} title=${utcTime(at)}>${text}</time>`;
}

/** How long from now, counted down; something else once it has come. @param {{to: string, then: any}} props */
export function Countdown({ to, then }) {
  const now = useNow(250);
  const left = Date.parse(to) - now;
  if (left <= 0) return then;
  return html`<time class="countdown" datetime=${to} title=${utcTime(to)} role="timer">${remaining(left)}</time>`;
}
