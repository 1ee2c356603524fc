/** Addresses within the console: `#/jobs?status=dlq`, `#/jobs/job_…`. */

import { store } from "./store.js";

/** @typedef {{page: string, id: string, query: Record<string, string>}} Route */

export const route = store(read());

addEventListener("hashchange", () => route.set(read()));

/**
 * An address to link to; empty values are left out.
 * @param {string} page
 * @param {string} [id]
 * @param {Record<string, string | undefined>} [query]
 */
export function to(page, id = "", query = {}) {
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value) asked.set(name, value);
  const tail = asked.size ? `?${asked}` : "";
  return `#/${page}${id && `/${encodeURIComponent(id)}`}${tail}`;
}

/** @param {string} address  made by `to` */
export function go(address) {
  location.hash = address.slice(1);
}

/** @returns {Route} */
function read() {
  const [path, query = ""] = location.hash.slice(1).split("?", 2);
  const [page = "", id = ""] = path.split("/").filter(Boolean);
  return { page: page || "overview", id: decoded(id), query: Object.fromEntries(new URLSearchParams(query)) };
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
