/** Tokens, for admins: create, rotate, revoke. A secret is shown once. */

import { call } from "../api.js";
import { Question } from "../parts/dialog.js";
import { attempt, notify } from "../parts/notices.js";
import { Empty, Fault, Loading } from "../parts/states.js";
import { Time } from "../parts/time.js";
import { serverNow } from "../clock.js";
import { usePolling } from "../polling.js";
import { mayAdminister, ownTokenId } from "../session.js";
import { html, useState } from "../view.js";
import { NewToken } from "./new_token.js";
import { Secret } from "./secret.js";

const EVERY_MS = 15_000;

export function TokensPage() {
  if (!mayAdminister()) {
    return html`<h1 tabindex="-1">Tokens</h1>
      <${Empty} title="For admins">
        <p>This token may not see or make tokens. Sign in with an admin's.</p>
      <//>`;
  }
  return html`<${TokensOfAdmins} />`;
}

function TokensOfAdmins() {
  const { data, fault, again } = usePolling((signal) => call("GET", "tokens", { signal }), EVERY_MS);
  /** What is asked about or shown: a dialog, with the token it is about. */
  const [open, setOpen] = useState(/** @type {{dialog: string, token?: any}} */ ({ dialog: "" }));
  const close = () => setOpen({ dialog: "" });
  const show = (token) => {
    setOpen({ dialog: "secret", token });
    again();
  };
  const rotate = async ({ tokenId }) => {
    close();
    try {
      show(await call("POST", `tokens/${tokenId}/rotate`));
    } catch (refusal) {
      notify(refusal.message, { isFault: true });
    }
  };
  const revoke = ({ tokenId, label }) => {
    close();
    attempt(async () => {
      await call("DELETE", `tokens/${tokenId}`);
      return `${label} is revoked`;
    }).then(again);
  };

  const tokens = [...(data?.tokens ?? [])].sort((a, b) => b.createdAt.localeCompare(a.createdAt));
  return html`
    <div class="title">
      <h1 tabindex="-1">Tokens</h1>
      <button type="button" class="primary" onClick=${() => setOpen({ dialog: "new" })}>New token</button>
    </div>
    ${fault && html`<${Fault} fault=${fault} again=${again} />`}
    ${!data && !fault && html`<${Loading} what="tokens" />`}
    ${data && html`<${Table} tokens=${tokens} ask=${(dialog, token) => setOpen({ dialog, token })} />`}
    ${open.dialog === "new" && html`<${NewToken} onMade=${show} onClose=${close} />`}
    ${open.dialog === "secret" && html`<${Secret} token=${open.token} onClose=${close} />`}
    ${open.dialog === "rotate" &&
    html`<${Question}
      title=${`Rotate ${open.token.label}?`}
      yes="Rotate"
      onYes=${() => rotate(open.token)}
      onClose=${close}
    >
      <p>A new secret is made and shown once. The present one stays good for a day, so that workers can be changed one by one.</p>
    <//>`}
    ${open.dialog === "revoke" &&
    html`<${Question}
      title=${`Revoke ${open.token.label}?`}
      yes="Revoke"
      isDangerous
      onYes=${() => revoke(open.token)}
      onClose=${close}
    >
      <p>
        Whoever uses it is refused within some seconds, and it can't be brought back.
        ${open.token.tokenId === ownTokenId() && html` <strong>It is the one you are signed in with.</strong>`}
      </p>
    <//>`}
  `;
}

/** @param {{tokens: any[], ask: (dialog: string, token: any) => void}} props */
function Table({ tokens, ask }) {
  return html`<section class="card">
    <div class="scrolls" tabindex="0" role="region" aria-label="Tokens, newest first">
      <table class="tokens">
        <thead>
          <tr>
            ${["Label", "Role", "Only for", "Created", "Expires"].map((title) => html`<th scope="col" key=${title}>${title}</th>`)}
            <th scope="col"><span class="unseen">Actions</span></th>
          </tr>
        </thead>
        <tbody>
          ${tokens.map(
            (token) => html`<tr key=${token.tokenId}>
              <th scope="row">
                ${token.label} ${token.tokenId === ownTokenId() && html`<span class="tag">yours</span>`}<br />
                <code class="quiet">${token.tokenId}</code>
              </th>
              <td>${token.role}</td>
              <td data-label="for"><${Limits} token=${token} /></td>
              <td data-label="created"><${Time} at=${token.createdAt} /></td>
              <td data-label="expires"><${Expiry} token=${token} /></td>
              <td class="row-actions">
                <button type="button" class="small" aria-label=${`Rotate ${token.label}`} onClick=${() => ask("rotate", token)}>
                  Rotate
                </button>
                <button
                  type="button"
                  class="small danger"
                  aria-label=${`Revoke ${token.label}`}
                  onClick=${() => ask("revoke", token)}
                >
                  Revoke
                </button>
              </td>
            </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`;
}

function Limits({ token }) {
  const limits = [...token.types, ...token.workerIds];
  if (limits.length === 0) return html`<span class="quiet">no limit</span>`;
  return html`${limits.map((limit) => html`<code key=${limit}>${limit}</code> `)}`;
}

function Expiry({ token }) {
  const isOver = token.expiresAt !== null && Date.parse(token.expiresAt) <= serverNow();
  return html`
    ${token.expiresAt === null ? html`<span class="quiet">never</span>` : html`<${Time} at=${token.expiresAt} />`}
    ${isOver && html` <span class="tag tag-bad">expired</span>`}
    ${token.previousSecretUntil &&
    Date.parse(token.previousSecretUntil) > serverNow() &&
    html`<br /><span class="quiet">old secret until <${Time} at=${token.previousSecretUntil} /></span>`}
  `;
}
