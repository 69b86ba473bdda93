import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What a network does to one direction of a connection; the words are Toxiproxy's. */
export type Toxic =
  | { readonly kind: 'latency'; readonly ms: number }
  | { readonly kind: 'bandwidth'; readonly bytesPerSecond: number }
  /** The end is passed on late. */
  | { readonly kind: 'slow_close'; readonly ms: number }
  /** Nothing is passed on, and after a while the connection is closed; 0 leaves it open. */
  | { readonly kind: 'timeout'; readonly ms: number }
  | { readonly kind: 'reset_peer'; readonly ms: number }
  | { readonly kind: 'slicer'; readonly bytes: number; readonly ms: number }
  | { readonly kind: 'limit_data'; readonly bytes: number }
  /** Nobody listens; connections under way are cut. */
  | { readonly kind: 'down' };

/** `upstream` is what the target gets, `downstream` what it says. */
export type Direction = 'upstream' | 'downstream';

export interface ToxicRelay {
  readonly port: number;
  /** Connections under way suffer too. */
  poison(toxic: Toxic, direction: Direction): Promise<void>;
  /** What was delayed is delivered at its time; a connection that was cut stays so. */
  heal(): Promise<void>;
  close(): Promise<void>;
}

interface Poison {
  readonly toxic: Toxic;
  readonly direction: Direction;
}

/** A TCP relay before a target, healthy until it is poisoned. */
export async function toxicRelay(targetPort: number): Promise<ToxicRelay> {
  let poison: Poison | null = null;
  const pairs = new Set<readonly [Socket, Socket]>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (caller) => {
    const target = connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    const pair = [caller, target] as const;
    pairs.add(pair);
    const at = (direction: Direction) => () => (poison?.direction === direction ? poison.toxic : null);
    pass(caller, target, at('upstream'));
    pass(target, caller, at('downstream'));
    for (const [socket, other] of [pair, [target, caller]] as const) {
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        if (!socket.readableEnded) other.destroy();
        if (other.destroyed) pairs.delete(pair);
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  function cut(): void {
    for (const sockets of pairs) for (const socket of sockets) socket.destroy();
  }
  async function stopListening(): Promise<void> {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    cut();
    await closed;
  }

  return {
    port,
    async poison(toxic, direction) {
      poison = { toxic, direction };
      if (toxic.kind === 'down') await stopListening();
    },
    async heal() {
      // Connections that a toxic has bitten would stay ill: whoever holds them has to find out.
      if (poison?.toxic.kind === 'timeout' || poison?.toxic.kind === 'limit_data') cut();
      poison = null;
      if (server.listening) return;
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
    },
    close: stopListening,
  };
}

/** One direction. A chunk leaves no earlier than the one before it, whatever toxic each of them met. */
function pass(from: Socket, to: Socket, toxicNow: () => Toxic | null): void {
  let line: Promise<void> = Promise.resolve();
  let passed = 0;
  const inTurn = (work: () => Promise<void> | void): void => {
    line = line.then(work);
  };
  from.on('data', (chunk: Buffer) => {
    const arrivedAt = performance.now();
    inTurn(async () => {
      const toxic = toxicNow();
      if (toxic === null) {
        write(to, chunk);
        return;
      }
      switch (toxic.kind) {
        case 'latency':
          await sleep(arrivedAt + toxic.ms - performance.now());
          write(to, chunk);
          break;
        case 'bandwidth':
          await sleep((chunk.length / toxic.bytesPerSecond) * 1000);
          write(to, chunk);
          break;
        case 'slicer':
          for (let at = 0; at < chunk.length; at += toxic.bytes) {
            write(to, chunk.subarray(at, at + toxic.bytes));
            await sleep(toxic.ms);
          }
          break;
        case 'timeout':
          if (toxic.ms === 0) break;
          await sleep(toxic.ms);
          from.destroy();
          to.destroy();
          break;
        case 'reset_peer':
          await sleep(toxic.ms);
          from.resetAndDestroy();
          to.resetAndDestroy();
          break;
        case 'limit_data':
          write(to, chunk.subarray(0, Math.max(0, toxic.bytes - passed)));
          passed += chunk.length;
          if (passed >= toxic.bytes) {
            from.destroy();
            to.end();
          }
          break;
        default:
          write(to, chunk);
      }
    });
  });
  from.on('end', () =>
    inTurn(async () => {
      const toxic = toxicNow();
      if (toxic?.kind === 'slow_close') await sleep(toxic.ms);
      if (toxic?.kind !== 'timeout') to.end();
    }),
  );
}

function write(to: Socket, data: Buffer): void {
  if (to.writable) to.write(data);
}

function sleep(ms: number): Promise<void> {
  return ms <= 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, ms));
}
