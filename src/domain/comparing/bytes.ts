/** Below this many bytes a loop is quicker than a native call. */
const nativeFrom = 48;

/** Whether two ranges hold the same bytes. */
export function sameBytes(
  a: Uint8Array,
  aStart: number,
  aEnd: number,
  b: Uint8Array,
  bStart: number,
  bEnd: number,
): boolean {
  const length = aEnd - aStart;
  if (length !== bEnd - bStart) return false;
  if (length >= nativeFrom) {
    // The first bytes tell most values apart.
    if (a[aStart] !== b[bStart] || a[aEnd - 1] !== b[bEnd - 1]) return false;
    return Buffer.compare(a.subarray(aStart, aEnd), b.subarray(bStart, bEnd)) === 0;
  }
  for (let i = 0; i < length; i++) if (a[aStart + i] !== b[bStart + i]) return false;
  return true;
}

const block = 4_096;

/** How many bytes two texts begin with alike. */
export function commonPrefix(a: Uint8Array, b: Uint8Array): number {
  const most = Math.min(a.length, b.length);
  let at = 0;
  while (at + block <= most && Buffer.compare(a.subarray(at, at + block), b.subarray(at, at + block)) === 0)
    at += block;
  while (at < most && a[at] === b[at]) at++;
  return at;
}

/** How many bytes two texts end with alike, at most so many. */
export function commonSuffix(a: Uint8Array, b: Uint8Array, most: number): number {
  let length = 0;
  while (
    length + block <= most &&
    Buffer.compare(
      a.subarray(a.length - length - block, a.length - length),
      b.subarray(b.length - length - block, b.length - length),
    ) === 0
  )
    length += block;
  while (length < most && a[a.length - 1 - length] === b[b.length - 1 - length]) length++;
  return length;
}
