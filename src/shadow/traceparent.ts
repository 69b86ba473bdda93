import { randomFillSync } from 'node:crypto';

/** Trace and parent id together. */
const idBytes = 24;

/** Random bytes in store: a call into the system's generator costs more than all the rest of this. */
const store = Buffer.alloc(idBytes * 128);
let used = store.length;

/** A new trace (W3C Trace Context), to be recorded: by it an example is found among what the service recorded. */
export function newTraceparent(): string {
  if (used === store.length) {
    randomFillSync(store);
    used = 0;
  }
  const trace = store.toString('hex', used, used + 16);
  const parent = store.toString('hex', used + 16, used + idBytes);
  used += idBytes;
  return `00-${trace}-${parent}-01`;
}
