import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalisePath } from '../../src/domain/path.ts';
import { bindPattern } from '../../src/domain/pattern.ts';
import { PatternError, parsePattern } from '../../src/domain/pattern-syntax.ts';
import { parseRewrite, rewriteTarget } from '../../src/domain/rewrite.ts';

function rewrite(match: string, to: string, path: string, query: string | null = null): string {
  return rewriteTarget(parseRewrite(to), bindPattern(parsePattern(match), normalisePath(path)), query);
}

describe('a rewrite', () => {
  it.each([
    ['/api/orders/:id', '/orders/:id', '/api/orders/7', '/orders/7'],
    ['/api/orders/:id', '/orders', '/api/orders/7', '/orders'],
    ['/:a/:b', '/:b/x-:a.json/', '/1/2', '/2/x-1.json/'],
    ['/api/*', '/v2/*', '/api/a/b/', '/v2/a/b/'],
    ['/api/*', '/v2/*', '/api/', '/v2/'],
    ['/api/*', '/v2/*', '/api', '/v2'],
    ['/api/*', '/*', '/api', '/'],
    ['/api/*', '/*', '/api/a', '/a'],
    ['/a/:id', '/b/:id', '/a/x%2fy%3Fz%23%20%0d%0a', '/b/x%2Fy%3Fz%23%20%0D%0A'],
    ['/a/:id', '/b c/é/:id', '/a/\xe9', '/b%20c/%C3%A9/%E9'],
  ])('from %s to %s takes %s to %s', (match, to, path, target) => {
    expect(rewrite(match, to, path)).toBe(target);
  });

  it('puts the query behind it as it came', () => {
    expect(rewrite('/a/:id', '/b/:id', '/a/7', 'x=%zz&&?')).toBe('/b/7?x=%zz&&?');
    expect(rewrite('/a/:id', '/b/:id', '/a/7', '')).toBe('/b/7?');
  });

  it('sends nothing that could end the path, the line or a segment, whatever the caller sent', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.boolean(), (value, named) => {
        const target = named
          ? rewriteTarget(parseRewrite('/o/:id/end'), ['id', value], null)
          : rewrite('/v:id', '/o/:id/end', `/v${value.replaceAll('/', '%2F')}x`);
        expect(target).toMatch(/^\/[!$&-;=@-Z_a-z~%]*$/);
        if (!named) expect(normalisePath(target)).toBe(target);
      }),
    );
  });

  it.each(['orders', '/a/*/b', '/:id{[0-9]+}', '/a//b', '/a?x=1', '/../a'])('is refused as %s', (text) => {
    expect(() => parseRewrite(text)).toThrow(PatternError);
  });

  it('tells the names that the match has to bind', () => {
    expect(parseRewrite('/:a/x-:b/*').names).toEqual(['a', 'b', '*']);
  });
});
