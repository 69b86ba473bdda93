/**
 * How many different things there were, told from their 32-bit hashes: exact up to {@link exactUpTo}, and within
 * 3 % beyond (HyperLogLog with Ertl's estimator). Sketches of parts join into the sketch of the whole.
 */
const precision = 13;
const registerCount = 2 ** precision;
const rankBits = 32 - precision;

/** Below this many the hashes themselves take less room than the registers. */
export const exactUpTo = 1_024;

export class Distinct {
  /** `null` once there are too many. */
  #hashes: Set<number> | null = new Set();
  #registers: Uint8Array | null = null;

  /** @param hash 32 bits, unsigned; it need not be a good one. */
  add(hash: number): void {
    this.#put(mixed(hash));
  }

  join(other: Distinct): void {
    if (other.#hashes !== null) for (const hash of other.#hashes) this.#put(hash);
    if (other.#registers === null) return;
    const registers = this.#spread();
    other.#registers.forEach((rank, index) => {
      if (rank > registers[index]!) registers[index] = rank;
    });
  }

  /** A whole number. */
  estimate(): number {
    return this.#registers === null ? this.#hashes!.size : Math.round(estimateOf(this.#registers));
  }

  /** Survives any store; read back by {@link distinctFrom}. */
  bytes(): Uint8Array {
    if (this.#registers !== null) return this.#registers.slice();
    const bytes = new DataView(new ArrayBuffer(this.#hashes!.size * 4));
    let at = 0;
    for (const hash of this.#hashes!) {
      bytes.setUint32(at, hash, true);
      at += 4;
    }
    return new Uint8Array(bytes.buffer);
  }

  /** Takes up what `bytes()` gave; the two forms differ in length. */
  load(bytes: Uint8Array): void {
    if (bytes.length === registerCount) {
      const registers = this.#spread();
      for (let i = 0; i < registerCount; i++) registers[i] = Math.max(registers[i]!, bytes[i]!);
      return;
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at + 4 <= bytes.length; at += 4) this.#put(view.getUint32(at, true));
  }

  #put(hash: number): void {
    if (this.#registers !== null) {
      note(this.#registers, hash);
      return;
    }
    this.#hashes!.add(hash);
    if (this.#hashes!.size > exactUpTo) this.#spread();
  }

  #spread(): Uint8Array {
    if (this.#registers !== null) return this.#registers;
    const registers = new Uint8Array(registerCount);
    for (const hash of this.#hashes!) note(registers, hash);
    this.#hashes = null;
    this.#registers = registers;
    return registers;
  }
}

export function distinctFrom(bytes: Uint8Array): Distinct {
  const distinct = new Distinct();
  distinct.load(bytes);
  return distinct;
}

/** One-to-one, and such that every bit depends on all others: a hash that only counts up is as good as any. */
function mixed(hash: number): number {
  let bits = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

function note(registers: Uint8Array, hash: number): void {
  const index = hash >>> rankBits;
  const rest = hash & (2 ** rankBits - 1);
  const rank = rest === 0 ? rankBits + 1 : Math.clz32(rest) - precision + 1;
  if (rank > registers[index]!) registers[index] = rank;
}

/** Otmar Ertl, "New cardinality estimation algorithms for HyperLogLog sketches" (2017), algorithm 6. */
function estimateOf(registers: Uint8Array): number {
  const counts = new Array<number>(rankBits + 2).fill(0);
  for (const rank of registers) counts[rank] = (counts[rank] ?? 0) + 1;
  let z = registerCount * tau(1 - counts[rankBits + 1]! / registerCount);
  for (let rank = rankBits; rank >= 1; rank--) z = 0.5 * (z + counts[rank]!);
  z += registerCount * sigma(counts[0]! / registerCount);
  return registerCount ** 2 / (2 * Math.LN2) / z;
}

function sigma(share: number): number {
  if (share === 1) return Number.POSITIVE_INFINITY;
  let x = share;
  let y = 1;
  let z = x;
  for (let before = -1; z !== before; ) {
    before = z;
    x *= x;
    z += x * y;
    y += y;
  }
  return z;
}

function tau(share: number): number {
  if (share === 0 || share === 1) return 0;
  let x = share;
  let y = 1;
  let z = 1 - x;
  for (let before = -1; z !== before; ) {
    before = z;
    x = Math.sqrt(x);
    y *= 0.5;
    z -= (1 - x) ** 2 * y;
  }
  return z / 3;
}
