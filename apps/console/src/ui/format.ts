const integer = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

export const count = (n: number): string => integer.format(n);
export const shortCount = (n: number): string => (n < 10_000 ? integer.format(n) : compact.format(n));

/** "1 device", "1,204 devices". */
export const many = (n: number, one: string, other = `${one}s`): string => `${count(n)} ${n === 1 ? one : other}`;

/** A share as a percentage, with a decimal only where it carries meaning. */
export const percent = (share: number, digits = 1): string => {
  const value = share * 100;
  return `${Number.isInteger(value) ? value : value.toFixed(digits)}%`;
};

export const bytes = (n: number): string => {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = n;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value >= 100 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
};

/** "3 s", "4 min 10 s", "2 h 5 min", "3 d 4 h": the two largest units, nothing finer than a second. */
export const duration = (ms: number): string => {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 60) return `${s} s`;
  if (s < 3600) return s % 60 && s < 600 ? `${Math.floor(s / 60)} min ${s % 60} s` : `${Math.floor(s / 60)} min`;
  if (s < 86_400)
    return s % 3600 >= 60 ? `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min` : `${s / 3600} h`;
  const days = Math.floor(s / 86_400);
  const hours = Math.floor((s % 86_400) / 3600);
  return days < 7 && hours > 0 ? `${days} d ${hours} h` : `${days} d`;
};

/** How long an answer took: milliseconds below a second, else as a duration. */
export const latency = (ms: number): string => (ms < 1000 ? `${Math.max(0, Math.round(ms))} ms` : duration(ms));

/** One unit only, for tables: "12 s ago", "in 5 min". */
export const ago = (at: number, now: number): string => {
  const ms = now - at;
  const s = Math.round(Math.abs(ms) / 1000);
  if (s < 3) return 'now';
  const [n, unit] =
    s < 60
      ? [s, 's']
      : s < 3600
        ? [Math.floor(s / 60), 'min']
        : s < 86_400
          ? [Math.floor(s / 3600), 'h']
          : [Math.floor(s / 86_400), 'd'];
  return ms >= 0 ? `${n} ${unit} ago` : `in ${n} ${unit}`;
};

const two = (n: number) => String(n).padStart(2, '0');

/** "14:02:11" in the reader's zone. */
export const clock = (at: string | number | Date): string => {
  const d = new Date(at);
  return `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
};

/** "21 Nov, 14:02" in the reader's zone, with the year when it is another one. */
export const moment = (at: string | number | Date): string => {
  const d = new Date(at);
  const day = d.toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'short',
    ...(d.getFullYear() === new Date().getFullYear() ? {} : { year: 'numeric' }),
  });
  return `${day}, ${two(d.getHours())}:${two(d.getMinutes())}`;
};

/** "21 Nov 2031": for what lives for years. */
export const day = (at: string): string =>
  new Date(at).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });

/** Both forms for a tooltip: UTC first, because that is what logs say. */
export const fullInstant = (at: string): string => {
  const d = new Date(at);
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return `${d.toISOString().replace('T', ' ').replace('Z', ' UTC')}\n${moment(at)}:${two(d.getSeconds())} ${zone}`;
};

/** `timed_out` → "Timed out". */
export const words = (code: string): string => {
  const text = code.replace(/[_.]/g, ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
};

/** A number as people read it: up to four significant digits, thousands grouped. */
export const reading = (value: number): string =>
  new Intl.NumberFormat('en', Math.abs(value) >= 1000 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 4 })
    .format(value)
    .replace('-', '−');

/** A value of a twin or a setting as one line of JSON. */
export const inline = (value: unknown): string => (value === undefined ? '—' : JSON.stringify(value));
