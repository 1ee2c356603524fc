/** A token's secret, shown this once. It lives in this dialog alone, and goes with it. */

import { Copy } from "../parts/copy.js";
import { Dialog } from "../parts/dialog.js";
import { html } from "../view.js";

/** @param {{token: any, onClose: () => void}} props */
export function Secret({ token, onClose }) {
  return html`<${Dialog} title=${`The token of ${token.label}`} onClose=${onClose} isLocked>
    <p>Copy it now: it is not kept, and <strong>will not be shown again</strong>.</p>
    <p class="secret">
      <code data-secret>${token.token}</code>
      <${Copy} text=${token.token} what="the token" />
    </p>
    <div class="dialog-actions"><button type="button" class="primary" onClick=${onClose}>I have stored it</button></div>
  <//>`;
}
