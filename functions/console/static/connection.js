/** Whether what is shown is live, for the mark in the head of each page. */

import { store } from "./store.js";

/** @type {import("./store.js").Store<{state: "live" | "waiting" | "paused", until?: number}>} */
export const connection = store({ state: "live" });
