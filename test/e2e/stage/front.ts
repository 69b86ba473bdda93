import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { end, launch } from './child.ts';
import { makePlace } from './place.ts';

const command = join(import.meta.dirname, '../../../bin/strangler.js');

export interface Front {
  readonly port: number;
  readonly url: string;
  /** Requests and tunnels under way, as the proxy's own metrics tell. */
  inFlight(): Promise<number>;
  /** Stops the proxy, and fails where it didn't end well or had something to complain about. */
  close(): Promise<void>;
}

export interface FrontOptions {
  readonly trust?: readonly string[];
}

interface LogLine {
  readonly level: string;
  readonly event?: string;
  readonly url?: string;
  readonly admin?: string;
}

/** The proxy as a team has it on day one: started by its command, everything to legacy, its defaults for the rest. */
export async function inFrontOf(port: number, more: FrontOptions = {}): Promise<Front> {
  if (!existsSync(join(import.meta.dirname, '../../../dist/src/cli/main.js'))) throw new Error('npm run build first');
  const place = makePlace('front');
  const file = place.of('routes.yaml');
  writeFileSync(
    file,
    [
      'version: 1',
      `listen: { port: 0, trust: ${JSON.stringify(more.trust ?? [])} }`,
      'admin: { port: 0 }',
      'state: memory',
      `legacy: { url: http://127.0.0.1:${port} }`,
      '',
    ].join('\n'),
  );
  const child = launch(process.execPath, [command, 'start', '--json', '-c', file]);
  const ended = once(child, 'close');
  const complaints: string[] = [];
  const lines = createInterface({ input: child.stderr! });
  const started = new Promise<LogLine>((resolve, reject) => {
    lines.on('line', (line) => {
      const told = parse(line);
      if (told?.event === 'proxy.started') resolve(told);
      if (told?.level !== 'info') complaints.push(line);
    });
    lines.once('close', () => reject(new Error(`the proxy did not start:\n${complaints.join('\n')}`)));
  });
  const { url, admin } = (await started) as { url: string; admin: string };
  return {
    url,
    port: Number(new URL(url).port),
    async inFlight() {
      const text = await (await fetch(`${admin}/metrics`)).text();
      return [...text.matchAll(/^strangler_in_flight\{.*\} (\d+)$/gm)].reduce(
        (sum, [, count]) => sum + Number(count),
        0,
      );
    },
    async close() {
      await end(child, ended);
      place.remove();
      if (child.exitCode !== 0 || complaints.length > 0)
        throw new Error(`the proxy ended with ${child.exitCode} and said:\n${complaints.join('\n')}`);
    },
  };
}

function parse(line: string): LogLine | null {
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return null;
  }
}
