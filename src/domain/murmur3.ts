/**
 * MurmurHash3 (32 bits, x86, seed 0) of the bytes of `head` and then `tail`, given apart so that no request pays
 * for joining them. A character is one byte, as in Node's header text; one beyond latin1 counts as its UTF-8 bytes.
 */
export function murmur3(head: string, tail = ''): number {
  let hash = 0;
  let block = 0;
  let shift = 0;
  let length = 0;
  const headLength = head.length;
  const total = headLength + tail.length;
  for (let i = 0; i < total; i++) {
    const unit = i < headLength ? head.charCodeAt(i) : tail.charCodeAt(i - headLength);
    // The low byte comes first, and the bytes after it are never 0.
    let bytes = unit;
    if (unit > 0xff) {
      const next = i + 1 < headLength ? head.charCodeAt(i + 1) : tail.charCodeAt(i + 1 - headLength);
      bytes = utf8Bytes(unit, next);
      if (isSurrogatePair(unit, next)) i++;
    }
    do {
      block |= (bytes & 0xff) << shift;
      bytes >>>= 8;
      length++;
      shift += 8;
      if (shift === 32) {
        hash ^= scramble(block);
        hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
        block = 0;
        shift = 0;
      }
    } while (bytes !== 0);
  }
  if (shift > 0) hash ^= scramble(block);
  hash ^= length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function scramble(block: number): number {
  const mixed = Math.imul(block, 0xcc9e2d51);
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
}

function isSurrogatePair(unit: number, next: number): boolean {
  return (unit & 0xfc00) === 0xd800 && (next & 0xfc00) === 0xdc00;
}

/** First byte lowest. A lone surrogate is U+FFFD, as everywhere. */
function utf8Bytes(unit: number, next: number): number {
  if (unit < 0x800) return 0xc0 | (unit >> 6) | (tailByte(unit, 0) << 8);
  if (isSurrogatePair(unit, next)) {
    const point = 0x10000 + ((unit & 0x3ff) << 10) + (next & 0x3ff);
    return 0xf0 | (point >> 18) | (tailByte(point, 12) << 8) | (tailByte(point, 6) << 16) | (tailByte(point, 0) << 24);
  }
  const point = (unit & 0xf800) === 0xd800 ? 0xfffd : unit;
  return 0xe0 | (point >> 12) | (tailByte(point, 6) << 8) | (tailByte(point, 0) << 16);
}

const tailByte = (point: number, shift: number): number => 0x80 | ((point >> shift) & 0x3f);
