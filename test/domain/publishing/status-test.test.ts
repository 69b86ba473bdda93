import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { meetsStatusTest, parseStatusTest, statusTestText } from '../../../src/domain/publishing/status-test.ts';

const statuses = Array.from({ length: 800 }, (_, index) => 200 + index);
const meets = (text: string) => statuses.filter((status) => meetsStatusTest(parseStatusTest(text), status));

const operators: Readonly<Record<string, (status: number, than: number) => boolean>> = {
  '<': (status, than) => status < than,
  '<=': (status, than) => status <= than,
  '>': (status, than) => status > than,
  '>=': (status, than) => status >= than,
  '==': (status, than) => status === than,
  '!=': (status, than) => status !== than,
};

const status = fc.integer({ min: 200, max: 599 });
const comparison = fc.record({ operator: fc.constantFrom(...Object.keys(operators)), than: status });

describe('the condition of an event', () => {
  it('holds for exactly the statuses for which each of its comparisons holds', () => {
    fc.assert(
      fc.property(fc.array(comparison, { minLength: 1, maxLength: 4 }), (all) => {
        const text = all.map(({ operator, than }) => `status ${operator} ${than}`).join(' and ');
        const expected = statuses.filter((each) => all.every(({ operator, than }) => operators[operator]!(each, than)));
        if (expected.length === 0) expect(() => parseStatusTest(text)).toThrow(/no answer has such a status/);
        else expect(meets(text)).toEqual(expected);
      }),
    );
  });

  it('holds for exactly the statuses that it lists', () => {
    const range = fc.tuple(status, status).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
    fc.assert(
      fc.property(fc.array(range, { minLength: 1, maxLength: 5 }), (ranges) => {
        const text = `status in ${ranges.map(([a, b]) => (a === b ? a : `${a}..${b}`)).join(', ')}`;
        expect(meets(text)).toEqual(statuses.filter((each) => ranges.some(([a, b]) => each >= a && each <= b)));
      }),
    );
  });

  it('is written out as what reads the same', () => {
    fc.assert(
      fc.property(comparison, comparison, (one, other) => {
        const text = `status ${one.operator} ${one.than} and status ${other.operator} ${other.than}`;
        let ranges: ReturnType<typeof parseStatusTest>;
        try {
          ranges = parseStatusTest(text);
        } catch {
          return;
        }
        expect(parseStatusTest(statusTestText(ranges))).toEqual(ranges);
      }),
    );
  });

  it.each([
    ['', /a condition is/],
    ['status', /a condition is/],
    ['status < 40', /a condition is/],
    ['status < 400 or status == 500', /a condition is/],
    ['body < 400', /a condition is/],
    ['status in 2xx', /neither a status nor a range/],
    ['status in 299..200', /begins behind its end/],
    ['status in 200,', /neither a status/],
    ['status == 101', /no answer has such a status/],
    ['status > 999', /no answer has such a status/],
    [`status < 400${' and status < 400'.repeat(100)}`, /longer than/],
  ])('refuses %j', (text, message) => {
    expect(() => parseStatusTest(text)).toThrow(message);
  });

  it('reads any text in a time that its length alone decides', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 600 }), (text) => {
        try {
          parseStatusTest(text);
        } catch (error) {
          expect((error as Error).name).toBe('StatusTestError');
        }
      }),
    );
  });
});
