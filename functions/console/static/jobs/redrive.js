/** Redriving many dead jobs: first counted, then confirmed, then done in portions, so that each call is short. */

import { call } from "../api.js";
import { count, counted } from "../format.js";
import { Dialog } from "../parts/dialog.js";
import { notify } from "../parts/notices.js";
import { Fault } from "../parts/states.js";
import { html, useEffect, useState } from "../view.js";
import { NO_CODE } from "./list.js";

const PAGE = 100;
/** Counting further would take long and change little: the rest is redriven by doing it again. */
const COUNTED_AT_MOST = 5_000;
const PORTION = 100;

/**
 * @typedef {{filter: import("./list.js").Filter, onClose: () => void, onDone: () => void}} Props
 * @param {Props} props
 */
export function RedriveMany({ filter, onClose, onDone }) {
  const [found, setFound] = useState(0);
  const [isCounted, setCounted] = useState(false);
  const [redriven, setRedriven] = useState(/** @type {number | null} */ (null));
  const [fault, setFault] = useState(/** @type {any} */ (null));
  const [tries, setTries] = useState(0);

  useEffect(() => {
    const leaving = new AbortController();
    setFault(null);
    countDead(filter, leaving.signal, setFound)
      .then(() => setCounted(true))
      .catch((refusal) => leaving.signal.aborted || setFault(refusal));
    return () => leaving.abort();
  }, [tries]);

  const redrive = async () => {
    setFault(null);
    let total = 0;
    setRedriven(total);
    try {
      while (total < found) {
        const limit = Math.min(PORTION, found - total);
        const body = { limit, ...(filter.type && { type: filter.type }), ...(filter.code && { code: filter.code }) };
        const answer = await call("POST", "jobs/redrive", { body });
        total += answer.redriven;
        setRedriven(total);
        if (answer.redriven < limit) break; // others have redriven some of them meanwhile
      }
      notify(`${counted(total, "job")} queued again`);
      onDone();
      onClose();
    } catch (refusal) {
      setFault(refusal);
      setRedriven(null);
      onDone();
    }
  };

  const isRunning = redriven !== null;
  if (filter.code === NO_CODE) {
    return html`<${Dialog} title="Redrive many" onClose=${onClose}>
      <p>Jobs can be chosen by an error's code, and these have none. Redrive them one by one, or all dead
      jobs together (Error: any).</p>
      <div class="dialog-actions"><button type="button" onClick=${onClose}>Back</button></div>
    <//>`;
  }
  return html`<${Dialog} title="Redrive many" onClose=${onClose} isLocked=${isRunning}>
    <p aria-live="polite">
      ${isCounted ? html`<strong>${sentence(found, filter)}</strong>` : `Counting … ${count(found)} so far`}
    </p>
    <p class="quiet">
      Each is queued again with all its attempts. If the cause is not mended, they will die once more.
      ${found >= COUNTED_AT_MOST && ` There are more; these are the oldest ${count(COUNTED_AT_MOST)}.`}
    </p>
    ${isRunning && html`<progress max=${found} value=${redriven} aria-label="Jobs redriven"></progress>`}
    ${fault && html`<${Fault} fault=${fault} again=${isCounted ? redrive : () => setTries(tries + 1)} />`}
    <div class="dialog-actions">
      <button type="button" disabled=${isRunning} onClick=${onClose}>Back</button>
      <button type="button" class="primary" disabled=${!isCounted || found === 0 || isRunning} onClick=${redrive}>
        ${isCounted ? `Redrive ${counted(found, "job")}` : "Redrive"}
      </button>
    </div>
  <//>`;
}

/** @param {number} found @param {import("./list.js").Filter} filter */
function sentence(found, { type, code }) {
  const which = [type && `of type ${type}`, code && `with the error ${code}`].filter(Boolean).join(" ");
  return `${counted(found, "dead job")} ${which || "of any type"}`;
}

/**
 * @param {import("./list.js").Filter} filter @param {AbortSignal} signal @param {(found: number) => void} tell
 */
async function countDead({ type, code }, signal, tell) {
  let found = 0;
  let cursor = null;
  do {
    const seen = await call("GET", "jobs", { query: { status: "dlq", type, code, limit: PAGE, cursor }, signal });
    found = Math.min(found + seen.jobs.length, COUNTED_AT_MOST);
    tell(found);
    cursor = seen.cursor;
  } while (cursor && found < COUNTED_AT_MOST);
}
