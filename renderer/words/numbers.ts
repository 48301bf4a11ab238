// Numbers as people say them: decimal sizes for disks and transfers, binary for memory, durations as 48 s or 2:41.

const scaled = (value: number, base: number, units: readonly string[]): string => {
  let rest = value;
  let index = 0;
  while (rest >= base && index < units.length - 1) {
    rest /= base;
    index += 1;
  }
  // 999.6 would read 1000 in its own unit.
  if (Math.round(rest) >= base && index < units.length - 1) [rest, index] = [rest / base, index + 1];
  return `${rest >= 99.5 || Number.isInteger(rest) ? Math.round(rest) : rest.toFixed(1).replace(/\.0$/, '')} ${units[index] ?? ''}`;
};

/** `480 GB`, `4.1 GB`: as disk vendors and networks count. */
export const bytes = (sizeBytes: number): string => scaled(sizeBytes, 1000, ['B', 'kB', 'MB', 'GB', 'TB', 'PB']);

/** `64 GiB`: as memory is counted. */
export const memory = (sizeBytes: number): string => scaled(sizeBytes, 1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']);

export const rate = (bytesPerSecond: number): string => `${bytes(bytesPerSecond)}/s`;

export const percent = (fraction: number): string => `${Math.floor(Math.min(1, Math.max(0, fraction)) * 100)} %`;

/** `0.2 s`, `48 s`, `2:41`, `3 h 05`, `4 d 2 h`. */
export const duration = (timeMs: number): string => {
  const seconds = Math.max(0, timeMs) / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
  const hours = Math.floor(whole / 3600);
  if (hours < 48) return `${hours} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')}`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
};

/** Elapsed time that ticks: whole seconds, never tenths. */
export const elapsed = (timeMs: number): string => {
  const whole = Math.floor(Math.max(0, timeMs) / 1000);
  return whole < 60 ? `${whole} s` : duration(whole * 1000);
};

const two = (value: number): string => String(value).padStart(2, '0');

/** `14:03:22` in the laptop's own time. */
export const clock = (atMs: number): string => {
  const at = new Date(atMs);
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
};

/** `14:03` on the same day, else `2026-11-22`. */
export const moment = (atMs: number, nowMs: number): string => {
  const [at, now] = [dateTime(atMs), dateTime(nowMs)];
  return at.slice(0, 10) === now.slice(0, 10) ? at.slice(11) : at.slice(0, 10);
};

/** `2026-11-22 14:03`. */
export const dateTime = (atMs: number): string => {
  const at = new Date(atMs);
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;
};

export const count = (number: number, one: string, many: string): string => `${number.toLocaleString('en')} ${number === 1 ? one : many}`;
