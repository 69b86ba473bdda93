import { randomFillSync } from 'node:crypto';

/**
 * Random bytes in store. One call for a hundred tokens costs little more than one call for each of them: a call into
 * the system's generator takes longer than everything else that a new caller's request needs.
 */
const store = Buffer.alloc(4_096);
let used = store.length;

const tokenBytes = 16;

/** 128 bits from the system's generator, as text that any field takes. */
export function randomToken(): string {
  if (used === store.length) {
    randomFillSync(store);
    used = 0;
  }
  const token = store.toString('base64url', used, used + tokenBytes);
  // Somebody's token by now: it must not lie here for a later reader of this memory.
  store.fill(0, used, used + tokenBytes);
  used += tokenBytes;
  return token;
}
