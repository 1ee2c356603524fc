/**
 * Signed addresses that stay the same while they are good.
 *
 * Each answer of the API signs anew. Were the newest address always taken, browsers would load every picture again
 * with every look at the list.
 */

/** Addresses are signed for an hour; after this long a new one is taken. */
const KEPT_MS = 45 * 60_000;

/** @type {Map<string, {url: string, since: number}>} */
const kept = new Map();

/**
 * @param {string} name  what the address leads to, version included
 * @param {string | null} url  as just signed
 */
export function steady(name, url) {
  const found = kept.get(name);
  if (found && Date.now() - found.since < KEPT_MS) return found.url;
  if (!url) return null;
  kept.set(name, { url, since: Date.now() });
  return url;
}

/** The address of an asset's own bytes. @param {any} asset */
export const originalOf = (asset) => steady(`${asset.key} ${asset.versionNumber}`, asset.url);

/** The address of a thumbnail; its key names the version. @param {any} thumbnail */
export const thumbnailOf = (thumbnail) => steady(thumbnail.key, thumbnail.url);
