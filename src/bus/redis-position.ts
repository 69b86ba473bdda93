/** `<ms>-<n>`, as Redis names what is in its streams. */
export function isPosition(text: string): boolean {
  return /^\d{1,15}-\d{1,15}$/.test(text);
}

export function comparePositions(a: string, b: string): number {
  const [ams = 0, an = 0] = a.split('-').map(Number);
  const [bms = 0, bn = 0] = b.split('-').map(Number);
  return ams - bms || an - bn;
}

export function after(position: string): string {
  const [ms, n] = position.split('-');
  return `${ms}-${Number(n) + 1}`;
}

/** The last one that can be before a time. */
export function lastBefore(time: number): string {
  return time <= 0 ? '0-0' : `${Math.ceil(time) - 1}-18446744073709551615`;
}
