/** What a bench of our own puts up: targets, and a proxy of this build before them. */
import { mkdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Machine } from './machine.ts';
import { program, root } from './places.ts';
import { freePort, type Started, startServer } from './processes.ts';

export interface StageOptions {
  readonly rounds: number;
  readonly seconds: number;
  readonly machine: Machine;
  readonly folder: string;
  readonly progress: (line: string) => void;
}

/** Started, and on `started`, whose members whoever has it stops. */
export interface StagedProxy {
  readonly port: number;
  readonly adminPort: number;
  readonly pid: number;
}

/** Returns its port. `manner` is how it behaves: see `programs/target.ts`. */
export async function startTarget(started: Started[], manner = 'answer'): Promise<number> {
  const port = await freePort();
  started.push(await startServer({ file: process.execPath, args: [program('target'), String(port), manner] }, port));
  return port;
}

/**
 * @param routes routes.yaml from its `state:` on.
 * @param node arguments for node itself.
 */
export async function startProxy(
  started: Started[],
  folder: string,
  routes: string,
  node: readonly string[] = [],
): Promise<StagedProxy> {
  mkdirSync(folder, { recursive: true });
  const [port, adminPort] = [await freePort(), await freePort()];
  const file = join(folder, 'routes.yaml');
  const listening = `version: 1
listen: { host: 127.0.0.1, port: ${port} }
admin: { host: 127.0.0.1, port: ${adminPort} }
`;
  await writeFile(file, `${listening}${routes}`);
  const args = [...node, join(root, 'bin/strangler.js'), 'start', '-c', file];
  const { pid, stop } = await startServer({ file: process.execPath, args }, port);
  started.push({ pid, stop });
  return { port, adminPort, pid };
}
