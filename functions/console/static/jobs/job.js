/** One job: where it stands, what comes next, its life, payload and result. */

import { call } from "../api.js";
import { serverNow } from "../clock.js";
import { Question } from "../parts/dialog.js";
import { Copy, JsonBlock } from "../parts/copy.js";
import { attempt } from "../parts/notices.js";
import { Fault, Loading } from "../parts/states.js";
import { StatusMark } from "../parts/status.js";
import { Ago, Countdown, Time } from "../parts/time.js";
import { usePolling } from "../polling.js";
import { to } from "../router.js";
import { mayAdminister, mayEnqueue } from "../session.js";
import { html, useLayoutEffect, useState } from "../view.js";
import { list } from "./list.js";
import { Timeline } from "./timeline.js";

const OPEN_EVERY_MS = 1_000;
const ENDED_EVERY_MS = 10_000;
const isOpen = (job) => job.status === "queued" || job.status === "leased";

/** @param {{id: string}} props */
export function JobPage({ id }) {
  useLayoutEffect(() => scrollTo(0, 0), []);
  const [isMoving, setMoving] = useState(true);
  const [asked, setAsked] = useState("");
  const { data: job, fault, again } = usePolling(
    async (signal) => {
      const seen = await call("GET", `jobs/${encodeURIComponent(id)}`, { signal });
      setMoving(isOpen(seen));
      return seen;
    },
    isMoving ? OPEN_EVERY_MS : ENDED_EVERY_MS,
    id,
  );
  const change = (verb, told) => {
    setAsked("");
    attempt(async () => {
      await call("POST", `jobs/${encodeURIComponent(id)}/${verb}`);
      return told;
    }).then(again);
  };
  const { filter } = list.get();

  return html`
    <p class="way-back"><a href=${to("jobs", "", filter)}>Jobs</a></p>
    <div class="title">
      <h1 tabindex="-1">${job?.type ?? "Job"}</h1>
      ${job && html`<${StatusMark} status=${job.status} />`}
      <span class="title-actions">
        ${job &&
        isOpen(job) &&
        mayEnqueue() &&
        html`<button type="button" onClick=${() => setAsked("cancel")}>Cancel</button>`}
        ${job?.status === "dlq" &&
        mayAdminister() &&
        html`<button type="button" class="primary" onClick=${() => change("redrive", "Queued again, with all its attempts")}>
          Redrive
        </button>`}
      </span>
    </div>
    ${fault && html`<${Fault} fault=${fault} again=${again} />`}
    ${!job && !fault && html`<${Loading} what="the job" />`}
    ${job &&
    html`
      <p class="job-id"><code>${job.jobId}</code> <${Copy} text=${job.jobId} what="the job's id" /></p>
      <p class=${`outcome outcome-${job.status}`} role="status"><${Outlook} job=${job} /></p>
      <${Facts} job=${job} />
      <div class="job-parts">
        <${Timeline} job=${job} />
        <div>
          <${Subject} job=${job} />
          <${JsonBlock} title="Payload" value=${job.payload} what="the payload" />
          ${job.result !== null && html`<${JsonBlock} title="Result" value=${job.result} what="the result" />`}
        </div>
      </div>
    `}
    ${asked === "cancel" &&
    html`<${Question}
      title="Cancel this job?"
      yes="Cancel the job"
      isDangerous
      onYes=${() => change("cancel", "The job is cancelled")}
      onClose=${() => setAsked("")}
    >
      <p>${job?.status === "leased" ? "Its worker is told with the next heartbeat; what it reports is refused." : "It will not run."}</p>
    <//>`}
  `;
}

/** What comes next, in a sentence. */
function Outlook({ job }) {
  const { lastError } = job;
  const reason = lastError && html`<code>${lastError.code ?? "error"}</code> ${lastError.message}`;
  if (job.status === "succeeded") return html`Done <${Ago} at=${job.updatedAt} />.`;
  if (job.status === "cancelled") return html`Cancelled <${Ago} at=${job.updatedAt} />; it will not run again.`;
  if (job.status === "dlq") {
    const way = mayAdminister() ? "Once the cause is mended, redrive it." : "Once the cause is mended, an admin can redrive it.";
    return html`Died <${Ago} at=${job.updatedAt} />: ${reason}. ${way}`;
  }
  if (job.status === "leased") {
    const expired = html`The lease has run out; the next worker that asks takes the job over.`;
    if (Date.parse(job.leaseExpiresAt) <= serverNow()) return expired;
    return html`<code>${job.workerId}</code> holds the lease for another <${Countdown} to=${job.leaseExpiresAt} then="moment" />.
      ${job.progress !== null && html` <progress max="1" value=${job.progress} aria-label="Progress"></progress>`}
      ${job.progressMessage && html` ${job.progressMessage}`}`;
  }
  const before = reason ? html`Failed: ${reason}. ` : null;
  if (Date.parse(job.nextRunAt) > serverNow()) {
    return html`${before}Runs ${reason ? "again " : ""}in <${Countdown} to=${job.nextRunAt} then="a moment" />.`;
  }
  return html`${before}Due since <${Time} at=${job.nextRunAt} />; it waits for a worker of type <code>${job.type}</code>.`;
}

function Facts({ job }) {
  const facts = [
    ["Failed attempts", html`${job.attempt} <span class="quiet">of ${job.maxAttempts}</span>`],
    ["Priority", job.priority],
    ["Leases", job.leaseNumber],
    ["Created", html`<${Time} at=${job.createdAt} />`],
    ["Last change", html`<${Time} at=${job.updatedAt} />`],
  ];
  return html`<dl class="facts facts-row">
    ${facts.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}
  </dl>`;
}

/** The picture that a thumbnail job is about. */
function Subject({ job }) {
  if (job.type !== "thumbnail.create" || typeof job.payload.assetId !== "string") return null;
  return html`<p><a href=${to("pictures", job.payload.assetId)}>Show the picture of this job</a></p>`;
}
