/** A count with its noun: `1 route`, `2 routes`, `2 batches`. */
export function plural(count: number, noun: string, nouns = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : nouns}`;
}
