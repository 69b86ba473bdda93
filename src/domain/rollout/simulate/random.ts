/** The next number, above 0 and below 1. */
export type Random = () => number;

/**
 * Small fast chaotic generator (Doty-Humphrey's sfc32): the same seed, the same numbers, on every machine. Good enough
 * for simulations; nothing that anybody must not guess may come from it.
 */
export function seeded(seed: number): Random {
  let a = 0x9e3779b9;
  let b = seed | 0;
  let c = Math.trunc(seed / 2 ** 32) | 0;
  let counter = 1;
  const step = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  // Seeds that are close to each other begin alike.
  for (let i = 0; i < 15; i++) step();
  return () => (step() + 0.5) / 2 ** 32;
}
