/** Pictures: drop files, see their thumbnails appear. */

import { call } from "../api.js";
import { count, counted, duration, size } from "../format.js";
import { Empty, Fault, Loading } from "../parts/states.js";
import { usePolling } from "../polling.js";
import { to } from "../router.js";
import { mayEnqueue } from "../session.js";
import { useStore } from "../store.js";
import { html, useEffect, useLayoutEffect, useRef, useState } from "../view.js";
import { forget, upload, uploadAgain, uploads } from "./uploads.js";
import { Wall, progressOf } from "./wall.js";

const PAGE = 60;
const BUSY_EVERY_MS = 1_000;
const IDLE_EVERY_MS = 5_000;

export function PicturesPage() {
  const sent = useStore(uploads);
  const [older, setOlder] = useState(/** @type {{assets: any[], cursor: string | null} | null} */ (null));
  const seen = useRef(/** @type {any[]} */ ([]));
  const isBusy =
    sent.some((each) => each.stage === "waiting" || each.stage === "sending") ||
    seen.current.some((asset) => progressOf(asset) === "making");
  const newest = usePolling(
    (signal) => call("GET", "assets", { query: { limit: PAGE }, signal }),
    isBusy ? BUSY_EVERY_MS : IDLE_EVERY_MS,
  );
  const assets = joined(newest.data?.assets ?? [], older?.assets ?? []);
  seen.current = assets;
  const cursor = older ? older.cursor : newest.data?.cursor;

  // An upload that has just arrived is worth a look at once.
  const arrived = sent.filter((each) => each.stage === "sent").length;
  useEffect(() => void (arrived && newest.again()), [arrived]);

  const showOlder = async () => {
    const page = await call("GET", "assets", { query: { limit: PAGE, cursor } });
    setOlder((before) => ({ assets: [...(before?.assets ?? []), ...page.assets], cursor: page.cursor }));
  };

  return html`
    <h1 tabindex="-1">Pictures</h1>
    ${mayEnqueue() && html`<${DropZone} />`}
    ${sent.length > 0 && html`<${Uploads} uploads=${sent} assets=${assets} />`}
    ${newest.fault && html`<${Fault} fault=${newest.fault} again=${newest.again} />`}
    ${!newest.data && !newest.fault && html`<${Loading} what="pictures" />`}
    ${newest.data && assets.length === 0 && html`<${NoPictures} />`}
    ${assets.length > 0 && html`<${Wall} assets=${assets} />`}
    ${cursor && html`<${More} show=${showOlder} />`}
  `;
}

function NoPictures() {
  return html`<${Empty} title="No pictures yet">
    <p>
      ${mayEnqueue()
        ? "Drop some above. Each gets its thumbnail within a second or two, here, as you watch."
        : "This token may only look. Pictures appear here when somebody uploads them."}
    </p>
  <//>`;
}

function DropZone() {
  const [isOver, setOver] = useState(false);
  const input = useRef(/** @type {HTMLInputElement | null} */ (null));

  // Files may be dropped anywhere on the page; without this the browser would leave the console to show them.
  useLayoutEffect(() => {
    const leaving = new AbortController();
    const hear = (name, handle) => addEventListener(name, handle, { signal: leaving.signal });
    hear("dragover", (event) => {
      event.preventDefault();
      setOver(true);
    });
    hear("dragleave", (event) => event.relatedTarget === null && setOver(false));
    hear("drop", (event) => {
      event.preventDefault();
      setOver(false);
      upload(event.dataTransfer.files);
    });
    return () => leaving.abort();
  }, []);

  const choose = () => {
    upload(input.current?.files ?? []);
    if (input.current) input.current.value = ""; // so that the same file can be chosen once more
  };
  return html`<div class=${isOver ? "drop drop-over" : "drop"}>
    <p><strong>Drop pictures here</strong>, several at once, or <label class="drop-choose" for="files">choose files</label>.</p>
    <p class="quiet">JPEG, PNG, WebP, GIF, AVIF, HEIC, TIFF, BMP. What the bytes say counts, not the name.</p>
    <input ref=${input} id="files" class="unseen" type="file" multiple onChange=${choose} />
  </div>`;
}

