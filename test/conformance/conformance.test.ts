import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { mirroredFront } from '../shadow/mirrored-front.ts';
import { freePort } from '../support/free-port.ts';
import { instanceUrl, settingsFor, startProxy, type TestProxy, targetSettings } from '../support/proxy.ts';
import { RawTarget } from '../support/raw-target.ts';

/** The corpus is kept beside the repository, for every proxy to be measured with. */
const runner = fileURLToPath(new URL('../../../shared/conformance/run.mjs', import.meta.url));
const isThere = existsSync(runner);
// As in CI, where nothing is left out unnoticed.
if (!isThere && process.env.STRANGLER_E2E === 'required') throw new Error(`no conformance corpus at ${runner}`);
if (!isThere) console.warn(`SKIPPED: the conformance corpus is not at ${runner}`);

interface Result {
  readonly id: string;
  readonly level: 'must' | 'should' | 'policy';
  readonly pass: boolean;
  readonly reasons: readonly string[];
}

test.skipIf(!isThere).each([
  ['by itself', startAlone],
  ['while every request is shadowed', startShadowing],
  ['with every policy on', startProtected],
])(
  '%s it passes every must and policy case of the corpus, and all but two of the others',
  {
    timeout: 180_000,
  },
  async (_name, start) => {
    const legacyPort = await freePort();
    const proxy = await start(legacyPort);

    const results = await runCorpus(proxy.url, legacyPort);

    const failed = (levels: readonly Result['level'][]) =>
      results
        .filter(({ level, pass }) => !pass && levels.includes(level))
        .map(({ id, reasons }) => `${id}: ${reasons.join('; ')}`);
    expect(failed(['must', 'policy'])).toEqual([]);
    expect(failed(['should']).length, failed(['should']).join('\n')).toBeLessThanOrEqual(2);
    expect(results.length).toBeGreaterThanOrEqual(117);
  },
);

async function startAlone(legacyPort: number): Promise<TestProxy> {
  const proxy = await startProxy(settingsFor(legacyPort));
  onTestFinished(() => proxy.close());
  return proxy;
}

/** The corpus' own target errs in every way, which only a circuit that bears it lets through to be looked at. */
async function startProtected(legacyPort: number): Promise<TestProxy> {
  const limits = { headers: 65_536, path: 8_192, headerCount: 200, concurrent: 10_000, lag: 1_000 };
  const proxy = await startProxy(
    settingsFor(legacyPort, {
      listen: { limits },
      legacy: {
        balance: 'least-pending',
        slowStart: 10_000,
        // A GET that is answered by nobody is asked again, and again: it is the total that bounds how long its caller waits.
        timeout: { connect: 2_000, response: 2_000, idle: 2_000, total: 2_000 },
        ejection: { failures: 5, time: 30_000, longest: 300_000, most: 10 },
        circuit: { failures: 10_000, rate: 100, window: 10_000, volume: 10_000, reset: 30_000 },
        bulkhead: { concurrent: 100, queue: 50, wait: 1_000 },
        retry: {
          attempts: 3,
          backoff: { first: 10, longest: 50 },
          budget: 20,
          floor: 3,
          methods: ['GET', 'HEAD', 'OPTIONS'],
          on: [502, 503, 504],
        },
      },
    }),
  );
  onTestFinished(() => proxy.close());
  return proxy;
}

/** The service answers what nobody asked for; the methods that write are copied to it as well. */
async function startShadowing(legacyPort: number): Promise<TestProxy> {
  const service = await RawTarget.start((exchange) => exchange.reply(203, 'not for callers', ['X-Not: for callers']));
  onTestFinished(() => service.close());
  const methods = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'DELETE', 'PATCH', 'PROPFIND', 'REPORT', 'MKCOL'];
  const { proxy, endings } = await mirroredFront({
    legacy: { urls: [instanceUrl(legacyPort)] },
    services: [targetSettings('orders', service.port)],
    shadow: { methods, writes: { mode: 'url', url: instanceUrl(service.port) } },
  });
  onTestFinished(() => expect(endings.pairs.length).toBeGreaterThan(50));
  return proxy;
}

async function runCorpus(url: string, legacyPort: number): Promise<readonly Result[]> {
  const folder = await mkdtemp(join(tmpdir(), 'conformance-'));
  try {
    const report = join(folder, 'report.json');
    const args = ['--proxy', url, '--backend-port', String(legacyPort), '--json', report];
    const child = spawn(process.execPath, [runner, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill());
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    // 1 says that a case failed, which the report tells better; anything else, that there is no report.
    if (code !== 0 && code !== 1) throw new Error(`the runner ended with ${code}:\n${output.slice(-2_000)}`);
    const { results } = JSON.parse(await readFile(report, 'utf8')) as { results: Result[] };
    return results;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
