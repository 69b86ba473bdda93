import { murmur3 } from '../domain/murmur3.ts';

/**
 * Into how many parts a stream is divided. All events of one subject are in one part, and a group handles one event
 * of a part at a time: so there is work for this many consumers of a group. What is stored depends on the number.
 */
export const partitions = 8;

export function partitionOf(subject: string): number {
  return (murmur3(subject) >>> 0) % partitions;
}
