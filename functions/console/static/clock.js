/** What time it is: by the server's clock, since that is the one that leases and waits go by. */

import { useEffect, useState } from "./view.js";

/** The `Date` header counts whole seconds, so less than this is no difference. */
const SMALLEST_SKEW_MS = 2_000;

let skew = 0;

/** @param {string | null} header  the `Date` header of an answer */
export function noteServerTime(header) {
  const difference = Date.parse(header ?? "") - Date.now();
  if (Number.isFinite(difference)) skew = Math.abs(difference) < SMALLEST_SKEW_MS ? 0 : difference;
}

export const serverNow = () => Date.now() + skew;

/**
 * The time, drawn again every so often while the page is looked at.
 * @param {number} everyMs
 */
export function useNow(everyMs) {
  const [now, setNow] = useState(serverNow());
  useEffect(() => {
    const timer = setInterval(() => document.hidden || setNow(serverNow()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
