/** A value that pages share, and that they draw anew when it changes. */

import { useEffect, useState } from "./view.js";

/**
 * @template T
 * @typedef {{get: () => T, set: (value: T) => void, change: (how: (value: T) => T) => void,
 *   listen: (hear: () => void) => () => void}} Store
 */

/**
 * @template T
 * @param {T} value
 * @returns {Store<T>}
 */
export function store(value) {
  /** @type {Set<() => void>} */
  const listeners = new Set();
  const set = (next) => {
    if (Object.is(next, value)) return;
    value = next;
    for (const hear of [...listeners]) hear();
  };
  return {
    get: () => value,
    set,
    change: (how) => set(how(value)),
    listen(hear) {
      listeners.add(hear);
      return () => listeners.delete(hear);
    },
  };
}

/**
 * The store's value; the component is drawn again when it changes.
 * @template T
 * @param {Store<T>} from
 * @returns {T}
 */
export function useStore(from) {
  const [value, setValue] = useState(from.get());
  useEffect(() => {
    setValue(from.get()); // it may have changed between the first drawing and now
    return from.listen(() => setValue(from.get()));
  }, [from]);
  return value;
}
