import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { settingsFor, startProxy } from '../support/proxy.ts';

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

test.skipIf(!isThere)(
  'passes every must and policy case of the corpus, and all but two of the others',
  {
    timeout: 180_000,
  },
  async () => {
    const legacyPort = await freePort();
    const proxy = await startProxy(settingsFor(legacyPort));
    onTestFinished(() => proxy.close());

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

/** The runner brings its own target and wants to be told where it shall listen. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}
