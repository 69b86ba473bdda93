import fc from 'fast-check';

/** Few keys and few values, so that two documents have much in common, and names that documents have trouble with. */
const key = fc.constantFrom('id', 'a', 'b', 'name', 'odd key', "it's", '__proto__', 'é', '', '\ud800', 'x\u0000');
const scalar = fc.oneof(
  fc.constantFrom(null, true, false, 0, 1, 1.5, -3, 1e21, '', 'a', 'NaN', '\u2028', '\udfff', '😀', '"\\'),
  fc.integer({ min: 0, max: 5 }),
);

export const { value: document } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 6 }),
    fc.array(fc.tuple(key, tie('value')), { maxLength: 5 }).map((members) => Object.fromEntries(members)),
    fc
      .uniqueArray(fc.integer({ min: 0, max: 6 }), { maxLength: 5 })
      .chain((ids) => fc.tuple(...ids.map((id) => tie('value').map((inner) => ({ id, inner }))))),
  ),
}));

/** A document and what became of it after some changes: nearer to each other than two at random. */
export const pair = fc.oneof(
  fc.tuple(document, document),
  fc.tuple(document, document, fc.nat(), fc.nat()).map(([one, other, at, how]) => [one, mutated(one, other, at, how)]),
);

function mutated(value: unknown, other: unknown, at: number, how: number): unknown {
  if (Array.isArray(value) && value.length > 0) {
    const i = at % value.length;
    const rest = Math.floor(at / value.length);
    if (how % 5 === 0) return value.toSpliced(i, 1);
    if (how % 5 === 1) return value.toSpliced(i, 0, other);
    if (how % 5 === 2) return [...value.slice(i), ...value.slice(0, i)];
    return value.map((element, n) => (n === i ? mutated(element, other, rest, Math.floor(how / 5)) : element));
  }
  if (typeof value === 'object' && value !== null && Object.keys(value).length > 0) {
    const entries = Object.entries(value);
    const i = at % entries.length;
    if (how % 3 === 0) return Object.fromEntries(entries.toSpliced(i, 1));
    return Object.fromEntries(
      entries.map(([key, inner], n) => [
        key,
        n === i ? mutated(inner, other, Math.floor(at / entries.length), Math.floor(how / 3)) : inner,
      ]),
    );
  }
  return other;
}

/** The same document in another hand: white space, the order of members, escapes, numbers. */
export function rewrittenText(value: unknown, style: number): string {
  const space = style & 1 ? ' \n' : '';
  if (Array.isArray(value))
    return `[${space}${value.map((one) => rewrittenText(one, style)).join(`,${space}`)}${space}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value);
    if (style & 2) entries.reverse();
    return `{${space}${entries.map(([key, one]) => `${stringText(key, style)}${space}:${rewrittenText(one, style)}`).join(`,${space}`)}}`;
  }
  if (typeof value === 'string') return stringText(value, style);
  if (typeof value === 'number' && style & 4)
    return Number.isInteger(value) ? `${value}.00e0`.replace('e+21.00e0', '000e18') : `${value * 1}0`;
  return JSON.stringify(value);
}

function stringText(text: string, style: number): string {
  if ((style & 8) === 0) return JSON.stringify(text);
  return `"${[...Array(text.length).keys()].map((i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`).join('')}"`;
}
