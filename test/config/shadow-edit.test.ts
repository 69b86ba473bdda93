// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references to the environment are part of the format.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EditError, writeRules, writeShadowPercent } from '../../src/config/edit.ts';
import { ruleLines } from '../../src/config/rules-edit.ts';
import { keyText } from '../../src/domain/comparing/step.ts';
import type { ProposedRule } from '../../src/domain/proposal.ts';
import { routesFile } from './folder.ts';
import { settingsOf, withRoutes } from './reading.ts';

const route = (...lines: string[]) =>
  withRoutes(
    '  # one',
    '  - id: a',
    ...lines.map((line) => `    ${line}`),
    '',
    '  # two',
    '  - { match: /b, service: stock }',
  );
const bare = ['match: GET /a', 'service: orders', 'percent: 0 # none'];

async function shadowed(before: string, percent: number): Promise<string> {
  const file = routesFile(before);
  await writeShadowPercent(file, 'a', percent, {});
  return readFileSync(file, 'utf8');
}

async function ruled(before: string, rules: readonly ProposedRule[]): Promise<string> {
  const file = routesFile(before);
  await writeRules(file, 'a', rules, {});
  return readFileSync(file, 'utf8');
}

async function refusal(text: string, edit: (file: string) => Promise<unknown>): Promise<string> {
  const file = routesFile(text);
  const error = await edit(file).then(
    () => new Error('it was written'),
    (reason: Error) => reason,
  );
  expect(readFileSync(file, 'utf8')).toBe(text);
  return error instanceof EditError ? error.code : error.message;
}

describe("writing a shadow's percent", () => {
  it('says what was before, what is now and in which line', async () => {
    const file = routesFile(route(...bare, 'shadow:', '  noise: 10%', '  percent: 5'));
    expect(await writeShadowPercent(file, 'a', 100, {})).toEqual({ before: 5, after: 100, line: 14 });
    expect(await writeShadowPercent(file, 'a', 100, {})).toEqual({ before: 100, after: 100, line: 14 });
  });

  it.each([
    ['shadow: 5   # few', 'shadow: 25   # few'],
    ["shadow: '5'", "shadow: '25'"],
    ['shadow: { noise: 10%, percent: 5 } # few', 'shadow: { noise: 10%, percent: 25 } # few'],
    ['shadow:\n      percent: 5 # few\n      noise: 10%', 'shadow:\n      percent: 25 # few\n      noise: 10%'],
    ['shadow: { noise: 10% }', 'shadow: { percent: 25, noise: 10% }'],
    ['shadow: {noise: 10%}', 'shadow: {percent: 25, noise: 10%}'],
    ['shadow: {}', 'shadow: { percent: 25 }'],
    ['shadow: # few\n      noise: 10%', 'shadow: # few\n      percent: 25\n      noise: 10%'],
  ])('changes %j to %j and nothing else', async (before, after) => {
    expect(await shadowed(route(...bare, before, 'group: g'), 25)).toBe(route(...bare, after, 'group: g'));
  });

  it("adds a line behind the route's percent", async () => {
    expect(await shadowed(route(...bare, 'group: g'), 25)).toBe(route(...bare, 'shadow: 25', 'group: g'));
    const flow = withRoutes('  - { id: a, percent: 5, match: /a, service: orders }');
    expect(await shadowed(flow, 25)).toBe(flow.replace('percent: 5', 'percent: 5, shadow: 25'));
  });

  it('says the percent of a route that has moved too, which a shadow asks for', async () => {
    expect(await shadowed(route('match: GET /a', 'service: orders', 'group: g'), 25)).toBe(
      route('match: GET /a', 'service: orders', 'percent: 100', 'shadow: 25', 'group: g'),
    );
  });

  it.each([
    ['from-environment', ['shadow: "${SHADOW:-5}"']],
    ['from-environment', ['shadow: { percent: "${SHADOW:-5}" }']],
    ['shared', ['shadow: &s 5']],
    ['shared', ['shadow: &s { percent: 5 }']],
    ['shared', ['shadow: { <<: { percent: 5 } }']],
    ['shared', ['<<: { shadow: 5 }']],
    ['layout', ['shadow: {', '  # nothing', '  }']],
  ])('is refused as %s for %j', async (code, lines) => {
    expect(await refusal(route(...bare, ...lines), (file) => writeShadowPercent(file, 'a', 25, {}))).toBe(code);
  });

  it('is refused for a percent that is none, a route that is not there, and a retired route', async () => {
    const text = route(...bare);
    expect(await refusal(text, (file) => writeShadowPercent(file, 'a', 101, {}))).toBe('invalid-percent');
    expect(await refusal(text, (file) => writeShadowPercent(file, 'c', 5, {}))).toBe('unknown-route');
    const retired = route('match: GET /a', 'service: orders', 'legacy: retired');
    expect(await refusal(retired, (file) => writeShadowPercent(file, 'a', 5, {}))).toBe('invalid-file');
  });

  it('keeps every other byte, Windows line ends among them', async () => {
    const windows = (text: string) => `\ufeff${text.replaceAll('\n', '\r\n')}`;
    expect(await shadowed(windows(route(...bare)), 25)).toBe(windows(route(...bare, 'shadow: 25')));
    const block = (...lines: string[]) => windows(route(...bare, 'shadow:', ...lines, '  noise: 1'));
    expect(await shadowed(block(), 25)).toBe(block('  percent: 25'));
  });
});

