import { once } from 'node:events';
import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { writeCopy } from '../../src/proxy/slab.ts';

const size = 64 * 1024;

describe('writing from memory that is read into again', () => {
  test.each([100, 16 * 1024, 40_000, size, size + 1])(
    '%i bytes arrive as they were when they were written',
    async (length) => {
      const slow = new SlowWriter();
      const shared = Buffer.alloc(length);
      const expected: Buffer[] = [];
      // More than are ever kept free, so that slabs are taken, given back and taken again.
      for (let piece = 0; piece < 100; piece++) {
        shared.fill(piece);
        expected.push(Buffer.from(shared));
        writeCopy(slow, shared);
        if (piece % 7 === 0) slow.releaseOne();
      }
      slow.releaseAll();
      slow.end();
      await once(slow, 'finish');
      expect(Buffer.concat(slow.written).equals(Buffer.concat(expected))).toBe(true);
    },
  );

  test('memory that a stream still holds is given to nobody else', () => {
    const first = new SlowWriter();
    const second = new SlowWriter();
    writeCopy(first, Buffer.alloc(size, 1));
    writeCopy(second, Buffer.alloc(size, 2));
    expect(first.held[0]!.every((byte) => byte === 1)).toBe(true);
    expect(second.held[0]!.every((byte) => byte === 2)).toBe(true);
  });

  test('memory that was written is used again', async () => {
    const writer = new SlowWriter();
    writeCopy(writer, Buffer.alloc(size, 1));
    const memory = writer.held[0]!.buffer;
    writer.releaseOne();
    await new Promise(setImmediate);
    writeCopy(writer, Buffer.alloc(size, 2));
    expect(writer.held[0]!.buffer).toBe(memory);
  });

  test('memory whose writing failed is not', async () => {
    const broken = new SlowWriter();
    const closed = new Promise((resolve) => broken.on('error', () => {}).on('close', resolve));
    writeCopy(broken, Buffer.alloc(size, 1));
    const memory = broken.held[0]!.buffer;
    broken.fail();
    await closed;
    const next = new SlowWriter();
    for (let piece = 0; piece < 40; piece++) writeCopy(next, Buffer.alloc(size, 2));
    const used: ArrayBufferLike[] = [];
    while (next.held.length > 0) {
      used.push(next.held[0]!.buffer);
      next.releaseOne();
    }
    expect(used).toHaveLength(40);
    expect(used).not.toContain(memory);
  });
});

/** Holds each piece until it is told that the system has taken it. */
class SlowWriter extends Writable {
  readonly held: Buffer[] = [];
  readonly written: Buffer[] = [];
  readonly #callbacks: ((error?: Error) => void)[] = [];
  #open = false;

  constructor() {
    super({ highWaterMark: size });
  }

  override _write(chunk: Buffer, _encoding: string, callback: (error?: Error) => void): void {
    this.held.push(chunk);
    this.#callbacks.push(callback);
    if (this.#open) this.releaseOne();
  }

  releaseOne(): void {
    const chunk = this.held.shift();
    if (chunk !== undefined) this.written.push(Buffer.from(chunk));
    this.#callbacks.shift()?.();
  }

  releaseAll(): void {
    this.#open = true;
    this.releaseOne();
  }

  fail(): void {
    this.#callbacks.shift()?.(new Error('broken'));
  }
}
