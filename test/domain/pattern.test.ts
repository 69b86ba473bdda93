import { describe, expect, it } from 'vitest';
import { bindPattern } from '../../src/domain/pattern.ts';
import { PatternError, parsePattern } from '../../src/domain/pattern-syntax.ts';

const bind = (pattern: string, path: string) => bindPattern(parsePattern(pattern), path)?.join(' ') ?? null;

describe('a pattern', () => {
  it.each([
    ['/', '/', ''],
    ['/', '/a', null],
    ['/', '*', null],
    ['/a/b', '/a/b', ''],
    ['/a/b', '/a/b/', null],
    ['/a/b/', '/a/b/', ''],
    ['/a/b', '/a/B', null],
    ['/a/b', '/a/bc', null],
    ['/a/:id', '/a/7', 'id 7'],
    ['/a/:id', '/a/', null],
    ['/a/:id', '/a/7/', null],
    ['/a/:id/', '/a/7/', 'id 7'],
    ['/a/:id', '/a/x%2Fy', 'id x%2Fy'],
    ['/a/:id{[0-9]+}', '/a/42', 'id 42'],
    ['/a/:id{[0-9]+}', '/a/42x', null],
    ['/a/:id{\\d{2,3}}/b', '/a/123/b', 'id 123'],
    ['/a/:id{[^/}]+}', '/a/x', 'id x'],
    ['/v:n{[0-9]+}/x', '/v12/x', 'n 12'],
    ['/v:n{[0-9]+}/x', '/v/x', null],
    ['/v:n{[0-9]+}/x', '/w12/x', null],
    ['/:a.:b', '/x.y.z', 'a x b y.z'],
    ['/:a.:b', '/.y', null],
    ['/:a.:b', '/x.', null],
    ['/:a.:b/c', '/xy/c.d', null],
    ['/:file.json', '/a.json.json', 'file a.json'],
    ['/:file.json', '/.json', null],
    ['/:a-:b.json', '/x-y-z.json', 'a x b y-z'],
    ['/v:n', '/v..', null],
    ['/v:n', '/v...', 'n ...'],
    ['/a/*/b', '/a/x/b', ''],
    ['/a/*/b', '/a//b', null],
    ['/a/*/b', '/a/x/y/b', null],
    ['/static/*', '/static', '* '],
    ['/static/*', '/static/', '* /'],
    ['/static/*', '/static/css/a.css', '* /css/a.css'],
    ['/static/*', '/statics', null],
    ['/*', '/', '* /'],
    ['/*', '/a/b/', '* /a/b/'],
    ['/:a/*', '/x/y', 'a x * /y'],
    ['/caf%c3%a9', '/caf%C3%A9', ''],
    ['/café', '/caf%C3%A9', ''],
    ['/my file', '/my%20file', ''],
    ['/100%', '/100%25', ''],
    ['/jobs%3Arun', '/jobs:run', ''],
    ['/:id%3Acancel', '/7:cancel', 'id 7'],
    ['/a%2A%7B', '/a*%7B', ''],
  ])('%s against %s binds %j', (pattern, path, bound) => {
    expect(bind(pattern, path)).toBe(bound);
  });

  it.each([
    ['', 0, "begins with '/'"],
    ['a', 0, "begins with '/'"],
    ['/a//b', 3, 'empty segment'],
    ['/a/../b', 3, 'dot segments'],
    ['/%2e/b', 1, 'dot segments'],
    ['/a*', 2, 'whole segment'],
    ['/*a', 1, 'whole segment'],
    ['/a/:', 3, 'a name follows'],
    ['/a:9', 2, 'a name follows'],
    ['/:a/:a', 4, 'used twice'],
    ['/:a:b', 3, 'text between'],
    ['/:a{x}:b', 6, 'text between'],
    ['/:a{[0-9}', 3, 'without'],
    ['/:a{x(}', 5, "'(' without ')'"],
    ['/:a{}', 4, 'empty'],
    ['/a{b}', 2, 'parameter'],
    ['/a}', 2, 'without'],
    ['/:id?', 4, 'optional'],
    ['/a#b', 2, '%23'],
  ])('is refused as %s at %d, because of %s', (text, index, message) => {
    let refusal: unknown = null;
    try {
      parsePattern(text);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(PatternError);
    expect(refusal).toMatchObject({ index, message: expect.stringContaining(message) });
  });

  it('tells its names in the order in which it binds them', () => {
    expect(parsePattern('/:a.:b/*/:c/*').names).toEqual(['a', 'b', 'c', '*']);
  });
});
