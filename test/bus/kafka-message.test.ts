import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BuriedText,
  inBatches,
  type KafkaMessage,
  letterMessage,
  letterOf,
  messageFor,
  onlyFor,
  revivedId,
  revivedMessage,
} from '../../src/bus/kafka-message.ts';
import { mostEventBytes } from '../../src/domain/event-text.ts';

/** Kafka's own `message.max.bytes`, where nobody has set another. */
const brokersMost = 1_048_588;

const headersOf = ({ headers = {} }: KafkaMessage) => new Map(Object.entries(headers));

/** As Kafka writes records: more than they take, with every number at its longest. */
function bytesOf(batch: readonly KafkaMessage[]): number {
  return batch.reduce((sum, { value, key, headers = {} }) => {
    const texts = [value, key, ...Object.entries(headers).flat()];
    return sum + 25 + texts.reduce((bytes, text) => bytes + 5 + Buffer.byteLength(text), 0);
  }, 61);
}

const message = fc
  .tuple(fc.string(), fc.string({ unit: 'binary' }), fc.integer({ min: 0, max: 300_000 }), fc.boolean())
  .map(([key, piece, length, isForOne]): KafkaMessage => {
    const value = piece.repeat(Math.ceil(length / (piece.length || 1))).slice(0, length);
    return isForOne ? messageFor('mails', value, key) : { value, key };
  });

describe('batches of messages', () => {
  it('hold all messages in their order, none is empty, and each is one that a broker takes', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 40 }), (messages) => {
        const batches = inBatches(messages);
        expect(batches.flat()).toEqual(messages);
        for (const batch of batches) {
          expect(batch.length).toBeGreaterThan(0);
          expect(bytesOf(batch)).toBeLessThanOrEqual(brokersMost);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('are as few as they can be', () => {
    const messages = Array.from({ length: 200 }, () => ({ value: 'x'.repeat(1_000), key: 'k' }));
    expect(inBatches(messages)).toHaveLength(1);
  });

  it('hold the largest event there is, with the longest subject, and the letter that buries it', () => {
    const value = 'x'.repeat(mostEventBytes);
    const key = '漢'.repeat(1_024);
    const letter = letterMessage({
      group: 'g'.repeat(1_000),
      text: value,
      attempts: 99,
      error: '漢'.repeat(9_000),
      at: 1e15,
    });
    for (const one of [{ value, key }, messageFor('g'.repeat(1_000), value, key), letter]) {
      expect(bytesOf([one])).toBeLessThanOrEqual(brokersMost);
    }
  });
});

describe('a letter', () => {
  it('comes back as it was written, whatever was buried', () => {
    const text = fc.string({ unit: 'binary' });
    const buried = fc.record({
      group: text,
      text,
      attempts: fc.nat(),
      error: text,
      at: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
    });
    fc.assert(
      fc.property(buried, (letter: BuriedText) => {
        const written = letterMessage(letter);
        expect(letterOf(written.value, headersOf(written))).toEqual(letter);
        expect(revivedId(headersOf(written))).toBeNull();
        expect(onlyFor(headersOf(written))).toBeNull();
      }),
    );
  });

  it('is not what takes it away, nor what somebody else wrote', () => {
    const mark = revivedMessage('mails', '17');
    expect(letterOf(mark.value, headersOf(mark))).toBeNull();
    expect(revivedId(headersOf(mark))).toBe('17');
    expect(letterOf('{"group":"mails"}', new Map())).toBeNull();
    expect(letterOf('', new Map([['group', 'mails']]))).toMatchObject({ attempts: 0, error: '', at: 0 });
  });
});
