import { environmentPattern, leaf, orEnvironment, textLeaf, Unacceptable } from './leaf.ts';
import { quote } from './problem.ts';
import { didYouMean } from './suggest.ts';
import { parseDuration, parseSize } from './units.ts';

/** Timers of the platform overflow beyond this. */
const longestDuration = 2 ** 31 - 1;

/** The environment only has text, so a quoted number is as good as a plain one. */
function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : undefined;
}

export function integer(from: number, to: number) {
  return leaf(
    `a whole number from ${from} to ${to}`,
    (value) => {
      const number = numberOf(value);
      if (number === undefined) return undefined;
      if (Number.isInteger(number) && number >= from && number <= to) return number;
      throw new Unacceptable(`must be a whole number from ${from} to ${to}, not ${quote(value)}`);
    },
    { type: ['integer', 'string'], minimum: from, maximum: to, pattern: orEnvironment('^\\d+$') },
  );
}

export function percent() {
  return leaf(
    'a number from 0 to 100',
    (value) => {
      if (typeof value === 'string' && value.endsWith('%')) throw new Unacceptable('is written without the % sign');
      const number = numberOf(value);
      if (number === undefined) return undefined;
      if (!(number >= 0 && number <= 100)) throw new Unacceptable(`must be from 0 to 100, not ${quote(value)}`);
      if (Number(number.toFixed(2)) !== number) {
        throw new Unacceptable(`has at most two decimals (there are 10,000 buckets), not ${quote(value)}`);
      }
      return number + 0;
    },
    { type: ['number', 'string'], minimum: 0, maximum: 100, pattern: orEnvironment('^\\d') },
  );
}

/** `10%` or `10`: a share of something, where a percent is a share of callers. */
export function share() {
  return leaf(
    'a share such as 10%',
    (value) => {
      const written = typeof value === 'string' ? value.replace(/ ?%$/, '') : value;
      const number = numberOf(written);
      if (number === undefined) return undefined;
      if (number >= 0 && number <= 100) return number + 0;
      throw new Unacceptable(`must be from 0% to 100%, not ${quote(value)}`);
    },
    { type: ['number', 'string'], minimum: 0, maximum: 100, pattern: orEnvironment('^\\d+(\\.\\d+)? ?%?$') },
  );
}

export function flag() {
  return leaf(
    'true or false',
    (value) => {
      if (typeof value === 'boolean') return value;
      return value === 'true' || value === 'false' ? value === 'true' : undefined;
    },
    { anyOf: [{ type: 'boolean' }, { type: 'string', pattern: environmentPattern }] },
  );
}

export function text(kind: string) {
  return textLeaf(
    kind,
    (written) => {
      if (written.trim() === '') throw new Unacceptable('must not be empty');
      return written;
    },
    { minLength: 1 },
  );
}

/** A secret that travels in a header. Its messages never repeat it. */
export function credential() {
  return textLeaf(
    'text',
    (written) => {
      if (/^[\x21-\x7e]+$/.test(written)) return written;
      throw new Unacceptable('must not be empty, and has visible ASCII characters only');
    },
    { minLength: 1 },
  );
}

/** How much a duration or a size may be, spelled as in the file: it is said so in messages. */
interface Bounds {
  readonly least?: string;
  readonly most?: string;
}

export function number() {
  return leaf('a number', numberOf, { type: ['number', 'string'], pattern: orEnvironment('^-?\\d+(\\.\\d+)?$') });
}

interface Suffixed {
  /** What may stand before and behind the number, and what of it has to. */
  readonly prefix: string;
  readonly suffix: string;
  readonly least: number;
  readonly most: number;
}

/** A number in the spelling that says what it is: `+0.5%`, `1.2x`. `off` comes out as null. */
export function suffixed({ prefix, suffix, least, most }: Suffixed) {
  const [low, high] = [least, most].map((bound) => `${prefix}${bound}${suffix}`);
  const kind = `off, or a number from ${low} to ${high}`;
  const spelled = new RegExp(`^${prefix === '' ? '' : `\\${prefix}?`}(\\d+(?:\\.\\d+)?) ?${suffix}$`);
  return leaf(
    kind,
    (value) => {
      if (value === 'off') return null;
      if (typeof value === 'number') throw new Unacceptable(`is written ${prefix}${value}${suffix}`);
      if (typeof value !== 'string') return undefined;
      const amount = Number(spelled.exec(value)?.[1] ?? Number.NaN);
      if (amount >= least && amount <= most) return amount;
      throw new Unacceptable(`must be ${kind}, not ${quote(value)}`);
    },
    { type: 'string', pattern: orEnvironment(`^(off|.*${suffix})$`) },
  );
}

