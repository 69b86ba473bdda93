import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type SelfDifference, signatureOf, type Tally, windowSpan } from '../../src/domain/evidence.ts';
import type { LiveRoute } from '../../src/domain/live.ts';
import { emptyWindow } from '../../src/domain/merge-evidence.ts';
import { defaultEvidence } from '../../src/domain/shadow.ts';
import type { Evidence, State } from '../../src/ports.ts';
import { openState } from '../../src/state/open.ts';
import { openEvidence } from '../../src/state/open-evidence.ts';
import { type Folder, ordersFolder, type Ran } from './strangler.ts';

const routes = `  - id: order-read
    match: GET /api/orders/:id
    service: orders
    percent: 0
    group: reads   # with the lists
  - id: order-write
    match: POST /api/orders
    service: orders
    percent: 0
`;

const clock = { now: Date.now };
const compiled = (worker: string) => new URL(`../../dist/src/state/${worker}.js`, import.meta.url);

let f: Folder;
let text: string;
let state: State;
let evidence: Evidence;

beforeEach(async () => {
  ({ f, text } = await ordersFolder(routes));
  const location = { kind: 'sqlite', path: join(f.path, '.strangler', 'state.db') } as const;
  state = await openState(location, clock, compiled('sqlite-worker'));
  evidence = await openEvidence(location, defaultEvidence, clock, compiled('evidence-worker'));
});

afterEach(async () => {
  await Promise.all([state.close(), evidence.close()]);
  await f.remove();
});

/** Resolves when the proxies of this state are told to calibrate, or told to end it, or have been. */
function calibrating(wanted: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = (rows: readonly LiveRoute[]) => {
      const until = rows.find(({ route }) => route === 'order-read')?.calibrateUntil ?? 0;
      if (until > Date.now() !== wanted) return;
      stop();
      resolve();
    };
    const stop = state.watch(look);
    // Nobody is told of what was so before.
    state.read().then(look).catch(reject);
  });
}

/** Starts a calibration, and hands it over when the proxies of this state have been told. */
async function started(...args: string[]): Promise<{ readonly ended: Promise<Ran> }> {
  const ended = f.run('shadow', 'calibrate', 'order-read', ...args);
  const early = ended.then(({ err }) => Promise.reject(new Error(`it ended at once: ${err}`)));
  await Promise.race([calibrating(true), early]);
  early.catch(() => {});
  return { ended };
}

/** What a proxy would have counted. */
async function record(pairs: number, ...differing: SelfDifference[]): Promise<void> {
  const tally: Tally = {
    ...emptyWindow,
    route: 'order-read',
    fingerprint: 'f00d',
    service: 'orders',
    arm: 'legacy',
    window: Math.floor(Date.now() / windowSpan) * windowSpan,
    urls: [],
    callers: [],
    noise: {
      pairs,
      differing: Object.fromEntries(differing.map((each) => [signatureOf(each.kind, each.pattern), each])),
    },
  };
  await evidence.record({ tallies: [tally], clusters: [] });
}

function differs(pattern: string, count: number, facts: Partial<SelfDifference> = {}): SelfDifference {
  return { kind: 'value', pattern, count, milliseconds: null, distance: null, percent: null, ...facts };
}

describe('shadow calibrate with a proxy', () => {
  it('has that ask legacy twice while callers get their answers, and finds what differs by nature', async () => {
    let answers = 0;
    const legacy = createServer((_request, response) => {
      answers += 1;
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({ id: 42, requestId: `r-${answers}-${Math.random()}`, at: new Date().toISOString() }),
      );
    });
    legacy.listen(0, '127.0.0.1');
    await once(legacy, 'listening');
    onTestFinished(() => void legacy.close());
    const { port } = legacy.address() as AddressInfo;
    await f.write(`listen: { port: 0 }\n${text}`.replace('http://127.0.0.1:1 ', `http://127.0.0.1:${port} `));
    const proxy = await f.start();

    const { ended } = await started('--pairs', '20', '--for', '1m', '--write');
    let over = false;
    void ended.then(() => {
      over = true;
    });
    while (!over) expect((await fetch(`${proxy.url}/api/orders/42`)).status).toBe(200);
    const { code, out } = await ended;
    expect(code).toBe(0);
    expect(out).toMatch(
      /^`\$\.requestId` differs between two calls to legacy itself in 100 % of \d+ pairs: suggested `ignore`$/m,
    );
    expect(out).not.toContain('`$.id`');
    const { event } = await proxy.event('reload.applied');
    expect(event).toBe('reload.applied');
    expect(await f.read()).toContain('      ignore:\n        - $.requestId\n');
  });
});

