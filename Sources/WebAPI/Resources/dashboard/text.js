// What the page says, in the reader's language, and how it writes times and numbers.
import { kept } from "./dom.js";
import en from "./strings.en.js";

export const LANGUAGES = { en: "English", de: "Deutsch" };

const wished = kept.get("language", null);
export const language =
  [wished, ...navigator.languages].map((tag) => String(tag ?? "").slice(0, 2)).find((tag) => tag in LANGUAGES) ?? "en";
const strings = language === "en" ? en : { ...en, ...(await import(`./strings.${language}.js`)).default };
document.documentElement.lang = language;

/** The reader's variant of the language, for dates and numbers. */
export const locale = navigator.languages.find((tag) => tag.startsWith(language)) ?? language;

const plurals = new Intl.PluralRules(language);

/** The text of a key; `{name}` stands for a value. A text with forms is `{one, other}`, chosen by the value `n`. */
export function t(key, values) {
  let text = strings[key] ?? key;
  if (typeof text === "object") text = text[plurals.select(values?.n ?? 0)] ?? text.other;
  return text.replace(/\{(\w+)\}/g, (_, name) => {
    const value = values?.[name];
    return typeof value === "number" ? number(value) : String(value ?? "");
  });
}

/** The word for a class of objects; one that is not in the list stays as it is. */
export const className = (name) => strings[`class.${name}`] ?? name;

const numbers = new Map();
export function number(value, digits = 0) {
  if (!numbers.has(digits)) numbers.set(digits, new Intl.NumberFormat(locale, { maximumFractionDigits: digits }));
  return numbers.get(digits).format(value);
}
export const percent = (value) => `${number(value * 100)} %`;

export function bytes(value) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let index = 0;
  while (value >= 1000 && index < units.length - 1) [value, index] = [value / 1000, index + 1];
  return `${number(value, value < 10 && index > 0 ? 1 : 0)} ${units[index]}`;
}

/** `0:07`, `12:30`, `1:02:03` */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds || 0));
  const two = (value) => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return `${hours ? `${hours}:${two(minutes)}` : minutes}:${two(whole % 60)}`;
}

/** A length of time in the two largest units. */
export function span(seconds) {
  const units = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  let first = units.findIndex(([, size]) => seconds >= size);
  if (first < 0) first = 3;
  const parts = [];
  for (const [unit, size] of units.slice(first, first + 2)) {
    const count = Math.floor(seconds / size);
    seconds -= count * size;
    if (count || !parts.length) parts.push(`${number(count)} ${t(`unit.${unit}`)}`);
  }
  return parts.join(" ");
}

const format = (options) => {
  const formatter = new Intl.DateTimeFormat(locale, options);
  return (milliseconds) => formatter.format(milliseconds);
};
export const time = format({ timeStyle: "short" });
export const timeWithSeconds = format({ timeStyle: "medium" });
export const day = format({ weekday: "short", day: "numeric", month: "short", year: "numeric" });
export const dayAndTime = format({ dateStyle: "medium", timeStyle: "medium" });

const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });

const dayOfThisYear = format({ weekday: "short", day: "numeric", month: "short" });

/** Today, yesterday, or the date. */
export function dayName(milliseconds, now) {
  const days = Math.round((startOfDay(milliseconds) - startOfDay(now)) / 864e5);
  const name = days === 0 || days === -1 ? relative.format(days, "day")
    : new Date(milliseconds).getFullYear() === new Date(now).getFullYear() ? dayOfThisYear(milliseconds) : day(milliseconds);
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** `5 minutes ago` */
export function ago(milliseconds, now) {
  const seconds = Math.max(0, (now - milliseconds) / 1000);
  if (seconds < 60) return relative.format(-Math.round(seconds), "second");
  if (seconds < 3600) return relative.format(-Math.floor(seconds / 60), "minute");
  if (seconds < 86400) return relative.format(-Math.floor(seconds / 3600), "hour");
  return relative.format(-Math.floor(seconds / 86400), "day");
}

/** Midnight before a time, in the reader's time zone. */
export function startOfDay(milliseconds) {
  const date = new Date(milliseconds);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

/** Midnight after a time: days are not always 24 hours long. */
export function endOfDay(milliseconds) {
  const date = new Date(milliseconds);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + 1).getTime();
}

/** A day as a date field has it: `2026-11-25`. */
export function dateField(milliseconds) {
  const date = new Date(milliseconds);
  const two = (value) => String(value).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** The midnight that a date field names; null for anything else. */
export function fromDateField(text) {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text ?? "");
  return parts ? new Date(+parts[1], +parts[2] - 1, +parts[3]).getTime() : null;
}
