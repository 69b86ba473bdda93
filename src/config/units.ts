/** Durations and sizes as routes.yaml and the command line spell them. */

const milliseconds: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const bytes: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1_000,
  MB: 1_000_000,
  GB: 1_000_000_000,
  KiB: 1_024,
  MiB: 1_048_576,
  GiB: 1_073_741_824,
};

/** `250ms`, `5s`, `1.5m`, `1h`, `7d`, and a bare `0`; `undefined` when it is no duration. */
export function parseDuration(text: string): number | undefined {
  return measure(text, milliseconds);
}

/** `512B`, `64KB`, `256KiB`, `1MiB`, and a bare `0`; `undefined` when it is no size. */
export function parseSize(text: string): number | undefined {
  return measure(text, bytes);
}

function measure(text: string, units: Readonly<Record<string, number>>): number | undefined {
  if (text === '0') return 0;
  const [, amount, unit] = /^(\d{1,15}(?:\.\d{1,6})?) ?([A-Za-z]{1,3})$/.exec(text) ?? [];
  if (amount === undefined || unit === undefined || !Object.hasOwn(units, unit)) return undefined;
  const whole = Math.round(Number(amount) * units[unit]!);
  return Number.isSafeInteger(whole) ? whole : undefined;
}
