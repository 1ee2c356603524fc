/** Uploads: a few at once, each by a signed form straight to S3, and followed until its thumbnail is there. */

import { ApiError, call } from "../api.js";
import { store } from "../store.js";

const AT_ONCE = 3;
const UNKNOWN_TYPE = "application/octet-stream";

/**
 * @typedef {"waiting" | "sending" | "sent" | "refused"} Stage
 * @typedef {{id: number, file: File, stage: Stage, share: number, assetId: string | null, reason: string}} Upload
 */

export const uploads = store(/** @type {Upload[]} */ ([]));
let lastId = 0;

/** @param {Iterable<File>} files */
export function upload(files) {
  const added = [...files].map((file) => fresh(++lastId, file));
  uploads.change((all) => [...added, ...all]);
  startSome();
}

/** @param {Upload} refused */
export function uploadAgain(refused) {
  change(refused.id, fresh(refused.id, refused.file));
  startSome();
}

/** @param {(upload: Upload) => boolean} isDone */
export function forget(isDone) {
  uploads.change((all) => all.filter((each) => !isDone(each)));
}

/** @param {number} id @param {File} file @returns {Upload} */
function fresh(id, file) {
  return { id, file, stage: "waiting", share: 0, assetId: null, reason: "" };
}

function startSome() {
  const all = uploads.get();
  const free = AT_ONCE - all.filter((each) => each.stage === "sending").length;
  // The newest stand first in the list, but each drop is sent in its own order.
  const next = all.filter((each) => each.stage === "waiting").slice(0, Math.max(0, free));
  for (const each of next) {
    change(each.id, { stage: "sending" });
    send(each)
      .then((assetId) => change(each.id, { stage: "sent", share: 1, assetId }))
      .catch((fault) => change(each.id, { stage: "refused", reason: fault.message }))
      .then(startSome);
  }
}

/** @param {Upload} upload @returns {Promise<string>} the id of the asset */
async function send({ id, file }) {
  const contentType = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/.test(file.type) ? file.type : UNKNOWN_TYPE;
  const invited = await call("POST", "assets", { body: { fileName: file.name, contentType } });
  change(id, { assetId: invited.assetId });
  const form = new FormData();
  for (const [name, value] of Object.entries(invited.upload.fields)) form.append(name, String(value));
  form.append("file", file); // S3 ignores whatever comes after the file
  await post(invited.upload.url, form, (share) => change(id, { share }));
  return invited.assetId;
}

/**
 * By XMLHttpRequest, since `fetch` does not tell how far a request has got.
 * @param {string} url @param {FormData} form @param {(share: number) => void} onProgress
 * @returns {Promise<void>}
 */
function post(url, form, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    request.onload = () => {
      if (request.status < 300) resolve();
      else reject(new ApiError(request.status, "upload_refused", refusal(request.status, request.responseText)));
    };
    request.onerror = () =>
      reject(new ApiError(0, "no_answer", "The store did not answer. Check the network, and try again."));
    request.open("POST", url);
    request.send(form);
  });
}

/** @param {number} status @param {string} text  S3's XML, of which only its error codes are looked for */
function refusal(status, text) {
  if (text.includes("EntityTooLarge")) return "The file is too large. Make it smaller, and upload it again.";
  if (text.includes("EntityTooSmall")) return "The file is empty. Choose another one.";
  if (status === 403) return "The store no longer accepts this upload: its 15 minutes were over. Try again.";
  return `The store refused the upload with status ${status}. Try again.`;
}

/** @param {number} id @param {Partial<Upload>} changes */
function change(id, changes) {
  uploads.change((all) => all.map((each) => (each.id === id ? { ...each, ...changes } : each)));
}
