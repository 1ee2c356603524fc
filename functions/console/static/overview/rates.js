/**
 * How many jobs succeeded and died over the last minutes, in slices of time.
 *
 * Two sources: what jobs say of themselves (for the time before the page was opened), and how the counts grow from one
 * look to the next (since then).
 */

export const SLICE_MS = 15_000;
export const SLICES = 80;

const SLICES_A_MINUTE = 60_000 / SLICE_MS;

/** @typedef {{succeeded: number, died: number}} Ended */

export class Rates {
  /** @type {Map<number, Ended>} */
  #slices = new Map();
  /** @type {{at: number, succeeded: number, dead: number} | null} */
  #last = null;
  /** The first slice that is known of. @type {number} */
  #from;
  /** Whether all is known that can be learned of the time before the first look. */
  isFilled = false;

  /** @param {number} from  when the records begin */
  constructor(from) {
    this.#from = sliceOf(from);
  }

  /**
   * The records that `toJSON` gave, to be gone on with; new ones where there are none, or none that reach up to now.
   * @param {any} kept @param {number} now
   */
  static kept(kept, now) {
    const rates = new Rates(now);
    if (!kept || !(kept.last?.at > now - SLICES * SLICE_MS)) return rates;
    rates.#slices = new Map(kept.slices);
    rates.#last = kept.last;
    rates.#from = kept.from;
    rates.isFilled = true;
    return rates;
  }

  toJSON() {
    return { slices: [...this.#slices], last: this.#last, from: this.#from };
  }

  /**
   * Take in jobs that had ended before the first look at the counts.
   * @param {{status: string, updatedAt: string}[]} jobs
   * @param {number} since  the jobs are all those that were made since then
   * @param {number} until
   */
  remember(jobs, since, until) {
    this.#from = Math.min(this.#from, Math.max(sliceOf(since), sliceOf(until) - SLICES));
    for (const { status, updatedAt } of jobs) {
      const at = Date.parse(updatedAt);
      if (at > until) continue;
      if (status === "succeeded") this.#slice(sliceOf(at)).succeeded += 1;
      if (status === "dlq") this.#slice(sliceOf(at)).died += 1;
    }
  }

  /**
   * Take in a look at the counts. What came since the last one is spread over the time between.
   * @param {{succeeded: number, dead: number}} counts
   * @param {number} at
   */
  observe({ succeeded, dead }, at) {
    const last = this.#last;
    this.#last = { at, succeeded, dead };
    if (!last || at <= last.at) return;
    // Counts fall when jobs are redriven or deleted after their retention; that is no negative success.
    const grown = { succeeded: Math.max(0, succeeded - last.succeeded), died: Math.max(0, dead - last.dead) };
    const first = Math.max(sliceOf(last.at), sliceOf(at) - SLICES);
    for (let slice = first; slice <= sliceOf(at); slice += 1) {
      const covered = Math.min(at, (slice + 1) * SLICE_MS) - Math.max(last.at, slice * SLICE_MS);
      const share = covered / (at - last.at);
      this.#slice(slice).succeeded += grown.succeeded * share;
      this.#slice(slice).died += grown.died * share;
    }
    for (const slice of this.#slices.keys()) if (slice < sliceOf(at) - SLICES - SLICES_A_MINUTE) this.#slices.delete(slice);
  }

  /**
   * The slices up to now as columns: seconds; successes, deaths, and the share of those that died in percent, each in
   * the minute up to then. Null where nothing is known, or where nothing ended.
   * @param {number} now
   * @returns {[number[], (number | null)[], (number | null)[], (number | null)[]]}
   */
  columns(now) {
    /** @type {[number[], (number | null)[], (number | null)[], (number | null)[]]} */
    const columns = [[], [], [], []];
    // The slice that is still running would look like a fall.
    for (let slice = sliceOf(now) - SLICES; slice < sliceOf(now); slice += 1) {
      const isKnown = slice >= this.#from;
      const { succeeded, died } = this.#minuteUpTo(slice);
      const ended = succeeded + died;
      columns[0].push(((slice + 1) * SLICE_MS) / 1_000);
      columns[1].push(isKnown ? succeeded : null);
      columns[2].push(isKnown ? died : null);
      columns[3].push(isKnown && ended > 0 ? (100 * died) / ended : null);
    }
    return columns;
  }

  /**
   * How many jobs ended in the last known slices, and for how long those are.
   * @param {number} now
   */
  total(now) {
    const first = Math.max(this.#from, sliceOf(now) - SLICES);
    const total = { succeeded: 0, died: 0, ms: Math.max(0, sliceOf(now) - first) * SLICE_MS };
    for (let slice = first; slice < sliceOf(now); slice += 1) add(total, this.#slices.get(slice));
    return total;
  }

  /** @param {number} slice */
  #minuteUpTo(slice) {
    const sum = { succeeded: 0, died: 0 };
    for (let each = slice - SLICES_A_MINUTE + 1; each <= slice; each += 1) add(sum, this.#slices.get(each));
    return sum;
  }

  /** @param {number} slice */
  #slice(slice) {
    const found = this.#slices.get(slice) ?? { succeeded: 0, died: 0 };
    this.#slices.set(slice, found);
    return found;
  }
}

/** @param {Ended} sum @param {Ended | undefined} slice */
function add(sum, slice) {
  sum.succeeded += slice?.succeeded ?? 0;
  sum.died += slice?.died ?? 0;
}

/** @param {number} at */
function sliceOf(at) {
  return Math.floor(at / SLICE_MS);
}
