import type { Duplex } from 'node:stream';

/**
 * Closing at once would reset the connection under bytes that the caller still sends, and the reset would take the
 * answer away from it. So its side is left open for a while, after ours has ended.
 */
export function lingerThenDestroy(socket: Duplex, milliseconds: number): void {
  socket.on('error', () => {});
  const timer = setTimeout(() => socket.destroy(), milliseconds).unref();
  socket.once('close', () => clearTimeout(timer));
}
