/** Signing in: a token, tried out before it is kept. */

import { rightsOf } from "./api.js";
import { Brand } from "./parts/shell.js";
import { begin, farewell } from "./session.js";
import { useStore } from "./store.js";
import { html, useEffect, useRef, useState } from "./view.js";

export function SignIn() {
  const reason = useStore(farewell);
  const [fault, setFault] = useState("");
  const [isTrying, setTrying] = useState(false);
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  useEffect(() => {
    document.title = "Sign in · Leasehold";
    field.current?.focus();
  }, []);

  const submit = async (event) => {
    event.preventDefault();
    const token = field.current?.value.trim() ?? "";
    if (!token) return;
    setTrying(true);
    setFault("");
    try {
      begin({ token, rights: await rightsOf(token) });
    } catch (refusal) {
      setFault(refusal.message);
      setTrying(false);
      field.current?.select();
    }
  };

  return html`<main class="sign-in">
    <form onSubmit=${submit}>
      <h1><${Brand} /></h1>
      ${reason && html`<p class="sign-in-reason" role="alert">${reason}</p>`}
      <label for="token">Token</label>
      <input
        id="token"
        ref=${field}
        type="password"
        placeholder="lh_…"
        autocomplete="off"
        spellcheck="false"
        aria-describedby="token-help"
        aria-invalid=${fault ? "true" : null}
      />
      ${fault && html`<p class="field-fault" role="alert">${fault}</p>`}
      <button class="primary" disabled=${isTrying}>${isTrying ? "Trying it …" : "Sign in"}</button>
      <p id="token-help" class="quiet">
        On your own machine, <code>make up</code> prints one. Otherwise ask an admin of this stack, or make one with${" "}
        <code>leasehold token</code>. It is kept in this tab until you close it.
      </p>
    </form>
  </main>`;
}
