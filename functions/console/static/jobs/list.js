/**
 * The list of jobs that match a filter, page by page, newest first.
 *
 * A cursor is a place in the one order of all jobs, so a page can be asked for again by the cursor that led to it.
 */

import { call } from "../api.js";
import { store } from "../store.js";

const PAGE = 100;
/** A page can come without a job where few of very many match; after this many such it asks whether to go on. */
const PAGES_AT_ONCE = 20;

/** The code of jobs whose error has none. */
export const NO_CODE = "(none)";

/**
 * @typedef {{status: string, type: string, code: string}} Filter
 * @typedef {{filter: Filter, jobs: any[], cursor: string | null, isLoading: boolean, fault: any, lookedAt: number,
 *   isComplete: boolean, codes: string[], scroll: number}} JobList
 */

/** What was listed last is kept, so that the way back from a job leads to the same place. */
export const list = store(empty({ status: "", type: "", code: "" }));

/** @param {Filter} filter @returns {JobList} */
function empty(filter) {
  return {
    filter,
    jobs: [],
    cursor: null,
    isLoading: false,
    fault: null,
    lookedAt: 0,
    isComplete: false,
    codes: [],
    scroll: 0,
  };
}

/** @param {Filter} a @param {Filter} b */
const same = (a, b) => a.status === b.status && a.type === b.type && a.code === b.code;

/** @param {any} job */
export const codeOf = (job) => (job.lastError ? (job.lastError.code ?? NO_CODE) : "");

/** List the jobs of a filter; nothing to do where they are listed already. @param {Filter} filter */
export function show(filter) {
  const { filter: before, lookedAt, codes } = list.get();
  if (same(before, filter) && lookedAt > 0) return;
  list.set({ ...empty(filter), codes });
  more();
  if (codes.length === 0) learnCodes();
}

/** The errors to choose from are those of the newest dead jobs, and of all jobs that are seen later on. */
async function learnCodes() {
  const seen = await call("GET", "jobs", { query: { status: "dlq", limit: PAGE } }).catch(() => ({ jobs: [] }));
  list.change((now) => ({ ...now, codes: known(now.codes, seen.jobs) }));
}

/** Begin anew: what was kept belongs to another session. */
export function reset() {
  list.set(empty({ status: "", type: "", code: "" }));
}

/** Load further jobs: the next page, or as many as it takes to find one. */
export async function more() {
  const { filter, isLoading, isComplete } = list.get();
  if (isLoading || isComplete) return;
  list.change((now) => ({ ...now, isLoading: true, fault: null }));
  try {
    for (let page = 0; page < PAGES_AT_ONCE; page += 1) {
      const before = list.get();
      const seen = await ask(filter, before.cursor);
      if (!same(list.get().filter, filter)) return;
      list.change((now) => ({
        ...now,
        jobs: appended(now.jobs, matching(seen.jobs, filter)),
        codes: known(now.codes, seen.jobs),
        cursor: seen.cursor,
        isComplete: seen.cursor === null,
        lookedAt: now.lookedAt + seen.jobs.length + (seen.jobs.length === 0 ? 1 : 0),
      }));
      if (seen.cursor === null || list.get().jobs.length > before.jobs.length) break;
    }
    list.change((now) => ({ ...now, isLoading: false }));
  } catch (fault) {
    if (same(list.get().filter, filter)) list.change((now) => ({ ...now, isLoading: false, fault }));
  }
}

/**
 * Look at the newest page again: new jobs come on top, and known ones are brought up to date.
 * @param {AbortSignal} signal
 */
export async function refresh(signal) {
  const { filter, lookedAt, isLoading } = list.get();
  if (lookedAt === 0 || isLoading) return;
  const seen = await ask(filter, null, signal);
  if (!same(list.get().filter, filter)) return;
  list.change((now) => ({
    ...now,
    jobs: renewed(now.jobs, matching(seen.jobs, filter), seen.cursor === null ? "" : seen.jobs.at(-1)?.createdAt),
    codes: known(now.codes, seen.jobs),
    fault: null,
  }));
}

/** @param {Filter} filter @param {string | null} cursor @param {AbortSignal} [signal] */
function ask({ status, type, code }, cursor, signal) {
  // The API knows errors by their codes alone; those that have none are picked out here.
  const query = { status, type, code: code === NO_CODE ? "" : code, limit: PAGE, cursor };
  return call("GET", "jobs", { query, signal });
}

/** @param {any[]} jobs @param {Filter} filter */
const matching = (jobs, { code }) => (code ? jobs.filter((job) => codeOf(job) === code) : jobs);

/** @param {any[]} jobs @param {any[]} further */
function appended(jobs, further) {
  const listed = new Set(jobs.map((job) => job.jobId));
  return [...jobs, ...further.filter((job) => !listed.has(job.jobId))];
}

/**
 * The list with its newest part replaced by what was seen just now.
 * @param {any[]} jobs @param {any[]} seen
 * @param {string | undefined} until  the creation time that the look reached down to; empty where it reached all
 */
export function renewed(jobs, seen, until) {
  const listed = new Set(seen.map((job) => job.jobId));
  // Jobs of that part that were not seen again have left the filter.
  return [...seen, ...jobs.filter((job) => !listed.has(job.jobId) && until && job.createdAt <= until)];
}

/** @param {string[]} codes @param {any[]} jobs */
function known(codes, jobs) {
  const all = new Set([...codes, ...jobs.map(codeOf).filter(Boolean)]);
  return all.size === codes.length ? codes : [...all].sort();
}
