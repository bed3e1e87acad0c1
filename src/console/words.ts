/** Figures as the page writes them. */

/** Minutes to the nearest, as people say them: `52 min`. */
export const minutesText = (minutes: number): string => `${Math.round(minutes)} min`;

/** `+3.2`, `−0.4` with a real minus sign, `0.0`. */
export function signed(minutes: number): string {
  const text = Math.abs(minutes).toFixed(1);
  if (text === '0.0') return text;
  return `${minutes < 0 ? '−' : '+'}${text}`;
}

/** `1,234` */
export const count = (value: number): string => value.toLocaleString('en-US');

/** `1f7d1fc9…` */
export const shortRun = (run: string): string => (run.length > 8 ? `${run.slice(0, 8)}…` : run);

/** `89.5%` */
export const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;

/** `Nov 30, 2026` of an ISO time, in UTC, where such times are kept. */
export const day = (iso: string): string =>
  new Date(iso).toLocaleDateString('en-US', { year: 'numeric', month: 'short', day: 'numeric', timeZone: 'UTC' });

/** `3 s`, `4 min`, `2 h`, `5 days` */
export function span(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}
