/** A small seeded generator (mulberry32): the same shop, to the cent, on every machine. */
export interface Dice {
  /** An integer in `[low, high]`. */
  between(low: number, high: number): number;
  pick<T>(choices: readonly T[]): T;
  /** `count` different elements. */
  sample<T>(choices: readonly T[], count: number): T[];
}

export function seededDice(seed: number): Dice {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
  const between = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  const pick = <T>(choices: readonly T[]): T => choices[between(0, choices.length - 1)]!;
  const sample = <T>(choices: readonly T[], count: number): T[] => {
    const left = [...choices];
    return Array.from({ length: Math.min(count, left.length) }, () => left.splice(between(0, left.length - 1), 1)[0]!);
  };
  return { between, pick, sample };
}

/** What the old code got by reading a hash set: the same members, in an order that means nothing. */
export function inNoOrder<T>(members: readonly T[]): T[] {
  return members
    .map((member) => ({ member, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ member }) => member);
}
