/** Who is signed in: the token and what it may do, kept in this tab's session storage and nowhere else. */

import { store } from "./store.js";

/**
 * @typedef {"admin" | "producer" | "reader"} Rights  what the token may do; viewers' and workers' tokens only read here
 * @typedef {{token: string, rights: Rights}} Session
 */

const KEY = "leasehold.session";

/** @type {import("./store.js").Store<Session | null>} */
export const session = store(remembered());

/** Why the last session ended, for the sign-in page to say. @type {import("./store.js").Store<string>} */
export const farewell = store("");

/** @param {Session} started */
export function begin(started) {
  sessionStorage.setItem(KEY, JSON.stringify(started));
  farewell.set("");
  session.set(started);
}

/** @param {string} reason  empty where the user asked for it */
export function end(reason = "") {
  sessionStorage.removeItem(KEY);
  farewell.set(reason);
  session.set(null);
}

/** @returns {string} the id within the token, by which the tokens page knows it */
export function ownTokenId() {
  return session.get()?.token.split("_")[1] ?? "";
}

export const mayEnqueue = () => session.get()?.rights !== "reader";
export const mayAdminister = () => session.get()?.rights === "admin";

/** @returns {Session | null} */
function remembered() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
    return typeof kept?.token === "string" ? kept : null;
  } catch {
    return null;
  }
}