const tenSeconds = { kind: 'time', milliseconds: 10_000 } as const;
const ignore = (at: string): ProposedRule => ({ kind: 'ignore', at });
const rules: readonly ProposedRule[] = [
  ignore('$.requestId'),
  { kind: 'tolerance', at: '$.items[*].at', by: { kind: 'time', milliseconds: 2_000 } },
  { kind: 'tolerance', at: '$.load', by: { kind: 'percent', value: 5 } },
  ignore('header:x-served-by'),
  { kind: 'unordered', at: '$.tags' },
];

describe('writing rules', () => {
  const written = [
    '  ignore:',
    '    - $.requestId',
    '    - header:x-served-by',
    '  tolerance:',
    "    '$.items[*].at': ±2s",
    '    $.load: 5%',
    '  unordered:',
    '    - $.tags',
  ];

  it('gives a route without a shadow one that copies nothing', async () => {
    expect(await ruled(route(...bare, 'group: g'), rules)).toBe(
      route(...bare, 'shadow:', '  percent: 0', ...written, 'group: g'),
    );
  });

  it('makes a map of a bare percent', async () => {
    expect(await ruled(route(...bare, 'shadow: 50 # half', 'group: g'), rules)).toBe(
      route(...bare, 'shadow:', '  percent: 50 # half', ...written, 'group: g'),
    );
  });

  it('adds behind what is there, between comments', async () => {
    const before = [
      'shadow:',
      '  percent: 50',
      '  # noisy',
      '  ignore:',
      '    - $.old # long known',
      '    # more to come',
      '  tolerance: { $.total: 0.01 } # cents',
      '  # the end',
    ];
    expect(await ruled(route(...bare, ...before, 'group: g'), rules)).toBe(
      route(
        ...bare,
        'shadow:',
        '  percent: 50',
        '  # noisy',
        '  ignore:',
        '    - $.old # long known',
        '    - $.requestId',
        '    - header:x-served-by',
        '    # more to come',
        "  tolerance: { $.total: 0.01, '$.items[*].at': ±2s, $.load: 5% } # cents",
        '  unordered:',
        '    - $.tags',
        '  # the end',
        'group: g',
      ),
    );
  });

  it.each([
    ['shadow: { percent: 5 }', "shadow: { percent: 5, ignore: [$.requestId, '$.a[*]'] }"],
    ['shadow: {}', "shadow: { ignore: [$.requestId, '$.a[*]'] }"],
    ['shadow: { ignore: [] }', "shadow: { ignore: [$.requestId, '$.a[*]'] }"],
    ['shadow: { ignore: [$.b, ] }', "shadow: { ignore: [$.b, $.requestId, '$.a[*]', ] }"],
    [
      'shadow:\n      ignore: [\n        $.b\n      ]',
      "shadow:\n      ignore: [\n        $.b, $.requestId, '$.a[*]'\n      ]",
    ],
    [
      'shadow:\n      ignore:\n      - $.b',
      "shadow:\n      ignore:\n      - $.b\n      - $.requestId\n      - '$.a[*]'",
    ],
    ['shadow: { ignore: [$.requestId] }', "shadow: { ignore: [$.requestId, '$.a[*]'] }"],
  ])('turns %j into %j', async (before, after) => {
    expect(await ruled(route(...bare, before), [ignore('$.requestId'), ignore('$.a[*]')])).toBe(route(...bare, after));
  });

  it('works within braces', async () => {
    const flow = (shadow: string) => withRoutes(`  - { id: a, match: /a, service: orders, percent: 5${shadow} }`);
    const added = ', shadow: { percent: 0, ignore: [$.requestId], tolerance: { $.at: ±2s } }';
    const two: ProposedRule[] = [
      rules[0]!,
      { kind: 'tolerance', at: '$.at', by: { kind: 'time', milliseconds: 2_000 } },
    ];
    expect(await ruled(flow(''), two)).toBe(flow(added));
    expect(await ruled(flow(', shadow: 0'), two)).toBe(flow(added));
  });

  it('leaves out what is there already, and then the file', async () => {
    const text = route(...bare, 'shadow: { ignore: [$.requestId] }');
    const file = routesFile(text);
    expect(await writeRules(file, 'a', [ignore('$.requestId'), ignore('$.b')], {})).toEqual([ignore('$.b')]);
    expect(await writeRules(file, 'a', [ignore('$.requestId'), ignore('$.b')], {})).toEqual([]);
  });

  it.each([
    ['shared', ['shadow: &s { percent: 5 }']],
    ['shared', ['shadow: { ignore: &i [$.b] }']],
    ['shared', ['shadow: { <<: { ignore: [$.b] } }']],
    ['layout', ['shadow: # half', '  50']],
    ['layout', ['shadow:', '  ignore: [ # none yet', '  ]']],
    ['layout', ['shadow: { # none yet', '  }']],
    ['from-environment', ['shadow: "${SHADOW:-5}"']],
  ])('is refused as %s for %j', async (code, lines) => {
    expect(await refusal(route(...bare, ...lines), (file) => writeRules(file, 'a', [ignore('$.c')], {}))).toBe(code);
  });

  it.each(['±1s', '5%', '60000'])('is refused where the tolerance %s stands in the way', async (present) => {
    const text = route(...bare, `shadow: { tolerance: { $.at: ${present} } }`);
    const edit = (file: string) =>
      writeRules(file, 'a', [ignore('$.b'), { kind: 'tolerance', at: '$.at', by: tenSeconds }], {});
    expect(await refusal(text, edit)).toBe('layout');
    await expect(edit(routesFile(text))).rejects.toThrow(/at \$\.at, in the way of ±10s/);
  });

  it.each(['±10s', '±1m'])('leaves out a tolerance that %s covers', async (present) => {
    const file = routesFile(route(...bare, `shadow: { tolerance: { $.at: ${present} } }`));
    expect(await writeRules(file, 'a', [{ kind: 'tolerance', at: '$.at', by: tenSeconds }], {})).toEqual([]);
  });

  it('is refused where sets have keys and the new one has none', async () => {
    const text = route(...bare, 'shadow: { unordered: { $.items: sku } }');
    const edit = (file: string) => writeRules(file, 'a', [{ kind: 'unordered', at: '$.tags' }], {});
    expect(await refusal(text, edit)).toBe('layout');
  });

  it('spells whatever place traffic may have made', async () => {
    const odd = fc.constantFrom('${HOME}', '$', '{', ' #', ': ', "'", '"', '\\', '- ', '*', '~');
    const key = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }),
      fc.array(odd, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('')),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(key, { minLength: 1, maxLength: 3 }), fc.boolean(), async (keys, inFlow) => {
        const at = `$${keys.map(keyText).join('')}`;
        const lines = ruleLines([ignore(at)]).map((line) => `  ${line}`);
        const shadow = inFlow ? [`shadow: { ignore: [${lines[1]!.trim().slice(2)}] }`] : ['shadow:', ...lines];
        expect(settingsOf(route(...bare, ...shadow)).routes[0]?.shadow.rules.ignore).toEqual([at]);
      }),
      { numRuns: 200 },
    );
  });
});

