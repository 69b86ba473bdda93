/**
 * Measures each of `all` once in each round; returns each one's samples. A round begins with another one than the round
 * before, so that nobody always follows the same neighbour, and whatever else the machine does hits all of them.
 */
export async function inRounds<T, S>(
  rounds: number,
  all: readonly T[],
  measure: (one: T, round: number) => Promise<S>,
): Promise<readonly (readonly S[])[]> {
  const samples: S[][] = all.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < all.length; turn++) {
      const at = (round + turn) % all.length;
      samples[at]!.push(await measure(all[at]!, round));
    }
  }
  return samples;
}