describe('shadow calibrate', () => {
  it('has legacy asked twice, says what differs by itself and proposes rules, and ends it', async () => {
    await record(1_000, differs('$.before', 1_000));
    const { ended } = await started('--pairs', '300');
    await record(200, differs('$.requestId', 200), differs('$.at', 150, { milliseconds: 400 }));
    await record(112, differs('$.requestId', 112), differs('$.tags', 9, { kind: 'order' }));
    const { code, out, err } = await ended;
    expect(err).toBe('legacy is asked a second time for GETs and HEADs of order-read, for at most 2m\n');
    expect(out.trimEnd().split('\n')).toEqual([
      '`$.requestId` differs between two calls to legacy itself in 100 % of 312 pairs: suggested `ignore`',
      '`$.at` differs between two calls to legacy itself in 48.1 % of 312 pairs: suggested `tolerance` ±1s',
      '`$.tags` is in another order in two calls to legacy itself in 2.9 % of 312 pairs: suggested `unordered`',
      '',
      'for the shadow of order-read in routes.yaml (--write puts it there):',
      '    shadow:',
      '      ignore:',
      '        - $.requestId',
      '      tolerance:',
      '        $.at: ±1s',
      '      unordered:',
      '        - $.tags',
    ]);
    expect(code).toBe(0);
    await calibrating(false);
    expect(await f.read()).toBe(text);
  });

  it('with --write puts the rules where they were said to belong', async () => {
    const { ended } = await started('--pairs', '50', '--write');
    await record(50, differs('$.requestId', 50));
    const { code, err } = await ended;
    expect([code, err]).toEqual([
      0,
      expect.stringContaining('routes.yaml has 1 rule more; evidence of order-read begins anew with them'),
    ]);
    const rules = '    shadow:\n      percent: 0\n      ignore:\n        - $.requestId\n';
    expect(await f.read()).toBe(text.replace('    percent: 0\n    group', `    percent: 0\n${rules}    group`));
    expect((await f.run('validate')).code).toBe(0);
  });

  it('says that no rule is needed where nothing differs', async () => {
    const { ended } = await started('--pairs', '50', '--write');
    await record(60);
    expect((await ended).out).toBe('legacy agrees with itself in all of 60 pairs: order-read needs no rule\n');
    expect(await f.read()).toBe(text);
  });

  it('answers no, and writes nothing, when there were fewer pairs than were asked for', async () => {
    const { ended } = await started('--pairs', '50', '--for', '3s', '--write');
    await record(20, differs('$.requestId', 20));
    const { code, out, err } = await ended;
    expect(code).toBe(1);
    expect(out).toContain('in 100 % of 20 pairs');
    expect(err).toMatch(
      /there were only 20 of 50 pairs: --for waits longer, --pairs asks for fewer\nnothing was written\n$/,
    );
    expect(await f.read()).toBe(text);
  });

  it('ends by Ctrl-C with what it has seen until then', async () => {
    const { ended, interrupt } = f.runUntilInterrupted('shadow', 'calibrate', 'order-read', '--pairs', '50');
    await calibrating(true);
    await record(20, differs('$.requestId', 20));
    interrupt();
    const { code, out, err } = await ended;
    expect([code, err]).toEqual([1, expect.stringContaining('there were only 20 of 50 pairs')]);
    expect(out).toContain('in 100 % of 20 pairs: suggested `ignore`');
    await calibrating(false);
  });

  it('says why nothing arrives', async () => {
    const { code, out, err } = await f.run('shadow', 'calibrate', 'order-read', '--for', '6s');
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(/nothing has arrived yet, and no proxy answers at http:\/\/127\.0\.0\.1:\d+: does one run\?/);
    expect(err).toContain('there was no pair');
  });

  it('prints JSON for programs', async () => {
    const { ended } = await started('--pairs', '50', '--json');
    await record(50, differs('$.requestId', 50));
    expect(JSON.parse((await ended).out)).toEqual({
      route: 'order-read',
      pairs: 50,
      wanted: 50,
      differences: [
        {
          kind: 'value',
          pattern: '$.requestId',
          count: 50,
          sentence: expect.stringContaining('suggested `ignore`'),
          rule: { kind: 'ignore', at: '$.requestId' },
        },
      ],
      rules: [{ kind: 'ignore', at: '$.requestId' }],
      yaml: 'ignore:\n  - $.requestId',
    });
  });

  it('refuses a service with several routes, and a route that only writes', async () => {
    const service = await f.run('shadow', 'calibrate', 'orders');
    expect([service.code, service.err]).toEqual([1, expect.stringContaining('name one of order-read, order-write')]);
    const write = await f.run('shadow', 'calibrate', 'order-write');
    expect([write.code, write.err]).toEqual([1, expect.stringContaining('takes no GET and no HEAD')]);
  });

  it('refuses a route of which legacy is asked nothing', async () => {
    await f.run('shift', 'order-read', '100');
    const { code, err } = await f.run('shadow', 'calibrate', 'order-read');
    expect([code, err]).toEqual([1, expect.stringContaining('orders answers all callers of order-read')]);
    expect(err).toContain('strangler shadow order-read 100');
  });

  it('takes the file that is named before its own name too', async () => {
    const { code, err } = await f.run('shadow', '-c', 'other.yaml', 'calibrate', 'order-read');
    expect([code, err]).toEqual([1, expect.stringContaining('other.yaml:1:1')]);
  });

  it.each([[['--pairs', '0']], [['--for', '0']], [['--for', '2']]])('takes %j for wrong usage', async (args) => {
    expect((await f.run('shadow', 'calibrate', 'order-read', ...args)).code).toBe(2);
  });
});
