/** One picture: the original beside its thumbnails, their sizes and times, and making them again. */

import { call } from "../api.js";
import { duration, fileName, size } from "../format.js";
import { attempt } from "../parts/notices.js";
import { Fault, Loading } from "../parts/states.js";
import { Time } from "../parts/time.js";
import { usePolling } from "../polling.js";
import { go, to } from "../router.js";
import { mayEnqueue } from "../session.js";
import { html, useEffect, useState } from "../view.js";
import { originalOf, thumbnailOf } from "./addresses.js";
import { blurOf } from "./placeholder.js";
import { Blurred, progressOf } from "./wall.js";

const MAKING_EVERY_MS = 1_000;
const MADE_EVERY_MS = 10_000;
const THUMBNAIL_JOB = "thumbnail.create";

/** What can be done about a picture that got no thumbnail. */
const ADVICE = {
  unsupported_image: "Upload it in a kind that can be read: JPEG, PNG, WebP, GIF, AVIF, HEIC, TIFF or BMP.",
  corrupt_image: "The file is damaged; trying again won't mend it. Upload a sound copy.",
  image_too_large: "Upload a smaller copy, or have an admin raise the limit of this stack.",
};
const OTHER_ADVICE = "Once the cause is mended, make the thumbnail again.";

/** @param {{id: string}} props */
export function PicturePage({ id }) {
  const [isMaking, setMaking] = useState(true);
  const { data: asset, fault, again } = usePolling(
    async (signal) => {
      const seen = await call("GET", `assets/${encodeURIComponent(id)}`, { signal });
      setMaking(progressOf(seen) === "making");
      return seen;
    },
    isMaking ? MAKING_EVERY_MS : MADE_EVERY_MS,
    id,
  );
  const makeAgain = () =>
    attempt(async () => {
      const job = await call("POST", `assets/${encodeURIComponent(id)}/thumbnail`);
      go(to("jobs", job.jobId));
      return "The thumbnail is being made again; this is its job.";
    });

  return html`
    <p class="way-back"><a href=${to("pictures")}>Pictures</a></p>
    <div class="title">
      <h1 tabindex="-1">${asset ? fileName(asset.key) : "Picture"}</h1>
      ${asset &&
      mayEnqueue() &&
      asset.kind === "source" &&
      asset.versionNumber > 0 &&
      html`<button type="button" onClick=${makeAgain}>Make again</button>`}
    </div>
    ${fault && html`<${Fault} fault=${fault} again=${again} />`}
    ${!asset && !fault && html`<${Loading} what="the picture" />`}
    ${asset && html`<${Outcome} asset=${asset} /><${Pair} asset=${asset} />`}
  `;
}

function Outcome({ asset }) {
  const progress = progressOf(asset);
  if (progress === "making") {
    return html`<p class="outcome" role="status">
      ${asset.versionNumber > 0 ? "The thumbnail is being made." : "The upload has not arrived yet."}
    </p>`;
  }
  if (progress === "made") return null;
  return html`<div class="fault" role="alert">
    <p>
      <strong>No thumbnail: ${asset.error.message}</strong> <code>${asset.error.code}</code><br />
      ${ADVICE[asset.error.code] ?? OTHER_ADVICE} <${LinkToJob} asset=${asset} />
    </p>
  </div>`;
}

/** To the job that failed; to all like it where there are so many that it is not among the newest. */
function LinkToJob({ asset }) {
  const like = { status: "dlq", type: THUMBNAIL_JOB, code: asset.error.code ?? "" };
  const [jobId, setJobId] = useState("");
  useEffect(() => {
    const leaving = new AbortController();
    call("GET", "jobs", { query: { ...like, limit: 100 }, signal: leaving.signal })
      .then(({ jobs }) => setJobId(jobs.find((job) => job.payload.assetId === asset.assetId)?.jobId ?? ""))
      .catch(() => {}); // the other link still leads on
    return () => leaving.abort();
  }, [asset.assetId, asset.updatedAt]);
  return jobId
    ? html`<a href=${to("jobs", jobId)}>Show its job</a>`
    : html`<a href=${to("jobs", "", like)}>Show the dead jobs with this error</a>`;
}

function Pair({ asset }) {
  return html`<div class="pair">
    <section class="card">
      <header class="card-head"><h2>Original</h2></header>
      <${Original} asset=${asset} />
      <${Facts}
        facts=${[
          ["Kind", asset.contentType ?? "–"],
          ["Pixels", asset.width ? `${asset.width} × ${asset.height}` : "–"],
          ["Size", size(asset.bytes)],
          ["Uploaded", html`<${Time} at=${asset.createdAt} />`],
          ["Version", asset.versionNumber],
          ["Asset", html`<code>${asset.assetId}</code>`],
        ]}
      />
    </section>
    ${asset.thumbnails.map(
      (each) => html`<section class="card" key=${each.key}>
        <header class="card-head"><h2>Thumbnail <span class="quiet">${each.variant}</span></h2></header>
        <div class="picture">
          <${Blurred} src=${thumbnailOf(each)} blur=${blurOf(asset.placeholder)} width=${each.width} height=${each.height} />
        </div>
        <${Facts}
          facts=${[
            ["Kind", each.contentType],
            ["Pixels", `${each.width} × ${each.height}`],
            ["Size", html`${size(each.bytes)} <span class="quiet">${share(each.bytes, asset.bytes)}</span>`],
            ["Made", html`<${Time} at=${asset.updatedAt} /> <span class="quiet">${madeAfter(asset)}</span>`],
            ["Asset", html`<code>${each.assetId}</code>`],
          ]}
        />
      </section>`,
    )}
  </div>`;
}

/** Browsers can't show every kind that thumbnails are made of. */
function Original({ asset }) {
  const [isUnshowable, setUnshowable] = useState(false);
  const url = originalOf(asset);
  if (!url) return html`<div class="picture"><p class="quiet">Not uploaded yet.</p></div>`;
  return html`<div class="picture">
    ${isUnshowable
      ? html`<p class="quiet">
          Your browser can't show this file. <a href=${url} rel="noreferrer" download>Download it</a>
        </p>`
      : html`<img src=${url} alt=${`Original of ${fileName(asset.key)}`} onError=${() => setUnshowable(true)} />`}
  </div>`;
}

/** @param {{facts: [string, any][]}} props */
function Facts({ facts }) {
  return html`<dl class="facts">
    ${facts.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}
  </dl>`;
}

const share = (part, whole) => (whole ? `${((100 * part) / whole).toFixed(part * 10 > whole ? 0 : 1)} %` : "");
const madeAfter = (asset) => `${duration(Date.parse(asset.updatedAt) - Date.parse(asset.createdAt))} after`;
