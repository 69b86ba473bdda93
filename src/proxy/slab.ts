import type { Writable } from 'node:stream';

/**
 * Large pieces of a body are copied into slabs that are used again once they have been written: new memory for each
 * piece costs more than the copy, in page faults and in collections of garbage that lies outside the heap.
 */
const slabBytes = 64 * 1024;
/** A smaller piece would leave most of a slab idle for as long as its caller is slow. */
const leastBytes = 16 * 1024;
const mostFree = 32;
const free: Buffer[] = [];

/** Writes a copy of `chunk`, whose own memory is about to be read into again. False: wait for `drain`. */
export function writeCopy(stream: Writable, chunk: Buffer): boolean {
  const { length } = chunk;
  if (length < leastBytes || length > slabBytes) return stream.write(Buffer.from(chunk));
  const slab = free.pop() ?? Buffer.allocUnsafeSlow(slabBytes);
  chunk.copy(slab);
  return stream.write(length === slabBytes ? slab : slab.subarray(0, length), (error) => {
    // After an error nobody can say whether the system is done with it.
    if (!error && free.length < mostFree) free.push(slab);
  });
}
