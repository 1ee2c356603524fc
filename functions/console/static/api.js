/** Calls to the HTTP API, and what can come of them. */

import { noteServerTime } from "./clock.js";
import { end, session } from "./session.js";

/** This file is `{api}/console/{version}/api.js`, so the API is found wherever it is mounted. */
const API = new URL("../../", import.meta.url);

const TOKEN_IS_DEAD =
  "Your token is no longer accepted: it has expired, or it was rotated or revoked. Sign in with another one.";

/** An answer that is no success. The message can be shown to people. */
export class ApiError extends Error {
  /**
   * @param {number} status  0 where there was no answer at all
   * @param {string} code
   * @param {string} message
   * @param {{retryAfter?: number | null, details?: {field: string, message: string}[]}} [more]
   */
  constructor(status, code, message, more = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfter = more.retryAfter ?? null;
    this.details = more.details ?? [];
  }
}

/**
 * Call the API as the one who is signed in. A token that is refused everywhere ends the session.
 * @param {string} method
 * @param {string} path  without a slash before it
 * @param {{body?: object, query?: Record<string, string | number | null | undefined>, signal?: AbortSignal}} [options]
 * @returns {Promise<any>}
 */
export async function call(method, path, options = {}) {
  const used = session.get()?.token ?? "";
  try {
    return await send(used, method, path, options);
  } catch (fault) {
    if (!(fault instanceof ApiError) || !isRefusedAtTheGate(fault)) throw fault;
    // The gate says the same of a bad token and of a role that doesn't suffice; every token may read the types.
    if (fault.status === 401 || !(await isAccepted(used))) {
      if (session.get()?.token === used) end(TOKEN_IS_DEAD);
      throw new ApiError(401, "token_refused", TOKEN_IS_DEAD);
    }
    throw new ApiError(403, "forbidden", "This token's role does not allow that. Sign in with one that does.");
  }
}

/**
 * What a token may do. Throws where it is not accepted at all.
 * @param {string} token
 * @returns {Promise<import("./session.js").Rights>}
 */
export async function rightsOf(token) {
  if (!(await isAccepted(token))) {
    throw new ApiError(403, "token_refused", "The API does not accept this token. Check that all of it was copied.");
  }
  if (await isLetThrough(token, "GET", "tokens")) return "admin";
  // A job without type and payload is refused in any case; at the gate where the token may not enqueue at all.
  if (await isLetThrough(token, "POST", "jobs", { body: {} })) return "producer";
  return "reader";
}

/** @param {string} token */
function isAccepted(token) {
  return isLetThrough(token, "GET", "types");
}

async function isLetThrough(token, method, path, options = {}) {
  try {
    await send(token, method, path, options);
  } catch (fault) {
    if (!(fault instanceof ApiError) || fault.status === 0 || fault.status >= 500) throw fault;
    return !isRefusedAtTheGate(fault);
  }
  return true;
}

/** @param {ApiError} fault  API Gateway's own refusals have no error code of ours */
function isRefusedAtTheGate(fault) {
  return fault.code === "" && (fault.status === 401 || fault.status === 403);
}

/**
 * @param {string} token
 * @param {string} method
 * @param {string} path
 * @param {{body?: object, query?: Record<string, string | number | null | undefined>, signal?: AbortSignal}} options
 */
async function send(token, method, path, { body, query = {}, signal }) {
  const url = new URL(path, API);
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") url.searchParams.set(name, String(value));
  }
  /** @type {Record<string, string>} */
  const headers = { authorization: `Bearer ${token}` };
  if (body) headers["content-type"] = "application/json";
  let answer;
  try {
    answer = await fetch(url, { method, headers, body: body && JSON.stringify(body), signal, cache: "no-store" });
  } catch (fault) {
    if (signal?.aborted) throw fault;
    throw new ApiError(0, "no_answer", "The API does not answer. Check the network, and that the stack is running.");
  }
  noteServerTime(answer.headers.get("date"));
  const told = await answer.json().catch(() => null);
  if (answer.ok) return told;
  const error = told?.error;
  throw new ApiError(
    answer.status,
    typeof error?.code === "string" ? error.code : "",
    typeof error?.message === "string" ? error.message : `The API answered with status ${answer.status}.`,
    { retryAfter: Number(answer.headers.get("retry-after")) || null, details: error?.details },
  );
}
