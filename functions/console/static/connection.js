/** Whether what is shown is live, for the mark in the head of each page. */

import { store } from "./store.js";

/** @typedef {{state: "live" | "waiting" | "paused", until?: number}} Connection */

export const connection = store(/** @type {Connection} */ ({ state: "live" }));
