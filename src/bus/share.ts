import { partitions } from './partition.ts';

/** How many partitions a consumer is to have, of those of its group that are alive. The first ones have one more. */
export function fairShare(consumer: string, alive: readonly string[]): number {
  const all = [...new Set([...alive, consumer])].sort();
  const rank = all.indexOf(consumer);
  return Math.floor(partitions / all.length) + (rank < partitions % all.length ? 1 : 0);
}
