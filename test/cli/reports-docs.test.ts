/**
 * The examples of docs/reports.md are run. After a change that is meant:
 * `UPDATE_DOCS=1 npx vitest run test/cli/reports-docs.test.ts` writes what they print now into the page.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { clusterId, signatureOf } from '../../src/domain/evidence.ts';
import { aCluster } from '../report/an-evidence.ts';
import { freePort } from '../support/free-port.ts';
import { aBatch, fingerprintsOf, lately, record } from './recorded.ts';
import { type Folder, folder } from './strangler.ts';

const pageUrl = new URL('../../docs/reports.md', import.meta.url);
const page = readFileSync(pageUrl, 'utf8');

/** The page names clusters by what they are, since that says more than an id. */
const ids: Readonly<Record<string, string>> = {
  '$.total': clusterId('order-read', 'value', '$.total'),
  '$.note': clusterId('order-read', 'missing', '$.note'),
};

let f: Folder;
let port: number;

beforeAll(async () => {
  f = await folder();
  port = await freePort();
  await f.write(/```yaml\n(.*?)```/s.exec(page)![1]!.replaceAll('9090', String(port)));
  const fingerprint = (await fingerprintsOf(f)).get('order-read')!;
  const { tallies, clusters } = aBatch(fingerprint);
  const seen = { fingerprint, count: 372, firstSeen: lately(), lastSeen: lately() + 20_000 };
  const { judgement: _none, ...requestId } = aCluster('value', '$.requestId', seen);
  const tally = {
    ...tallies[0]!,
    eligible: tallies[0]!.eligible + 4,
    serviceFailed: 4,
    matched: tallies[0]!.matched - 372,
    combinations: { ...tallies[0]!.combinations, [requestId.id]: 372 },
    noise: {
      pairs: 312,
      differing: {
        [signatureOf('value', '$.requestId')]: {
          kind: 'value',
          pattern: '$.requestId',
          count: 37,
          milliseconds: null,
          distance: null,
          percent: null,
        },
      },
    },
  } as const;
  await record(f, { tallies: [tally], clusters: [...clusters, requestId] });
});

afterAll(() => f.remove());

it('docs/reports.md shows what the commands print', async () => {
  const shown: string[] = [];
  let from = 0;
  for (const block of page.matchAll(/```console\n(.*?)```/gs)) {
    const printed: string[] = [];
    for (const [line, command] of block[1]!.matchAll(/^\$ strangler (.*)$/gm)) {
      const { out, err } = await f.run(...wordsOf(command!));
      printed.push(
        line,
        ...timeless(out + err)
          .trimEnd()
          .split('\n'),
        '',
      );
    }
    shown.push(page.slice(from, block.index), `\`\`\`console\n${printed.join('\n').trimEnd()}\n\`\`\``);
    from = block.index + block[0].length;
  }
  shown.push(page.slice(from));
  if (process.env.UPDATE_DOCS === '1') writeFileSync(pageUrl, shown.join(''));
  else expect(shown.join('')).toBe(page);
});

function wordsOf(command: string): string[] {
  const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
  return words.map((word) => ids[word] ?? word);
}

/** What differs from run to run, as the page writes it. */
function timeless(text: string): string {
  return text
    .replaceAll(String(port), '9090')
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ/g, '2026-01-31 09:30:00Z')
    .replace(/\d{4}-\d\d-\d\d(?! \d\d:)/g, '2026-02-14');
}
