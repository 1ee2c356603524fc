/** A job's life: its waits and its leases, one after the other, as a strip and as a list. */

import { serverNow, useNow } from "../clock.js";
import { duration } from "../format.js";
import { Countdown, Time } from "../parts/time.js";
import { html } from "../view.js";

/** A job keeps this many changes. */
const KEPT = 20;

const TITLES = {
  queued: "Queued",
  leased: "Leased",
  released: "Given back",
  failed: "Attempt failed",
  dlq: "Died",
  succeeded: "Succeeded",
  cancelled: "Cancelled",
  redriven: "Redriven",
};
const ENDS = new Set(["dlq", "succeeded", "cancelled"]);

/**
 * @typedef {{event: string, at: string, workerId?: string, attempt: number,
 *   error?: {code: string | null, message: string}}} Change
 * @typedef {{change: Change, kind: "wait" | "lease" | "end", from: number, until: number, isOpen: boolean}} Span
 */

/**
 * What followed each change, and for how long.
 * @param {Change[]} history @param {number} now
 * @returns {Span[]}
 */
export function spansOf(history, now) {
  return history.map((change, nth) => {
    const next = history[nth + 1];
    const from = Date.parse(change.at);
    const until = next ? Date.parse(next.at) : Math.max(now, from);
    // A job that died can be redriven later; the time it lay dead is neither a wait nor a lease.
    const kind = ENDS.has(change.event) ? "end" : change.event === "leased" ? "lease" : "wait";
    return { change, kind, from, until, isOpen: !next && kind !== "end" };
  });
}

/** @param {{job: any}} props */
export function Timeline({ job }) {
  const isOver = ENDS.has(job.history.at(-1)?.event);
  useNow(isOver ? 60_000 : 1_000);
  const spans = spansOf(job.history, serverNow());
  return html`<section class="card">
    <header class="card-head"><h2>Its life</h2><${Sums} spans=${spans} /></header>
    <${Strip} spans=${spans} />
    ${job.history.length >= KEPT && html`<p class="quiet timeline-cut">The last ${KEPT} changes; earlier ones are not kept.</p>`}
    <ol class="timeline">
      ${spans.map((span, nth) => html`<${Moment} key=${nth} span=${span} job=${job} />`)}
    </ol>
  </section>`;
}

/** @param {{spans: Span[]}} props */
function Sums({ spans }) {
  const sum = (kind) => spans.reduce((total, each) => total + (each.kind === kind ? each.until - each.from : 0), 0);
  return html`<ul class="legend">
    <li class="legend-queued">waited ${duration(sum("wait"))}</li>
    <li class="legend-leased">leased ${duration(sum("lease"))}</li>
  </ul>`;
}

/** @param {{spans: Span[]}} props */
function Strip({ spans }) {
  const shown = spans.filter((span) => span.kind !== "end");
  return html`<div class="strip" aria-hidden="true">
    ${shown.map(
      (span, nth) => html`<span
        key=${nth}
        class=${`strip-${span.kind}`}
        style=${{ flexGrow: String(Math.max(1, span.until - span.from)) }}
        title=${`${TITLES[span.change.event]}: ${duration(span.until - span.from)}`}
      ></span>`,
    )}
    <span class=${`strip-end strip-${spans.at(-1)?.change.event}`}></span>
  </div>`;
}

/** @param {{span: Span, job: any}} props */
function Moment({ span, job }) {
  const { change } = span;
  return html`<li class=${`moment moment-${change.event}`}>
    <div class="moment-head">
      <strong>${TITLES[change.event] ?? change.event}</strong>
      ${change.workerId && change.event === "leased" && html`<span>by <code>${change.workerId}</code></span>`}
      <span class="quiet"><${Time} at=${change.at} /></span>
    </div>
    ${change.error &&
    html`<p class="moment-error">${change.error.code && html`<code>${change.error.code}</code>`} ${change.error.message}</p>`}
    ${span.kind !== "end" && html`<p class="quiet"><${Length} span=${span} job=${job} /></p>`}
  </li>`;
}

/** @param {{span: Span, job: any}} props */
function Length({ span, job }) {
  const length = duration(span.until - span.from);
  if (!span.isOpen) return span.kind === "lease" ? `ran ${length}` : `waited ${length}`;
  if (span.kind === "lease") return `running for ${length}`;
  if (Date.parse(job.nextRunAt) <= serverNow()) return `waiting for ${length}, due`;
  return html`runs in <${Countdown} to=${job.nextRunAt} then="a moment" />`;
}
