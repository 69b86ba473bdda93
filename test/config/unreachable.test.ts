import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findUnreachable } from '../../src/config/unreachable.ts';
import { bindPattern } from '../../src/domain/pattern.ts';
import { parsePattern } from '../../src/domain/pattern-syntax.ts';
import type { Match } from '../../src/domain/settings.ts';

function on(written: string, more: Partial<Match> = {}): Match {
  const [methods, path] = written.includes(' ') ? written.split(' ') : [null, written];
  return { methods: methods?.split(',') ?? null, path: path!, host: null, headers: [], query: [], ...more };
}

/** Whether the second route can never match behind the first. */
const hides = (first: Match, second: Match): boolean => findUnreachable([[first], [second]]).length === 1;

describe('a route behind another', () => {
  it.each([
    ['/a', '/a'],
    ['/a', 'GET /a'],
    ['GET /a', 'HEAD /a'],
    ['GET,POST /a', 'POST /a'],
    ['/*', '/'],
    ['/*', '/a/b'],
    ['/a/*', '/a'],
    ['/a/*', '/a/:id/*'],
    ['/a/:x', '/a/:y'],
    ['/a/:x', '/a/7'],
    ['/a/:x', '/a/:y{[0-9]+}'],
    ['/a/:x{[0-9]+}', '/a/42'],
    ['/a/:x{[0-9]+}', '/a/:y{[0-9]+}'],
    ['/a/*/c', '/a/:b/c'],
    ['/v:n/x', '/v1/x'],
    ['/:file.:type', '/:name.:kind'],
    ['/%7Ejoe', '/~joe'],
  ])('%s leaves nothing for %s', (first, second) => {
    expect(hides(on(first), on(second))).toBe(true);
  });

  it.each([
    ['GET /a', '/a'],
    ['HEAD /a', 'GET /a'],
    ['GET /a', 'POST /a'],
    ['/a', '/a/'],
    ['/a/:x', '/a'],
    ['/a/:x', '/a/'],
    ['/a/:x', '/a/*'],
    ['/a/*', '/*'],
    ['/a/7', '/a/:x'],
    ['/a/:x{[0-9]+}', '/a/:y'],
    ['/a/:x{[0-9]+}', '/a/:y{[0-9]*}'],
    ['/a/:x{[0-9]+}', '/a/b'],
    ['/v:n/x', '/:any/x'],
    ['/:x/b', '/a/c'],
  ])('%s leaves something for %s', (first, second) => {
    expect(hides(on(first), on(second))).toBe(false);
  });

  it('is judged with its host', () => {
    const at = (host: string | null) => on('/a', { host });
    expect(hides(at(null), at('a.com'))).toBe(true);
    expect(hides(at('a.com'), at('a.com'))).toBe(true);
    expect(hides(at('*.a.com'), at('x.a.com'))).toBe(true);
    expect(hides(at('*.a.com'), at('*.b.a.com'))).toBe(true);
    expect(hides(at('*.a.com'), at('a.com'))).toBe(false);
    expect(hides(at('a.com'), at(null))).toBe(false);
    expect(hides(at('x.a.com'), at('*.a.com'))).toBe(false);
  });

  it.each(['headers', 'query'] as const)('is judged with its %s', (key) => {
    const having = (...conditions: [string, string][]) => on('/a', { [key]: conditions });
    expect(hides(having(), having(['x', '1']))).toBe(true);
    expect(hides(having(['x', '*']), having(['x', '1']))).toBe(true);
    expect(hides(having(['x', '1']), having(['y', '2'], ['x', '1']))).toBe(true);
    expect(hides(having(['x', '1']), having())).toBe(false);
    expect(hides(having(['x', '1']), having(['x', '*']))).toBe(false);
    expect(hides(having(['x', '1'], ['y', '2']), having(['x', '1']))).toBe(false);
  });

  it('may be taken by several earlier ones together, and names the first', () => {
    expect(findUnreachable([[on('GET /a')], [on('/b')], [on('POST /a')], [on('GET,POST /a')]])).toEqual([
      { route: 3, behind: 0 },
    ]);
    expect(findUnreachable([[on('/a')], [on('/b')], [on('/b'), on('/a')], [on('/b'), on('/c')]])).toEqual([
      { route: 2, behind: 0 },
    ]);
  });

  it('is only called unreachable when every path that it takes is taken', () => {
    const segment = fc.constantFrom('a', 'b', ':x', ':x{[ab]}', '*', ':x{a+}', 'a:x', '');
    const path = fc.array(segment, { minLength: 1, maxLength: 3 }).map((parts) => {
      return `/${parts.map((part, index) => part.replace(':x', `:p${index}`)).join('/')}`;
    });
    const request = fc
      .array(fc.constantFrom('a', 'b', 'aa', 'ab', 'c', ''), { minLength: 1, maxLength: 4 })
      .map((parts) => `/${parts.join('/')}`);
    const parses = (text: string): boolean => {
      try {
        return parsePattern(text) !== null;
      } catch {
        return false;
      }
    };
    const pattern = path.filter(parses);
    fc.assert(
      fc.property(pattern, pattern, fc.array(request, { minLength: 50, maxLength: 50 }), (first, second, requests) => {
        fc.pre(hides(on(first), on(second)));
        for (const target of requests) {
          if (bindPattern(parsePattern(second), target))
            expect(bindPattern(parsePattern(first), target)).not.toBeNull();
        }
      }),
    );
  });
});
