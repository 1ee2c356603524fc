/** Jobs: filtered by state, type and error; as many as there are. */

import { call } from "../api.js";
import { count, counted } from "../format.js";
import { Empty, Fault, Loading } from "../parts/states.js";
import { STATES, StatusMark, stateName } from "../parts/status.js";
import { Ago, Countdown, Time } from "../parts/time.js";
import { usePolling } from "../polling.js";
import { go, to } from "../router.js";
import { mayAdminister, session } from "../session.js";
import { useStore } from "../store.js";
import { html, useEffect, useLayoutEffect, useState } from "../view.js";
import { NO_CODE, list, more, refresh, reset, show } from "./list.js";
import { RedriveMany } from "./redrive.js";
import { Rows } from "./rows.js";

const EVERY_MS = 3_000;
const ROW_HEIGHT = 46;
const NARROW_ROW_HEIGHT = 74;
const narrow = matchMedia("(max-width: 700px)");

session.listen(reset);

/** @param {{query: Record<string, string>}} props */
export function JobsPage({ query }) {
  const filter = { status: query.status ?? "", type: query.type ?? "", code: query.code ?? "" };
  const listed = useStore(list);
  const [isRedriving, setRedriving] = useState(false);
  const key = JSON.stringify(filter);
  useEffect(() => show(filter), [key]);
  const looked = usePolling(
    async (signal) => {
      const [stats] = await Promise.all([call("GET", "stats", { signal }), refresh(signal)]);
      return stats.types;
    },
    EVERY_MS,
    key,
  );
  useKeptScroll();

  const types = looked.data ?? {};
  const isCurrent = JSON.stringify(listed.filter) === key;
  const jobs = isCurrent ? listed.jobs : [];
  const canRedrive = mayAdminister() && filter.status === "dlq" && jobs.length > 0;
  return html`
    <div class="title">
      <h1 tabindex="-1">Jobs</h1>
      ${canRedrive && html`<button type="button" onClick=${() => setRedriving(true)}>Redrive many …</button>`}
    </div>
    <${Filters} filter=${filter} types=${types} codes=${listed.codes} />
    ${(listed.fault ?? looked.fault) &&
    html`<${Fault} fault=${listed.fault ?? looked.fault} again=${listed.fault ? more : looked.again} />`}
    ${jobs.length > 0 && html`<${JobRows} jobs=${jobs} />`}
    <${Foot} listed=${listed} filter=${filter} />
    ${isRedriving && html`<${RedriveMany} filter=${filter} onClose=${() => setRedriving(false)} onDone=${looked.again} />`}
  `;
}

/** The list is where it was when a job was opened. */
function useKeptScroll() {
  useLayoutEffect(() => {
    scrollTo(0, list.get().scroll);
    const keep = () => list.change((now) => Object.assign(now, { scroll: scrollY }));
    addEventListener("scroll", keep, { passive: true });
    return () => removeEventListener("scroll", keep);
  }, []);
}

/** @param {{filter: import("./list.js").Filter, types: Record<string, any>, codes: string[]}} props */
function Filters({ filter, types, codes }) {
  const choose = (changes) => go(to("jobs", "", { ...filter, ...changes }));
  const counts = Object.entries(types).filter(([name]) => !filter.type || name === filter.type);
  const countOf = (status) => counts.reduce((total, [, each]) => total + each[status], 0);
  const every = STATES.reduce((total, status) => total + countOf(status), 0);
  const isCounted = counts.length > 0;
  const options = (chosen, all) => [...new Set([...all, ...(chosen ? [chosen] : [])])];
  return html`<div class="filters">
    <nav class="states" aria-label="Filter by state">
      <a href=${to("jobs", "", { ...filter, status: "" })} aria-current=${filter.status === "" ? "true" : null}>
        All ${isCounted && html`<span class="quiet">${count(every)}</span>`}
      </a>
      ${STATES.map(
        (status) => html`<a
          key=${status}
          href=${to("jobs", "", { ...filter, status })}
          aria-current=${filter.status === status ? "true" : null}
        >
          ${stateName(status)} ${isCounted && html`<span class="quiet">${count(countOf(status))}</span>`}
        </a>`,
      )}
    </nav>
    <label for="filter-type">Type</label>
      <select id="filter-type" value=${filter.type} onChange=${(event) => choose({ type: event.target.value })}>
        <option value="">Any type</option>
        ${options(filter.type, Object.keys(types)).map((name) => html`<option key=${name} value=${name}>${name}</option>`)}
      </select>
    <label for="filter-error">Error</label>
      <select id="filter-error" value=${filter.code} onChange=${(event) => choose({ code: event.target.value })}>
        <option value="">Any or none</option>
        ${options(filter.code, codes).map(
          (code) => html`<option key=${code} value=${code}>${code === NO_CODE ? "An error without a code" : code}</option>`,
        )}
      </select>
  </div>`;
}

