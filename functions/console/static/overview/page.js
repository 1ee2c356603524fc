/** Overview: how many jobs stand where, what waits the longest, and how it has been going. */

import { call } from "../api.js";
import { serverNow } from "../clock.js";
import { count, counted, duration } from "../format.js";
import { Empty, Fault, Loading } from "../parts/states.js";
import { STATES, StatusMark, stateName } from "../parts/status.js";
import { Ago } from "../parts/time.js";
import { usePolling } from "../polling.js";
import { to } from "../router.js";
import { html, useState } from "../view.js";
import { Plot } from "./plot.js";
import { keep, lookBack, recordsOfSession } from "./records.js";

const EVERY_MS = 2_000;
const DEAD_SHOWN = 5;
/** Longer than this for a due job to be waiting deserves a look. */
const LONG_MS = 60_000;

export function OverviewPage() {
  const records = recordsOfSession();
  const { rates } = records;
  const [shown, setShown] = useState(look(rates, serverNow()));
  const stats = usePolling(async (signal) => {
    lookBack(records, () => setShown(look(rates, serverNow())));
    const seen = await call("GET", "stats", { signal });
    const totals = totalsOf(seen.types);
    rates.observe({ succeeded: totals.succeeded, dead: totals.dlq }, Date.parse(seen.at));
    keep();
    setShown(look(rates, Date.parse(seen.at)));
    return { types: seen.types, totals };
  }, EVERY_MS);
  const dead = usePolling(
    (signal) => call("GET", "jobs", { query: { status: "dlq", limit: DEAD_SHOWN }, signal }),
    EVERY_MS * 5,
  );

  return html`
    <h1 tabindex="-1">Overview</h1>
    ${stats.fault && html`<${Fault} fault=${stats.fault} again=${stats.again} />`}
    ${!stats.data && !stats.fault && html`<${Loading} what="counts" />`}
    ${stats.data &&
    html`
      <${Totals} totals=${stats.data.totals} />
      <${Oldest} types=${stats.data.types} />
      <div class="plots">
        <${Plot}
          title="Throughput"
          summary=${throughputSummary(shown)}
          columns=${shown.columns.slice(0, 3)}
          top=${4}
          lines=${[
            { label: "succeeded in a minute", colour: "succeeded", value: count },
            { label: "died in a minute", colour: "dlq", value: count },
          ]}
        />
        <${Plot}
          title="Failure rate"
          summary=${failureSummary(shown)}
          columns=${[shown.columns[0], shown.columns[3]]}
          top=${10}
          lines=${[{ label: "of the jobs that ended, died", colour: "dlq", value: (share) => `${count(share)} %` }]}
        />
      </div>
      <${ByType} types=${stats.data.types} />
      <${LastDead} jobs=${dead.data?.jobs} fault=${dead.fault} again=${dead.again} />
    `}
  `;
}

/** What the plots show. @param {import("./rates.js").Rates} rates @param {number} now */
const look = (rates, now) => ({ columns: rates.columns(now), total: rates.total(now) });

function Totals({ totals }) {
  return html`<ul class="totals" aria-label="Jobs by state">
    ${STATES.map(
      (status) => html`<li key=${status}>
        <a href=${to("jobs", "", { status })}>
          <${StatusMark} status=${status} />
          <strong>${count(totals[status])}</strong>
        </a>
      </li>`,
    )}
  </ul>`;
}

function Oldest({ types }) {
  const [name, seconds] = Object.entries(types)
    .map(([each, counts]) => /** @type {[string, number]} */ ([each, counts.oldestDueSeconds ?? -1]))
    .reduce((oldest, each) => (each[1] > oldest[1] ? each : oldest), ["", -1]);
  if (seconds < 0) return html`<p class="oldest">No job is due: whatever could run is running or done.</p>`;
  const isLong = seconds * 1_000 > LONG_MS;
  return html`<p class=${isLong ? "oldest oldest-long" : "oldest"}>
    The oldest due job, a <a href=${to("jobs", "", { status: "queued", type: name })}>${name}</a>, has been due for${" "}
    <strong>${duration(seconds * 1_000)}</strong>.
    ${isLong && html` If no worker of that type is running, start one.`}
  </p>`;
}

function ByType({ types }) {
  return html`<section class="card">
    <header class="card-head"><h2>By type</h2></header>
    <div class="scrolls" tabindex="0" role="region" aria-label="Jobs by type and state">
      <table>
        <thead>
          <tr>
            <th scope="col">Type</th>
            ${STATES.map((status) => html`<th scope="col" class="number">${stateName(status)}</th>`)}
            <th scope="col" class="number">Oldest due</th>
          </tr>
        </thead>
        <tbody>
          ${Object.entries(types).map(
            ([type, counts]) => html`<tr key=${type}>
              <th scope="row"><a href=${to("jobs", "", { type })}>${type}</a></th>
              ${STATES.map(
                (status) => html`<td class=${counts[status] ? "number" : "number quiet"}>${count(counts[status])}</td>`,
              )}
              <td class="number">
                ${counts.oldestDueSeconds === null ? "–" : duration(counts.oldestDueSeconds * 1_000)}
              </td>
            </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`;
}

function LastDead({ jobs, fault, again }) {
  if (fault) return html`<${Fault} fault=${fault} again=${again} />`;
  if (!jobs) return null;
  if (jobs.length === 0) {
    return html`<${Empty} title="No dead jobs">
      <p>Jobs that fail for good are listed here, with the reason, until they are redriven.</p>
    <//>`;
  }
  return html`<section class="card">
    <header class="card-head">
      <h2>${jobs.length < DEAD_SHOWN ? counted(jobs.length, "dead job") : "Newest dead jobs"}</h2>
      <a href=${to("jobs", "", { status: "dlq" })}>All dead jobs</a>
    </header>
    <ul class="dead-list">
      ${jobs.map(
        (job) => html`<li key=${job.jobId}>
          <a href=${to("jobs", job.jobId)}>${job.type}</a>
          <span class="dead-reason">
            ${job.lastError?.code && html`<code>${job.lastError.code}</code>`} ${job.lastError?.message}
          </span>
          <span class="quiet"><${Ago} at=${job.updatedAt} /></span>
        </li>`,
      )}
    </ul>
  </section>`;
}

/** @param {Record<string, Record<string, number>>} types */
function totalsOf(types) {
  const totals = Object.fromEntries(STATES.map((status) => [status, 0]));
  for (const counts of Object.values(types)) for (const status of STATES) totals[status] += counts[status];
  return totals;
}

/** @param {{columns: any[][], total: {succeeded: number, died: number, ms: number}}} shown */
function throughputSummary({ columns, total }) {
  if (total.ms === 0) return "Counting; the first figures come within half a minute.";
  const most = Math.max(...columns[1].map((each) => each ?? 0));
  const ended = `${count(Math.round(total.succeeded))} succeeded and ${count(Math.round(total.died))} died`;
  return `${ended} in the last ${duration(total.ms)}; at most ${count(Math.round(most))} succeeded in a minute.`;
}

/** @param {{total: {succeeded: number, died: number}}} shown */
function failureSummary({ total }) {
  const ended = total.succeeded + total.died;
  if (ended < 0.5) return "No job has ended in this time.";
  return `${((100 * total.died) / ended).toFixed(1)} % of the jobs that ended in this time died.`;
}
