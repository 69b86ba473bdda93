import { program, temporaryFolder } from '../places.ts';
import { freePort, type Started, startServer } from '../processes.ts';
import { startProxy, startTarget } from '../stage.ts';

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
    const targetPort = await startTarget(started);
    const socketPort = await freePort();
    const sockets = { file: process.execPath, args: [program('websocket-target'), String(socketPort)] };
    started.push(await startServer(sockets, socketPort));
    const inspectorPort = await freePort();
    const { port, pid } = await startProxy(
      started,
      temporaryFolder(),
      `state: sqlite:state.db
legacy: { url: "http://127.0.0.1:${targetPort}" }
services:
  ticker: { url: "http://127.0.0.1:${socketPort}" }
  orders: { url: "http://127.0.0.1:${targetPort}", writes: shared }
caller: [cookie:session]
routes:
  - { id: ticks, match: GET /ticker, service: ticker, percent: 100 }
  - { id: all, match: /api/*, service: orders, percent: 50 }
`,
      [`--inspect=127.0.0.1:${inspectorPort}`],
    );
    return { port, pid, targetPort, inspectorPort, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