describe('the lines around new rules', () => {
  const comment = fc.constantFrom('', ' # note', '  # "quoted" ünïcode: 5');
  const filler = fc.constantFrom([], ['# of its own'], ['']);
  const place = fc.constantFrom('$.a', "'$.b[*].c'", 'header:x-id');
  const indented = (lines: readonly string[]) => lines.map((line) => (line === '' ? line : `  ${line}`));

  const list = fc.record({ places: fc.uniqueArray(place), comment, filler, flow: fc.boolean() }).map((given) => {
    const { places, comment, filler, flow } = given;
    if (flow || places.length === 0) return [`ignore: [${places.join(', ')}]${comment}`];
    return [`ignore:${comment}`, ...indented(places.flatMap((each) => [`- ${each}${comment}`, ...filler]))];
  });
  const map = fc.record({ places: fc.uniqueArray(place), comment, filler, flow: fc.boolean() }).map((given) => {
    const { places, comment, filler, flow } = given;
    const entries = places.map((each) => `${each}: 0.01`);
    if (flow || places.length === 0) return [`tolerance: { ${entries.join(', ')} }${comment}`];
    return [`tolerance:${comment}`, ...indented(entries.flatMap((each) => [`${each}${comment}`, ...filler]))];
  });
  const other = fc.constantFrom(['percent: 50'], ['noise: 10% # some'], ["normalize: { $.x: 's#a#b#' }"], []);
  const block = fc
    .tuple(list, map, other, filler)
    .chain((parts) => fc.shuffledSubarray(parts, { minLength: 2 }))
    .map((parts) => parts.flat())
    .filter((lines) => lines.some((line) => /^\w/.test(line)))
    .map((lines) => ['shadow:', ...indented(lines)]);
  const shadow = fc.oneof(block, fc.constantFrom(['shadow: 5 # few'], ['shadow: { percent: 5 }'], ['# none yet']));
  const lineBreak = fc.constantFrom('\n', '\r\n');

  it('stay as they are, in whatever way the file is laid out, and the rules come to those that were there', async () => {
    await fc.assert(
      fc.asyncProperty(shadow, lineBreak, async (lines, lineBreak) => {
        const before = route(...bare, ...lines, 'group: g # last').replaceAll('\n', lineBreak);
        const after = await ruled(before, rules);
        const kept = before.split(lineBreak).filter((line) => !/\[|\{|shadow:/.test(line));
        const now = after.split(lineBreak);
        let from = 0;
        for (const line of kept) {
          const at = now.indexOf(line, from);
          expect(at, `${line} in ${after}`).not.toBe(-1);
          from = at + 1;
        }
        const [old, fresh] = [before, after].map((text) => settingsOf(text).routes[0]!.shadow.rules);
        expect(fresh!.ignore).toEqual([...old!.ignore, '$.requestId', 'header:x-served-by']);
        expect(fresh!.tolerance.map(({ at }) => at)).toEqual([
          ...old!.tolerance.map(({ at }) => at),
          '$.items[*].at',
          '$.load',
        ]);
      }),
      { numRuns: 60 },
    );
  });
});