/** @param {{jobs: any[]}} props */
function JobRows({ jobs }) {
  const [isNarrow, setNarrow] = useState(narrow.matches);
  useEffect(() => {
    const hear = () => setNarrow(narrow.matches);
    narrow.addEventListener("change", hear);
    return () => narrow.removeEventListener("change", hear);
  }, []);
  return html`<div onKeyDown=${moveByArrows}>
    <${Rows}
      label="Jobs, newest first"
      rows=${jobs}
      rowHeight=${isNarrow ? NARROW_ROW_HEIGHT : ROW_HEIGHT}
      keyOf=${(job) => job.jobId}
      draw=${(job) => html`<${JobRow} job=${job} />`}
      onNearEnd=${more}
      head=${["State", "Type", "Error or progress", "Failures", "Created", "Due or ended"].map(
        (title) => html`<span role="columnheader" key=${title}>${title}</span>`,
      )}
    />
  </div>`;
}

function JobRow({ job }) {
  return html`
    <span role="cell"><${StatusMark} status=${job.status} /></span>
    <span role="cell" class="row-type">
      <a href=${to("jobs", job.jobId)}>${job.type}</a> <code>${job.jobId.slice(-6)}</code>
    </span>
    <span role="cell" class="row-what"><${What} job=${job} /></span>
    <span role="cell" class="row-failures">${failures(job)}</span>
    <span role="cell" class="row-created"><${Time} at=${job.createdAt} /></span>
    <span role="cell" class="row-next"><${Next} job=${job} /></span>
  `;
}

/** @param {any} job */
const failures = (job) =>
  html`<span class=${job.attempt ? "some" : "quiet"}>${job.attempt} of ${job.maxAttempts}</span>`;

function What({ job }) {
  if (job.status === "leased") {
    const share = job.progress === null ? null : html`<progress max="1" value=${job.progress} aria-label="Progress"></progress>`;
    return html`${share}<span class="quiet">${job.progressMessage ?? job.workerId}</span>`;
  }
  if (!job.lastError || job.status === "succeeded") return html`<span class="quiet">–</span>`;
  return html`${job.lastError.code && html`<code>${job.lastError.code}</code>`} ${job.lastError.message}`;
}

function Next({ job }) {
  if (job.status === "queued") {
    return html`<${Countdown} to=${job.nextRunAt} then=${html`<span class="quiet">due</span>`} />`;
  }
  if (job.status === "leased") {
    return html`<${Countdown} to=${job.leaseExpiresAt} then=${html`<span class="quiet">lease ran out</span>`} />`;
  }
  return html`<span class="quiet"><${Ago} at=${job.updatedAt} /></span>`;
}

/** @param {{listed: import("./list.js").JobList, filter: import("./list.js").Filter}} props */
function Foot({ listed, filter }) {
  if (listed.isLoading || (listed.lookedAt === 0 && !listed.fault)) return html`<${Loading} what="jobs" />`;
  if (listed.jobs.length === 0 && listed.isComplete) return html`<${NoJobs} filter=${filter} />`;
  if (listed.isComplete) return html`<p class="quiet foot">${counted(listed.jobs.length, "job")}, all that match.</p>`;
  if (listed.fault) return null;
  return html`<p class="foot">
    <span class="quiet">${counted(listed.jobs.length, "match", "matches")} so far, newest first.</span>${" "}
    <button type="button" class="small" onClick=${more}>Look further</button>
  </p>`;
}

/** @param {{filter: import("./list.js").Filter}} props */
function NoJobs({ filter }) {
  if (filter.status || filter.type || filter.code) {
    return html`<${Empty} title=${filter.status === "dlq" && !filter.code ? "No dead jobs" : "No job matches"}>
      <p>
        ${filter.type &&
        filter.type !== "thumbnail.create" &&
        !filter.code &&
        html`Make one with <code>${`leasehold enqueue ${filter.type} '{}'`}</code>, or `}
        <a href=${to("jobs")}>show all jobs</a>.
      </p>
    <//>`;
  }
  return html`<${Empty} title="No jobs yet">
    <p>
      <a href=${to("pictures")}>Drop a picture</a>, or enqueue a job with${" "}
      <code>${`leasehold enqueue demo.echo '{"hello": "world"}'`}</code>. It appears here at once.
    </p>
  <//>`;
}

/** Up and down go from job to job. @param {KeyboardEvent} event */
function moveByArrows(event) {
  const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
  const row = step && /** @type {HTMLElement} */ (event.target).closest(".row");
  if (!row) return;
  const link = row[step]?.querySelector("a");
  if (!link) return;
  event.preventDefault();
  link.focus();
}
