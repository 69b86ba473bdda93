import { join } from 'node:path';
import type { Started } from '../processes.ts';
import { startProxy, startTarget } from '../stage.ts';

/** How the service behind a proxy behaves; `none` is a proxy that shadows nothing. */
export type Manner = 'none' | 'answer' | 'hang' | 'reset' | 'flood';

/** A proxy that shadows all of its one route, and the service that gets the copies. */
export interface Shadowed {
  readonly manner: Manner;
  readonly port: number;
  readonly pid: number;
  /** Requests that were answered so far, and those of them that were compared, by the proxy's own metrics. */
  counts(): Promise<{ readonly requests: number; readonly compared: number }>;
}

export const path = '/api/order/42';

/** One legacy for all of them: the callers of each are answered by the same program. */
export async function startStage(
  manners: readonly Manner[],
  folder: string,
  started: Started[],
): Promise<readonly Shadowed[]> {
  const legacyPort = await startTarget(started);
  const all: Shadowed[] = [];
  for (const [i, manner] of manners.entries())
    all.push(await startShadowed(manner, legacyPort, join(folder, `${i}-${manner}`), started));
  return all;
}

async function startShadowed(
  manner: Manner,
  legacyPort: number,
  folder: string,
  started: Started[],
): Promise<Shadowed> {
  const servicePort = await startTarget(started, manner === 'none' ? 'answer' : manner);
  const { port, adminPort, pid } = await startProxy(
    started,
    folder,
    `state: sqlite:state.db
legacy: { url: "http://127.0.0.1:${legacyPort}" }
services:
  orders: { url: "http://127.0.0.1:${servicePort}" }
caller: [cookie:session]
routes:
  - { id: order-read, match: "GET /api/order/:id", service: orders, percent: 0, shadow: { percent: ${manner === 'none' ? 0 : 100} } }
`,
  );
  return { manner, port, pid, counts: () => countsOf(adminPort) };
}

async function countsOf(adminPort: number): Promise<{ requests: number; compared: number }> {
  // Between two questions statistics keep this loop from hearing that the proxy has closed an idle connection.
  const answer = await fetch(`http://127.0.0.1:${adminPort}/metrics`, { headers: { Connection: 'close' } });
  const text = await answer.text();
  const sum = (line: RegExp): number => [...text.matchAll(line)].reduce((total, [, count]) => total + Number(count), 0);
  return {
    requests: sum(/^strangler_requests_total\{.*\} (\d+)/gm),
    compared: sum(/^strangler_shadow_total\{.*outcome="compared".*\} (\d+)/gm),
  };
}
