/** Dialogs, by the browser's own: it keeps the focus inside, gives it back, and closes on Escape. */

import { html, useEffect, useId, useRef } from "../view.js";

/** @param {{title: string, onClose: () => void, children: any, isLocked?: boolean}} props */
export function Dialog({ title, onClose, children, isLocked = false }) {
  const element = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const titleId = useId();
  useEffect(() => {
    const dialog = element.current;
    if (!dialog?.open) dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return html`<dialog
    ref=${element}
    aria-labelledby=${titleId}
    onCancel=${(event) => (isLocked ? event.preventDefault() : onClose())}
    onClick=${(event) => event.target === element.current && !isLocked && onClose()}
  >
    <div class="dialog-body">
      <h2 id=${titleId}>${title}</h2>
      ${children}
    </div>
  </dialog>`;
}

/**
 * A question with one way on and one way back.
 * @param {{title: string, yes: string, isDangerous?: boolean, onYes: () => void, onClose: () => void, children: any}} props
 */
export function Question({ title, yes, isDangerous = false, onYes, onClose, children }) {
  return html`<${Dialog} title=${title} onClose=${onClose}>
    ${children}
    <div class="dialog-actions">
      <button type="button" onClick=${onClose}>Back</button>
      <button type="button" class=${isDangerous ? "danger" : "primary"} onClick=${onYes}>${yes}</button>
    </div>
  <//>`;
}
