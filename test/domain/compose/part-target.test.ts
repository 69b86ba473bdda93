import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PartValue } from '../../../src/domain/compose/part.ts';
import { PartTarget } from '../../../src/domain/compose/part-target.ts';

const target = (query: readonly (readonly [string, PartValue])[]) => new PartTarget({ path: '/a/:id', query });

describe('a part’s target', () => {
  it('holds every value in its place: one path, as many parameters as there are values, printable ASCII', () => {
    const wire = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) });
    const made = target([
      ['h', { from: 'header', name: 'x-a' }],
      ['q', { from: 'query', name: 'q' }],
    ]);
    fc.assert(
      fc.property(wire, wire, (header, query) => {
        const encoded = [...Buffer.from(query, 'latin1')].map((byte) => `%${byte.toString(16).padStart(2, '0')}`);
        const source = { params: ['id', '7'], url: `/x?q=${encoded.join('')}`, rawHeaders: ['X-A', header] };
        const filled = made.of(source)!;
        expect(filled).toMatch(/^[!-~]+$/);
        const [path, pairs, ...rest] = filled.split('?');
        expect([path, rest]).toEqual(['/a/7', []]);
        const values = pairs!.split('&').map((pair) => pair.split('='));
        expect(values.map(([name]) => name)).toEqual(['h', 'q']);
        const read = values.map(([, value]) =>
          value!.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
        );
        expect(read).toEqual([header, query]);
      }),
    );
  });

  it('has no query where nothing is there to fill it with', () => {
    const made = target([['q', { from: 'query', name: 'q' }]]);
    expect(made.of({ params: ['id', '7'], url: '/x', rawHeaders: [] })).toBe('/a/7');
  });
});
