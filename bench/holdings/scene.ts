import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { program, root, temporaryFolder } from '../places.ts';
import { freePort, type Started, startServer } from '../processes.ts';

/** One proxy, with a target for plain requests and one for WebSockets. */
export interface Scene {
  readonly port: number;
  readonly pid: number;
  readonly targetPort: number;
  /** Of the proxy's inspector. */
  readonly inspectorPort: number;
  stop(): Promise<void>;
}

export interface Finding {
  readonly what: string;
  readonly figure: string;
}

export async function setScene(): Promise<Scene> {
  const started: Started[] = [];
  const stop = async () => {
    for (const one of started.splice(0).reverse()) await one.stop();
  };
  try {
    const [targetPort, socketPort, port, adminPort, inspectorPort] = await fivePorts();
    const node = process.execPath;
    started.push(await startServer({ file: node, args: [program('target'), String(targetPort)] }, targetPort));
    started.push(
      await startServer({ file: node, args: [program('websocket-target'), String(socketPort)] }, socketPort),
    );
    const file = join(temporaryFolder(), 'routes.yaml');
    await writeFile(
      file,
      `version: 1
listen: { host: 127.0.0.1, port: ${port} }
admin: { host: 127.0.0.1, port: ${adminPort} }
state: sqlite:state.db
legacy: { url: "http://127.0.0.1:${targetPort}" }
services:
  ticker: { url: "http://127.0.0.1:${socketPort}" }
  orders: { url: "http://127.0.0.1:${targetPort}", writes: shared }
caller: [cookie:session]
routes:
  - { id: ticks, match: GET /ticker, service: ticker, percent: 100 }
  - { id: all, match: /api/*, service: orders, percent: 50 }
`,
    );
    const inspect = `--inspect=127.0.0.1:${inspectorPort}`;
    const args = [inspect, join(root, 'bin/strangler.js'), 'start', '-c', file];
    const proxy = await startServer({ file: node, args }, port);
    started.push(proxy);
    return { port, pid: proxy.pid, targetPort, inspectorPort, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function fivePorts(): Promise<[number, number, number, number, number]> {
  return [await freePort(), await freePort(), await freePort(), await freePort(), await freePort()];
}
