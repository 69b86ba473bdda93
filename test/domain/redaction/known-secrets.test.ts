import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KnownSecrets } from '../../../src/domain/redaction/known-secrets.ts';

type Secret = readonly [secret: string, standing: 'anywhere' | 'alone'];

const isWordly = (character: string | undefined): boolean =>
  character !== undefined && /[\p{L}\p{N}_]/u.test(character);

/** The same, by trying every secret at every place. */
function scrubbed(text: string, secrets: readonly Secret[]): string {
  const longestFirst = [...secrets].sort(([one], [other]) => other.length - one.length);
  let out = '';
  for (let at = 0; at < text.length; ) {
    const found = longestFirst.find(([secret, standing]) => {
      if (!text.startsWith(secret, at)) return false;
      return standing === 'anywhere' || !(isWordly(text[at - 1]) || isWordly(text[at + secret.length]));
    });
    out += found === undefined ? text[at] : `<${found[0].length}>`;
    at += found === undefined ? 1 : found[0].length;
  }
  return out;
}

function known(secrets: readonly Secret[]): KnownSecrets {
  const all = new KnownSecrets();
  for (const [secret, standing] of secrets) all.add(secret, `<${secret.length}>`, standing);
  return all;
}

describe('known secrets', () => {
  test('are found wherever they stand, the longest that begins at a place', () => {
    const words = (minLength: number, maxLength: number) =>
      fc.string({ unit: fc.constantFrom('a', 'b', '-'), minLength, maxLength });
    const secret = fc.tuple(words(3, 9), fc.constantFrom('anywhere', 'alone'));
    const secrets = fc.uniqueArray(secret, { selector: ([text]) => text, maxLength: 12 });
    fc.assert(
      fc.property(secrets, words(0, 60), (all, text) => {
        expect(known(all).scrub(text)).toBe(scrubbed(text, all));
      }),
      { numRuns: 2_000 },
    );
  });

  test('cost a text no more for their many lengths: all begin like it, and none is there', () => {
    const secrets = Array.from({ length: 1_500 }, (_, i): Secret => [`aaa${'a'.repeat(i)}Q`, 'anywhere']);
    const text = 'a'.repeat(100_000);
    expect(known(secrets).scrub(text)).toBe(text);
  });
});