/** Two durations, the first no longer than the second: `100ms..2s`. */
export function range() {
  const kind = 'two durations such as 100ms..2s';
  return textLeaf(
    kind,
    (written) => {
      const [first, longest, ...rest] = written.split('..').map((text) => parseDuration(text.trim()));
      const isRange = first !== undefined && longest !== undefined && rest.length === 0;
      if (!isRange || longest < first || longest > longestDuration) {
        throw new Unacceptable(`must be ${kind}, the longer one last, not ${quote(written)}`);
      }
      return { first, longest };
    },
    { pattern: orEnvironment('\\.\\.') },
  );
}

/** `0` turns the limit off where `allowZero`. */
export function duration({ allowZero = false, ...bounds }: Bounds & { readonly allowZero?: boolean } = {}) {
  const kind = `a duration such as 250ms, 5s, 10m or 1h${allowZero ? ', or 0 for off' : ''}`;
  return leaf(
    kind,
    (value) => {
      if (typeof value === 'number' && value !== 0) {
        throw new Unacceptable(`needs a unit: ${value}ms or ${value}s`);
      }
      const measured = value === 0 ? 0 : typeof value === 'string' ? parseDuration(value) : undefined;
      if (measured === undefined && typeof value !== 'string') return undefined;
      if (measured === undefined) throw new Unacceptable(`${quote(value)} is not ${kind}`);
      if (measured > longestDuration) throw new Unacceptable(`${quote(value)} is longer than 24 days`);
      if (measured === 0 && !allowZero) throw new Unacceptable('must be longer than 0');
      if (measured !== 0) requireWithin(measured, value, bounds, parseDuration);
      return measured;
    },
    { type: ['string', 'integer'], maximum: 0, pattern: orEnvironment('^(0|\\d+(\\.\\d+)? ?(ms|s|m|h|d))$') },
  );
}

export function size(bounds: Bounds = {}) {
  const kind = 'a size such as 512B, 64KB, 256KiB or 1MiB';
  return leaf(
    kind,
    (value) => {
      if (typeof value === 'number') throw new Unacceptable(`needs a unit: ${value}B or ${value}KiB`);
      if (typeof value !== 'string') return undefined;
      const measured = parseSize(value);
      if (measured === undefined) throw new Unacceptable(`${quote(value)} is not ${kind}`);
      if (measured === 0 || measured > 2 ** 31) throw new Unacceptable('must be more than 0 and at most 2GiB');
      requireWithin(measured, value, bounds, parseSize);
      return measured;
    },
    { type: 'string', pattern: orEnvironment('^\\d+(\\.\\d+)? ?([KMG]i?B|B)$') },
  );
}

function requireWithin(
  measured: number,
  written: unknown,
  { least, most }: Bounds,
  measure: (text: string) => number | undefined,
): void {
  if (least !== undefined && measured < measure(least)!) {
    throw new Unacceptable(`must be at least ${least}, not ${quote(written)}`);
  }
  if (most !== undefined && measured > measure(most)!) {
    throw new Unacceptable(`must be at most ${most}, not ${quote(written)}`);
  }
}

/** One of a few words. */
export function choice<const T extends string>(words: readonly T[]) {
  const listed = words
    .map((word) => `"${word}"`)
    .join(', ')
    .replace(/, ([^,]*)$/, ' or $1');
  return leaf(
    listed,
    (value) => {
      if (typeof value !== 'string') return undefined;
      const word = words.find((candidate) => candidate === value);
      if (word !== undefined) return word;
      throw new Unacceptable(`must be ${listed}, not ${quote(value)}${didYouMean(value, words)}`);
    },
    {
      anyOf: [
        { type: 'string', enum: words },
        { type: 'string', pattern: environmentPattern },
      ],
    },
  );
}
