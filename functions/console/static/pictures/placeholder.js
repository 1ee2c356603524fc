/** ThumbHash: a blur of the picture out of some 25 bytes, to look at until the thumbnail is here. */

import { thumbHashToDataURL } from "../vendor/thumbhash.js";

/** @type {Map<string, string>} */
const drawn = new Map();

/**
 * @param {string | null} placeholder  a ThumbHash in base64
 * @returns {string} the address of the blur, or an empty text where there is none
 */
export function blurOf(placeholder) {
  if (!placeholder) return "";
  const found = drawn.get(placeholder);
  if (found !== undefined) return found;
  let blur = "";
  try {
    blur = thumbHashToDataURL(Uint8Array.from(atob(placeholder), (letter) => letter.charCodeAt(0)));
  } catch {
    // Not a ThumbHash: then there is nothing to look at meanwhile.
  }
  drawn.set(placeholder, blur);
  return blur;
}
