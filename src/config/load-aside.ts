import { stat } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import type { Environment } from './environment.ts';
import { digestOfFiles } from './file.ts';
import { type Loaded, loadSettings } from './load.ts';

export interface Order {
  readonly file: string;
  readonly env: Environment;
}

/** ms; what has not been read by then is no table that anybody wrote. */
const patience = 30_000;
/** A table of 50,000 routes takes a third of this. */
const mostMegabytes = 512;

/** Bytes: some two hundred routes. Reading less takes less of the main thread than the start of another one. */
const smallFile = 16 * 1024;

/**
 * Reads and validates a file like `loadSettings`, a large one in a thread of its own: a table of a thousand routes
 * takes a quarter of a second, a file that is a mistake takes several, and every request would have to wait for it.
 */
export async function loadAside(file: string, env: Environment): Promise<Loaded> {
  const size = await stat(file).then(
    (stats) => stats.size,
    () => 0,
  );
  return size <= smallFile ? loadSettings(file, env) : loadInThread(file, env);
}

function loadInThread(file: string, env: Environment): Promise<Loaded> {
  return new Promise((resolve) => {
    const order: Order = { file, env: { ...env } };
    const worker = new Worker(script(), {
      workerData: order,
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: mostMegabytes },
    });
    let why = `took longer than ${patience / 1000} s to read`;
    const impatience = setTimeout(() => void worker.terminate(), patience);
    // A proxy that stops does not wait for a file that it won't take up.
    impatience.unref();
    worker.unref();
    worker.once('message', (loaded: Loaded) => resolve(loaded));
    worker.once('error', (error) => {
      why = `could not be read: ${error.message}`;
    });
    worker.once('exit', () => {
      clearTimeout(impatience);
      void unread(file, why).then(resolve);
    });
  });
}

/** Run as TypeScript, in tests, this finds the built one: a thread of Node 20 reads no TypeScript. */
function script(): URL {
  const here = import.meta.url;
  return new URL(here.endsWith('.ts') ? '../../dist/src/config/load-thread.js' : './load-thread.js', here);
}

async function unread(file: string, message: string): Promise<Loaded> {
  const problem = { file, line: 1, column: 1, severity: 'error', message } as const;
  return { ok: false, problems: [problem], digest: await digestOfFiles(file, []), references: [] };
}
