import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { table } from '../../src/cli/table.ts';
import { jsonReport } from '../../src/report/json.ts';
import { junitReport } from '../../src/report/junit.ts';
import { code, markdownReport, prose } from '../../src/report/markdown.ts';
import { textReport } from '../../src/report/text.ts';
import { aCluster, anEvidence, anExample, aTally, aTroubledHour, dawn } from './an-evidence.ts';
import { keysOf, reportSchema } from './report-schema.ts';
import { hostile, reported } from './reported.ts';

const plain = { style: (_style: string, text: string) => text, table };

const clean = anEvidence({ route: 'inventory-read', service: 'inventory', tallies: [aTally({ compared: 3100 })] });
const few = anEvidence({ route: 'payment-read', service: 'payments', tallies: [aTally({ compared: 595 })] });
const three = reported([aTroubledHour(), clean, few]);

describe('the report in a terminal', () => {
  const text = textReport(three, plain).join('\n');

  it('says for every route its verdict, the bound and what is missing', () => {
    expect(text).toContain('order-read → orders: not ready');
    expect(text).toContain('at most 4.1 % differ, at 95 % confidence');
    expect(text).toContain('inventory-read → inventory: ready');
    expect(text).toContain('payment-read → payments: too little');
    expect(text).toContain('2,400 more needed, all of them clean, to prove that 99.9 % match');
  });

  it('names the clusters with what either side said, and every skip with its share', () => {
    expect(text).toMatch(/value +\$\.total +96 +3 % .*12\.5 +12\.49/);
    expect(text).toMatch(/missing +\$\.note +36 +1\.1 % .*"thanks" +–/);
    expect(text).toContain('180 not-sampled (5.4 %), 12 overloaded (0.36 %), 2 aborted (0.06 %)');
    expect(text).toContain('360 of them only thanks to rules');
  });

  it('begins with one line a route where there are several', () => {
    expect(text).toMatch(
      /^ROUTE +VERDICT +JUDGED +DIFFER +AT MOST +CLUSTERS\norder-read +not ready +3,162 +110 +4\.1 % +2$/m,
    );
    expect(textReport(reported([clean]), plain).join('\n')).not.toContain('AT MOST');
  });
});

describe('the report as JSON', () => {
  it('is what its schema says, of any evidence', () => {
    const evidence = [
      aTroubledHour(),
      clean,
      few,
      anEvidence({ route: 'idle' }),
      anEvidence({
        route: 'judged',
        tallies: [
          aTally({ compared: 9, combinations: { '': 1 }, skipped: { aborted: 1 } }),
          aTally({ arm: 'service' }),
        ],
        clusters: [
          aCluster('header', 'header:etag', {
            judgement: { word: 'ignored', at: dawn, until: dawn + 1, who: 'ada', reason: null },
          }),
          aCluster('order', '$.tags', { judgement: { word: 'accepted', at: dawn, who: 'ada', reason: 'yes' } }),
        ],
      }),
    ];
    const json = JSON.parse(JSON.stringify(jsonReport(reported(evidence))));
    expect(() => reportSchema.parse(json)).not.toThrow();
  });

  it('is documented, key by key', () => {
    const page = readFileSync(new URL('../../docs/reports.md', import.meta.url), 'utf8').split('## As JSON')[1]!;
    const documented = [...page.matchAll(/^\| `([\w.[\]]+)` \|/gm)].map(([, key]) => key!);
    const routeKeys = new Set(keysOf(reportSchema).filter((key) => key.startsWith('routes[].')));
    // Counts of an arm and clusters that are not judged are like those of the route: the page says that once.
    const repeated = [...routeKeys].filter((key) => /^routes\[\]\.(?:arms\[\]\.(?!arm$)|notJudged\[\]\.)/.test(key));
    expect(documented.toSorted()).toEqual(
      keysOf(reportSchema)
        .filter((key) => !repeated.includes(key))
        .toSorted(),
    );
  });
});

describe('the report as Markdown', () => {
  it('has a table of the routes and one of the clusters', () => {
    const markdown = markdownReport(three);
    expect(markdown).toContain('### Shadow report: 1 of 3 routes ready');
    expect(markdown).toContain('| `order-read` | ❌ not ready | 3,162 | 110 | 4.1 % |');
    expect(markdown).toMatch(
      /\| `[0-9a-f]{8}` \| value \| `\$\.total` \| 96 \| 3 % \| `12\.5` \| `12\.49` \| second look: 96 persistent, 4 a race \|/,
    );
  });

  it('lets nothing out of its cell or into the page', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 80 }), fc.constantFrom(...hostile)), (text) => {
        for (const written of [code(text), prose(text)]) {
          expect(written).not.toMatch(/[|\n\r\u202e\u0000]/);
          expect(written.replace(/<\/?code>|<!-- -->/g, '')).not.toMatch(/[<>]/);
        }
        expect(code(text)).toMatch(/^(?:`[^`]+`|<code>[^<`]*<\/code>)$/u);
        expect(prose(text)).not.toMatch(/[`*_[\]\\]|(?<![\w.])@\w|:\/\//);
      }),
    );
  });
});

describe('the report for JUnit', () => {
  it('fails what is not ready, skips what is too little, and passes the rest', () => {
    const xml = junitReport(three, false);
    expect(xml).toContain('tests="3" failures="1" errors="0" skipped="1"');
    expect(xml).toMatch(
      /<testcase classname="orders" name="order-read" time="0">\n\s*<failure message="not ready: at most 4\.1 %/,
    );
    expect(xml).toMatch(/name="payment-read" time="0">\n\s*<skipped message="too little/);
  });

  it('fails what is too little as well where every route must be ready', () => {
    expect(junitReport(three, true)).toContain('failures="2" errors="0" skipped="0"');
  });

  it('stays XML whatever is in it', () => {
    const inside = fc.array(fc.oneof(fc.string({ unit: 'binary', maxLength: 60 }), fc.constantFrom(...hostile)), {
      maxLength: 4,
    });
    fc.assert(
      fc.property(inside, (patterns) => {
        const clusters = patterns.map((pattern) => aCluster('value', pattern, { examples: [anExample()] }));
        const xml = junitReport(reported([anEvidence({ route: patterns[0] ?? 'x', clusters })]), true);
        expect(xml).not.toMatch(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u);
        const tags = [...xml.matchAll(/<[^>]*>/g)].map(([tag]) => tag.replace(/"[^"<]*"/g, '""'));
        expect(tags.every((tag) => /^<[?/]?[a-z-]+(?: [a-z]+="")*[?/]?>$/.test(tag))).toBe(true);
        expect(xml.replace(/<[^>]*>/g, '')).not.toMatch(/[<>"]|&(?!(?:amp|lt|gt|quot|apos);)/);
      }),
    );
  });
});
