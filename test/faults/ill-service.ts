import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Certificate } from '../support/certificate.ts';

const program = fileURLToPath(new URL('./programs/service.mjs', import.meta.url));

/** A service in a process of its own that can be made ill in every way, and well again on the same port. */
export class IllService {
  port = 0;
  #process: ChildProcess | null = null;
  /** Connections that nobody accepts: they leave no room for others. */
  readonly #fillers: Socket[] = [];

  static async start(certificate: Certificate | null = null): Promise<IllService> {
    const service = new IllService();
    await service.#spawn();
    if (certificate !== null) await service.present(certificate);
    return service;
  }

  /** Does this to every request from now on; `well` answers them. */
  async turn(fault: string): Promise<void> {
    await this.#tell({ fault }, ({ fault: told }) => told === fault);
  }

  /** Speaks TLS, with this certificate. */
  async present({ cert, key }: Certificate): Promise<void> {
    await this.#tell({ certificate: { cert, key } }, ({ port }) => port === this.port);
  }

  async kill(): Promise<void> {
    const gone = once(this.#process!, 'exit');
    this.#process!.kill('SIGKILL');
    await gone;
    this.#process = null;
  }

  /** After a kill. */
  async revive(): Promise<void> {
    await this.#spawn();
  }

  stop(): void {
    this.#process!.kill('SIGSTOP');
  }

  continue(): void {
    this.#process!.kill('SIGCONT');
  }

  async refuse(): Promise<void> {
    await this.#tell({ listen: false }, ({ port }) => port === null);
  }

  async listen(): Promise<void> {
    await this.#tell({ listen: true }, ({ port }) => port === this.port);
  }

  /** The kernel answers nobody who wants to connect: the queue of those whom the process does not accept is full. */
  async blackHole(): Promise<void> {
    await this.#tell({ backlog: 1 }, ({ port }) => port === this.port);
    this.stop();
    for (let filled = true; filled; ) filled = await this.#fill();
  }

  async leaveBlackHole(): Promise<void> {
    for (const filler of this.#fillers.splice(0)) filler.destroy();
    this.continue();
    await this.listen();
  }

  async end(): Promise<void> {
    for (const filler of this.#fillers.splice(0)) filler.destroy();
    if (this.#process !== null) await this.kill();
  }

  /** Whether the kernel took one more. */
  async #fill(): Promise<boolean> {
    const filler = connect(this.port, '127.0.0.1');
    filler.on('error', () => {});
    this.#fillers.push(filler);
    const patience = AbortSignal.timeout(300);
    return once(filler, 'connect', { signal: patience }).then(
      () => true,
      () => false,
    );
  }

  async #spawn(): Promise<void> {
    this.#process = fork(program, [String(this.port)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    for (;;) {
      const [told] = (await once(this.#process, 'message')) as [Told];
      if (typeof told.port !== 'number') continue;
      this.port = told.port;
      return;
    }
  }

  async #tell(message: object, isDone: (told: Told) => boolean): Promise<void> {
    this.#process!.send(message);
    for (;;) {
      const [told] = (await once(this.#process!, 'message')) as [Told];
      if (isDone(told)) return;
    }
  }
}

interface Told {
  readonly port?: number | null;
  readonly fault?: string;
}
