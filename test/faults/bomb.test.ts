/** A service whose answers grow without measure when they are unpacked. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import type { StartedProxy } from '../support/process.ts';
import { ask } from './load.ts';
import { type Stage, stage } from './stage.ts';

const shadowed = '{ id: read, match: "GET /orders/:id", service: orders, percent: 0, shadow: { percent: 100 } }';
const unpacked = 50 * 1024 * 1024;

/** Sends requests until so many have been compared: a busy machine sheds copies. */
async function serveUntil(at: Stage, proxy: StartedProxy, compared: number): Promise<void> {
  const sendSome = async (): Promise<number> => {
    for (let i = 0; i < 20; i++) {
      const { status, body } = await ask(new URL(`/orders/${i}`, proxy.url));
      expect([status, body]).toEqual([200, '{"n":1}']);
    }
    return (await evidence(at)).compared;
  };
  await expect.poll(sendSome, { timeout: 60_000 }).toBeGreaterThanOrEqual(compared);
}

async function evidence(at: Stage) {
  const { out } = await at.run('report', '--json');
  return JSON.parse(out).routes[0] ?? { compared: 0 };
}

/** The most memory that the process ever had, in bytes; null where the system doesn't tell. */
function mostMemory({ pid }: StartedProxy): number | null {
  if (process.platform !== 'linux') return null;
  const [, kibibytes] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!;
  return Number(kibibytes) * 1024;
}

it('reports a gzip bomb of 50 MiB as a mismatch of its size, beside those of the head, and never unpacks it', async () => {
  const at = await stage();
  const bomb = gzipSync(Buffer.alloc(unpacked));
  const good = (response: Parameters<Stage['legacy']['answer']>[1]) =>
    response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"n":1}');
  at.legacy.answer = (_request, response) => good(response);
  at.orders.answer = (_request, response) => good(response);
  await at.write(at.yaml([shadowed]));
  const proxy = await at.start();
  await serveUntil(at, proxy, 30);
  const before = mostMemory(proxy);
  at.orders.answer = (_request, response) =>
    response.writeHead(203, { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' }).end(bomb);
  await serveUntil(at, proxy, 60);
  const after = mostMemory(proxy);
  const { skipped, clusters } = await evidence(at);
  expect(clusters.map(({ kind, pattern }: { kind: string; pattern: string }) => `${kind} ${pattern}`).sort()).toEqual([
    'size body',
    'status status',
  ]);
  expect(skipped).not.toHaveProperty('undecodable');
  if (before !== null && after !== null) expect(after - before).toBeLessThan(unpacked);
});
