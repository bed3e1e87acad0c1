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
