import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CloudEvent } from '../../src/domain/cloud-event.ts';
import { eventOf, eventText, mostEventBytes } from '../../src/domain/event-text.ts';
import { anEvent } from '../contract/bus.ts';

const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 500 });

describe('the text of an event', () => {
  it('says all that the event says', () => {
    fc.assert(
      fc.property(name, name, name, fc.jsonValue(), (id, type, subject, data) => {
        const event = anEvent(id, { type, subject, data });
        expect(eventOf(eventText(event))).toEqual(JSON.parse(JSON.stringify(event)));
      }),
    );
  });

  it('is never longer than any bus takes, measured in bytes', () => {
    const fits = (data: string): boolean => {
      const text = JSON.stringify(anEvent('1', { data }));
      const isFit = Buffer.byteLength(text) <= mostEventBytes;
      const take = (): string => eventText(anEvent('1', { data }));
      if (isFit) expect(take()).toBe(text);
      else expect(take).toThrow(/more than 1000000 bytes/);
      return isFit;
    };
    const around = mostEventBytes - Buffer.byteLength(JSON.stringify(anEvent('1', { data: '' })));
    expect([fits('x'.repeat(around)), fits('x'.repeat(around + 1))]).toEqual([true, false]);
    for (const [char, bytes] of [
      ['ü', 2],
      ['€', 3],
      ['💥', 4],
    ] as const) {
      const most = Math.floor(around / bytes);
      expect([fits(char.repeat(most)), fits(char.repeat(most + 1))], char).toEqual([true, false]);
    }
  });

  it('is refused of what is no event, in words that say why', () => {
    const wrong =
      (more: object): (() => string) =>
      () =>
        eventText({ ...anEvent('1'), ...more } as CloudEvent);
    expect(wrong({ specversion: '0.3' })).toThrow(/specversion/);
    expect(wrong({ subject: undefined })).toThrow(/its subject is no text/);
    expect(wrong({ time: 7 })).toThrow(/its time is no text/);
    expect(wrong({ id: 'x'.repeat(1_025) })).toThrow(/its id has more than 1024/);
    const round: { self?: unknown } = {};
    round.self = round;
    expect(wrong({ data: round })).toThrow(/no JSON/);
  });

  it('of somebody else is no event, and no error', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(eventOf(text)).toBe(null);
      }),
    );
  });
});
