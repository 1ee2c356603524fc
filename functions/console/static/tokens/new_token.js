/** The form for a new token. */

import { call } from "../api.js";
import { Dialog } from "../parts/dialog.js";
import { html, useEffect, useState } from "../view.js";

const ROLES = [
  ["viewer", "reads everything, changes nothing"],
  ["producer", "also enqueues, cancels and uploads"],
  ["worker", "leases jobs and reports on them"],
  ["admin", "may do everything, tokens included"],
];

/** @param {{onMade: (token: any) => void, onClose: () => void}} props */
export function NewToken({ onMade, onClose }) {
  const [types, setTypes] = useState(/** @type {string[]} */ ([]));
  const [fault, setFault] = useState(/** @type {any} */ (null));
  const [isMaking, setMaking] = useState(false);
  useEffect(() => {
    call("GET", "types")
      .then((seen) => setTypes(seen.types.map((each) => each.type)))
      .catch(setFault);
  }, []);

  const submit = async (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    const days = Number(form.get("days"));
    setMaking(true);
    setFault(null);
    try {
      const body = {
        label: String(form.get("label")).trim(),
        role: form.get("role"),
        types: form.getAll("types"),
        workerIds: String(form.get("workerIds")).split(/[\s,]+/).filter(Boolean),
        ...(days > 0 && { expiresInDays: days }),
      };
      onMade(await call("POST", "tokens", { body }));
    } catch (refusal) {
      setFault(refusal);
      setMaking(false);
    }
  };

  return html`<${Dialog} title="New token" onClose=${onClose}>
    <form onSubmit=${submit}>
      <label for="label">Label</label>
      <input id="label" name="label" required maxlength="200" placeholder="Who or what will use it" />
      <fieldset>
        <legend>Role</legend>
        ${ROLES.map(
          ([role, meaning]) => html`<label class="choice" key=${role}>
            <input type="radio" name="role" value=${role} defaultChecked=${role === "viewer"} />
            <span><strong>${role}</strong> <span class="quiet">${meaning}</span></span>
          </label>`,
        )}
      </fieldset>
      <fieldset>
        <legend>Job types <span class="quiet">none chosen: all</span></legend>
        ${types.map(
          (type) => html`<label class="choice" key=${type}><input type="checkbox" name="types" value=${type} /> ${type}</label>`,
        )}
      </fieldset>
      <label for="worker-ids">Worker ids <span class="quiet">such as <code>render-*</code>; empty: any</span></label>
      <input id="worker-ids" name="workerIds" spellcheck="false" />
      <label for="days">Expires after days <span class="quiet">empty: never</span></label>
      <input id="days" name="days" type="number" min="1" max="3650" inputmode="numeric" />
      ${fault && html`<p class="field-fault" role="alert">${fault.message} ${fault.details?.map?.((each) => each.message).join("; ")}</p>`}
      <div class="dialog-actions">
        <button type="button" onClick=${onClose}>Back</button>
        <button class="primary" disabled=${isMaking}>Create</button>
      </div>
    </form>
  <//>`;
}
