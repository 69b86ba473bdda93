import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ProcessMessage } from './messages.ts';

/** How long requests under way may take once the process has been asked to stop. */
const patience = 5_000;

export interface ServedProcess {
  readonly name: string;
  readonly server: Server;
  readonly host: string;
  /** 0 asks the system for a free port. */
  readonly port: number;
  /** When no new request comes in any more: end what would never end by itself. */
  readonly draining?: () => void;
  /** When nothing is under way any more. */
  readonly stopped: () => void | Promise<void>;
}

/**
 * The life of a server process: listen, say where (to the terminal, and to whoever started it), serve, and on
 * SIGTERM or SIGINT let what is under way come to its end. Also stops when the process that started it is gone.
 */
export function serveUntilStopped({ name, server, host, port, draining, stopped }: ServedProcess): void {
  const tell = (message: ProcessMessage): void => {
    if (process.connected) process.send?.(message);
  };

  server.once('error', (error: NodeJS.ErrnoException) => {
    const why =
      error.code === 'EADDRINUSE'
        ? `port ${port} is taken; choose another with --port (0: any free one)`
        : error.message;
    console.error(`${name}: ${why}`);
    tell({ type: 'failed', why });
    process.exitCode = 1;
    draining?.();
    void Promise.resolve(stopped()).finally(() => process.disconnect?.());
  });

  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    const impatience = setTimeout(() => server.closeAllConnections(), patience).unref();
    server.close(() => {
      clearTimeout(impatience);
      void Promise.resolve(stopped()).finally(() => process.exit(0));
    });
    draining?.();
    server.closeIdleConnections();
  };

  server.listen(port, host, () => {
    const url = `http://${host}:${(server.address() as AddressInfo).port}`;
    console.log(`${name} listens on ${url}`);
    tell({ type: 'ready', url });
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
    process.on('disconnect', stop);
  });
}
