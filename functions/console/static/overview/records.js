/**
 * What this session knows of the jobs that have ended, for the plots: it outlives a visit to another page, and a reload.
 *
 * Of the time before the page was opened the jobs themselves tell, page after page of them, newest first, until they
 * are older than the plots reach.
 */

import { call } from "../api.js";
import { serverNow } from "../clock.js";
import { ownTokenId, session } from "../session.js";
import { Rates, SLICES, SLICE_MS } from "./rates.js";

/** Pages of jobs that are read at most. */
const PAGES = 30;
/** A page that takes longer is asked for again. */
const PATIENCE_MS = 20_000;
/** Where the session storage has the records; signing out forgets them. */
const KEPT = "leasehold.rates";

/**
 * @typedef {object} Records
 * @property {string} token
 * @property {Rates} rates
 * @property {{cursor: string, pages: number, until: number}} back  how far the look back has come
 * @property {boolean} isAsking
 */

/** @type {Records | null} */
let records = null;

/** @returns {Records} */
export function recordsOfSession() {
  const token = session.get()?.token ?? "";
  if (records?.token !== token) {
    const now = serverNow();
    records = { token, rates: Rates.kept(kept(token), now), back: { cursor: "", pages: 0, until: now }, isAsking: false };
  }
  return records;
}

/**
 * Go on looking back, if there is more to learn. A page that fails ends it for now; called again, it goes on there.
 * @param {Records} records @param {() => void} tell  called after each page
 */
export async function lookBack(records, tell) {
  if (records.isAsking) return;
  records.isAsking = true;
  try {
    while (!records.rates.isFilled) {
      await rememberOnePage(records);
      tell();
    }
  } catch {
    // The plots begin where it came to, until the next call.
  } finally {
    records.isAsking = false;
  }
}

/** @param {Records} records */
async function rememberOnePage({ rates, back }) {
  const since = back.until - SLICES * SLICE_MS;
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const seen = await call("GET", "jobs", { query: { limit: 100, cursor: back.cursor }, signal });
  back.cursor = seen.cursor ?? "";
  back.pages += 1;
  const oldest = back.cursor ? Date.parse(seen.jobs.at(-1)?.createdAt ?? since) : since;
  rates.remember(seen.jobs, Math.max(since, oldest), back.until);
  rates.isFilled = oldest <= since || back.pages === PAGES;
}

/** Keep the records for after a reload, under the token's id: its secret is kept in one place alone. */
export function keep() {
  // What has not looked back to its end would have a gap after a reload, which nothing fills.
  if (!records?.rates.isFilled || records.token !== session.get()?.token) return;
  sessionStorage.setItem(KEPT, JSON.stringify({ token: ownTokenId(), rates: records.rates }));
}

/** @param {string} token @returns {any} */
function kept(token) {
  try {
    const found = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
    return found?.token === token.split("_")[1] ? found.rates : null;
  } catch {
    return null;
  }
}

session.listen(() => session.get() ?? sessionStorage.removeItem(KEPT));