/** @param {{uploads: import("./uploads.js").Upload[], assets: any[]}} props */
function Uploads({ uploads: sent, assets }) {
  const byId = new Map(assets.map((asset) => [asset.assetId, asset]));
  const outcomeOf = (each) => {
    const asset = each.stage === "sent" ? byId.get(each.assetId) : null;
    return asset ? progressOf(asset) : null;
  };
  const made = sent.filter((each) => outcomeOf(each) === "made");
  const failed = sent.filter((each) => outcomeOf(each) === "failed" || each.stage === "refused");
  const open = sent.length - made.length - failed.length;
  // What went wrong comes first: among many it would be out of sight.
  const sorted = [...failed, ...sent.filter((each) => !failed.includes(each))];
  const isDone = (each) => outcomeOf(each) === "made" || outcomeOf(each) === "failed" || each.stage === "refused";
  return html`<section class="card" aria-label="Uploads">
    <header class="card-head">
      <h2 aria-live="polite">
        ${open > 0 ? `${count(open)} on the way, ` : ""}${counted(made.length, "thumbnail")} made${failed.length
          ? `, ${count(failed.length)} failed`
          : ""}
      </h2>
      ${open < sent.length && html`<button type="button" class="small" onClick=${() => forget(isDone)}>Clear finished</button>`}
    </header>
    <ul class="uploads">
      ${sorted.map((each) => html`<${UploadRow} key=${each.id} upload=${each} asset=${byId.get(each.assetId)} />`)}
    </ul>
  </section>`;
}

/** @param {{upload: import("./uploads.js").Upload, asset: any}} props */
function UploadRow({ upload: each, asset }) {
  return html`<li class="upload">
    <span class="upload-name">${each.file.name}</span>
    <span class="upload-size quiet">${size(each.file.size)}</span>
    <span class="upload-state"><${UploadState} upload=${each} asset=${asset} /></span>
  </li>`;
}

function UploadState({ upload: each, asset }) {
  if (each.stage === "waiting") return html`<span class="quiet">waits its turn</span>`;
  if (each.stage === "sending") {
    return html`<progress max="1" value=${each.share} aria-label=${`Uploading ${each.file.name}`}></progress>
      <span class="number">${Math.round(each.share * 100)} %</span>`;
  }
  if (each.stage === "refused") {
    return html`<span class="upload-reason">${each.reason}</span>
      <button type="button" class="small" onClick=${() => uploadAgain(each)}>Try again</button>`;
  }
  if (!asset || progressOf(asset) === "making") return html`<span>uploaded, making the thumbnail …</span>`;
  const link = to("pictures", asset.assetId);
  if (progressOf(asset) === "failed") {
    return html`<a class="upload-reason" href=${link}>${asset.error.message}</a> <code>${asset.error.code}</code>`;
  }
  return html`<a href=${link}>thumbnail made</a>
    <span class="quiet">${duration(Date.parse(asset.updatedAt) - Date.parse(asset.createdAt))}</span>`;
}

/** Loads older pictures when it comes into view, or is pressed. @param {{show: () => Promise<void>}} props */
function More({ show }) {
  const button = useRef(/** @type {HTMLButtonElement | null} */ (null));
  const [fault, setFault] = useState(/** @type {any} */ (null));
  const running = useRef(false);
  const load = async () => {
    if (running.current) return;
    running.current = true;
    setFault(null);
    await show().catch(setFault);
    running.current = false;
  };
  useEffect(() => {
    const watch = new IntersectionObserver(([entry]) => entry.isIntersecting && load(), { rootMargin: "400px" });
    watch.observe(/** @type {Element} */ (button.current));
    return () => watch.disconnect();
  });
  return html`${fault && html`<${Fault} fault=${fault} again=${load} />`}
    <button ref=${button} type="button" class="more" onClick=${load}>Older pictures</button>`;
}

/** @param {any[]} newest @param {any[]} older */
function joined(newest, older) {
  const known = new Set(newest.map((asset) => asset.assetId));
  return [...newest, ...older.filter((asset) => !known.has(asset.assetId))];
}
