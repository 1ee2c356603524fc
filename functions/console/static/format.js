/** Times, durations, sizes and counts, as people read them. */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const whole = new Intl.NumberFormat();
const timeOfDay = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const hourAndMinute = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const dayAndTime = new Intl.DateTimeFormat(undefined, {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

/** @param {number} number */
export const count = (number) => whole.format(number);

/** @param {number} number @param {string} one @param {string} [many] */
export const counted = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;

/** @param {number | null | undefined} bytes */
export function size(bytes) {
  if (bytes === null || bytes === undefined) return "–";
  if (bytes < 1_000) return counted(bytes, "byte");
  const [amount, unit] = bytes < 1e6 ? [bytes / 1e3, "kB"] : bytes < 1e9 ? [bytes / 1e6, "MB"] : [bytes / 1e9, "GB"];
  return `${amount < 10 ? amount.toFixed(1) : Math.round(amount)} ${unit}`;
}

/** A length of time, to two units at most: `340 ms`, `12 s`, `3 min 5 s`, `2 d 4 h`. @param {number} ms */
export function duration(ms) {
  const length = Math.max(0, ms);
  if (length < SECOND) return `${Math.round(length)} ms`;
  if (length < 9.95 * SECOND) return `${(length / SECOND).toFixed(1)} s`;
  if (length < MINUTE) return `${Math.floor(length / SECOND)} s`;
  for (const [unit, name, smaller, smallerName] of /** @type {[number, string, number, string][]} */ ([
    [DAY, "d", HOUR, "h"],
    [HOUR, "h", MINUTE, "min"],
    [MINUTE, "min", SECOND, "s"],
  ])) {
    if (length >= unit) {
      const rest = Math.floor((length % unit) / smaller);
      return `${count(Math.floor(length / unit))} ${name}${rest ? ` ${rest} ${smallerName}` : ""}`;
    }
  }
  return "";
}

/** Time to come, in steps of a second, so that it can be seen to run. @param {number} ms */
export const remaining = (ms) => duration(Math.max(1, Math.ceil(ms / SECOND)) * SECOND).replace(".0 s", " s");

/** The user's own time; the day too where it is not today. @param {string} iso @param {number} now */
export function localTime(iso, now) {
  const at = new Date(iso);
  const isToday = at.toDateString() === new Date(now).toDateString();
  return (isToday ? timeOfDay : dayAndTime).format(at);
}

/** @param {string} iso */
export const utcTime = (iso) => `${iso.replace("T", " ").replace("Z", "")} UTC`;

/** A time of day for the marks of a plot. @param {number} ms */
export const markTime = (ms) => hourAndMinute.format(ms);

/** The name of an uploaded file, out of its key. @param {string} key */
export const fileName = (key) => key.slice(key.lastIndexOf("/") + 1);
