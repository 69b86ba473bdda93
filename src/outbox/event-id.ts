import { randomFillSync } from 'node:crypto';

/** One call for many ids: the system's generator takes longer than all the rest. */
const store = Buffer.alloc(4_096);
let used = store.length;
const randomBytes = 10;

/** A UUID of version 7: unique without asking anyone, and in the order of time, as indexes like it. `at`: ms since the epoch. */
export function newEventId(at: number): string {
  if (used + randomBytes > store.length) {
    randomFillSync(store);
    used = 0;
  }
  const random = store.subarray(used, used + randomBytes);
  used += randomBytes;
  random[0] = (random[0]! & 0x0f) | 0x70;
  random[2] = (random[2]! & 0x3f) | 0x80;
  const hex = Math.trunc(at).toString(16).padStart(12, '0') + random.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
