import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { CallerSocket, type Trust } from './caller-socket.ts';

/** How long a caller that ended its side is waited for to take its answer before it counts as gone, in ms. */
const halfClosedGrace = 250;

/** The connections of one proxy's callers. Its own for each: two that are embedded in one server may trust different peers. */
export class Callers {
  readonly #trust: () => Trust;
  readonly #bySocket = new WeakMap<object, CallerSocket>();
  readonly #connected = new Set<CallerSocket>();

  /** @param trust what new connections are judged by. */
  constructor(trust: () => Trust) {
    this.#trust = trust;
  }

  of(socket: Socket): CallerSocket {
    return this.#bySocket.get(socket) ?? this.#meet(socket);
  }

  /**
   * The same for a socket that Node hands over. It takes its listeners off, though answers to the requests before may
   * still be on their way: an error would end the process, and a full socket would never be written to again.
   */
  ofHandedOver(socket: Duplex): CallerSocket {
    const caller = this.of(socket as Socket);
    socket.on('error', () => {});
    if (caller.active !== null) socket.on('drain', () => caller.active?.onCallerDrain());
    return caller;
  }

  /** Those on which nothing was ever asked. */
  cutUnused(): void {
    for (const caller of this.#connected) if (caller.unused) caller.destroy();
  }

  /** Those that wait for an answer. */
  cutActive(): void {
    for (const caller of [...this.#connected]) if (caller.active !== null) caller.destroy();
  }

  #meet(socket: Socket): CallerSocket {
    const secure = 'encrypted' in socket && socket.encrypted === true;
    const caller = new CallerSocket(socket, secure, this.#trust());
    this.#bySocket.set(socket, caller);
    this.#connected.add(caller);
    socket.once('close', () => {
      this.#connected.delete(caller);
      caller.onClose();
    });
    socket.once('end', () => watchHalfClosed(socket, caller));
    return caller;
  }
}

/**
 * The caller's side has ended. Most who do that have left; some, like a piped `nc`, still wait for the answer.
 * Nothing tells them apart but a short wait: as long as the answer flows, or comes at once, it is delivered.
 */
function watchHalfClosed(socket: Socket, caller: CallerSocket): void {
  let written = socket.bytesWritten;
  const check = setInterval(() => {
    if (caller.active !== null && !socket.destroyed && socket.bytesWritten > written) {
      written = socket.bytesWritten;
      return;
    }
    clearInterval(check);
    if (caller.active !== null) socket.destroy();
  }, halfClosedGrace).unref();
}
