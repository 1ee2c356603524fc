/** Asking the API again and again: while the page is looked at, and more slowly while the API is in trouble. */

import { connection } from "./connection.js";
import { useEffect, useRef, useState } from "./view.js";

/** Answers that take long are dear to make: at most this share of the time is spent on asking. */
const SHARE_OF_TIME = 0.1;
const LONGEST_REST_MS = 15_000;
const LONGEST_WAIT_MS = 60_000;

/**
 * How long to wait after the n-th failure in a row.
 * @param {number} everyMs
 * @param {number} failures
 * @param {number | null} retryAfter  seconds that the API asked for
 */
export function waitAfterFailure(everyMs, failures, retryAfter) {
  const backoff = Math.min(LONGEST_WAIT_MS, Math.max(1_000, everyMs) * 2 ** Math.min(failures, 10));
  return Math.max(backoff / 2 + (Math.random() * backoff) / 2, (retryAfter ?? 0) * 1_000);
}

/**
 * How long to wait after an answer. One slow answer among quick ones was a function that started cold, and says nothing.
 * @param {number} everyMs
 * @param {number} tookMs  how long this answer took
 * @param {number} tookBeforeMs  how long the one before took
 */
export function waitAfterAnswer(everyMs, tookMs, tookBeforeMs) {
  return Math.max(everyMs, Math.min(LONGEST_REST_MS, Math.min(tookMs, tookBeforeMs) / SHARE_OF_TIME));
}

/**
 * Load now and then every `everyMs`, until `key` changes or the component goes.
 * @template T
 * @param {(signal: AbortSignal) => Promise<T>} load
 * @param {number} everyMs
 * @param {string} [key]  what is loaded; another key starts anew
 * @returns {{data: T | null, fault: any, again: () => void}}
 */
export function usePolling(load, everyMs, key = "") {
  const [state, setState] = useState(/** @type {any} */ ({ key, data: null, fault: null }));
  const latest = useRef(/** @type {any} */ (null));
  latest.current = { load, everyMs };
  const again = useRef(() => {});

  useEffect(() => {
    const leaving = new AbortController();
    let failures = 0;
    let tookBefore = 0;
    let running = false;
    let due = 0;
    /** @type {number | undefined} */
    let timer;

    const schedule = (waitMs) => {
      due = Date.now() + waitMs;
      clearTimeout(timer);
      if (!document.hidden) timer = setTimeout(run, waitMs);
    };
    const run = async () => {
      if (running || leaving.signal.aborted) return;
      running = true;
      clearTimeout(timer);
      const started = performance.now();
      try {
        const data = await latest.current.load(leaving.signal);
        if (leaving.signal.aborted) return;
        failures = 0;
        // An answer may still come in after the page was hidden.
        connection.set({ state: document.hidden ? "paused" : "live" });
        setState({ key, data, fault: null });
        const took = performance.now() - started;
        schedule(waitAfterAnswer(latest.current.everyMs, took, tookBefore));
        tookBefore = took;
      } catch (fault) {
        if (leaving.signal.aborted) return;
        failures += 1;
        const waitMs = waitAfterFailure(latest.current.everyMs, failures, fault.retryAfter ?? null);
        if (!document.hidden && (!fault.status || fault.status === 429 || fault.status >= 500)) {
          connection.set({ state: "waiting", until: Date.now() + waitMs });
        }
        setState((before) => ({ key, data: before.key === key ? before.data : null, fault }));
        schedule(waitMs);
      } finally {
        running = false;
      }
    };
    const seen = () => {
      clearTimeout(timer);
      if (document.hidden) connection.set({ state: "paused" });
      else schedule(Math.max(0, due - Date.now()));
    };

    again.current = run;
    document.addEventListener("visibilitychange", seen);
    run();
    return () => {
      leaving.abort();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", seen);
    };
  }, [key]);

  const current = state.key === key ? state : { data: null, fault: null };
  return { data: current.data, fault: current.fault, again: () => again.current() };
}
