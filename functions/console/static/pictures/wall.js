/** The wall of thumbnails. */

import { fileName, size } from "../format.js";
import { Ago } from "../parts/time.js";
import { to } from "../router.js";
import { html, useState } from "../view.js";
import { thumbnailOf } from "./addresses.js";
import { blurOf } from "./placeholder.js";

/** @typedef {"made" | "failed" | "making"} Progress */

/** @param {any} asset @returns {Progress} */
export function progressOf(asset) {
  if (asset.processed) return "made";
  return asset.error ? "failed" : "making";
}

/** @param {{assets: any[]}} props */
export function Wall({ assets }) {
  return html`<ul class="wall" aria-label="Pictures">
    ${assets.map((asset) => html`<${Tile} key=${asset.assetId} asset=${asset} />`)}
  </ul>`;
}

function Tile({ asset }) {
  const progress = progressOf(asset);
  const name = fileName(asset.key);
  return html`<li class=${`tile tile-${progress}`}>
    <a href=${to("pictures", asset.assetId)}>
      <span class="tile-picture"><${TilePicture} asset=${asset} progress=${progress} /></span>
      <span class="tile-name">${name}</span>
    </a>
    <span class="tile-facts"><${TileFacts} asset=${asset} progress=${progress} /></span>
  </li>`;
}

function TilePicture({ asset, progress }) {
  if (progress === "making") return html`<span class="tile-note">Making …</span>`;
  if (progress === "failed") return html`<span class="tile-note"><code>${asset.error.code ?? "failed"}</code></span>`;
  const [thumbnail] = asset.thumbnails;
  return html`<${Blurred}
    key=${thumbnail.key}
    src=${thumbnailOf(thumbnail)}
    blur=${blurOf(asset.placeholder)}
    width=${thumbnail.width}
    height=${thumbnail.height}
  />`;
}

function TileFacts({ asset, progress }) {
  if (progress === "failed") return html`<span class="tile-reason">${asset.error.message}</span>`;
  if (progress === "making") return html`${size(asset.bytes)} · <${Ago} at=${asset.updatedAt} />`;
  return html`${asset.width} × ${asset.height} · ${size(asset.bytes)}`;
}

/**
 * A picture over its blur, which goes once the picture is here. The name beside it says what it is, so it has no
 * text of its own.
 * @param {{src: string | null, blur: string, width: number, height: number}} props
 */
export function Blurred({ src, blur, width, height }) {
  const [isHere, setHere] = useState(false);
  return html`<span class="blurred" style=${{ aspectRatio: `${width} / ${height}` }}>
    ${blur && !isHere && html`<img class="blur" src=${blur} alt="" />`}
    <img
      class=${isHere ? "sharp" : "sharp sharp-coming"}
      src=${src}
      width=${width}
      height=${height}
      alt=""
      loading="lazy"
      onLoad=${() => setHere(true)}
    />
  </span>`;
}
