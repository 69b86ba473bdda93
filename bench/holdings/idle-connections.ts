import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { openFiles, residentMiB } from '../usage.ts';
import { crowd } from './crowd.ts';
import type { Finding, Scene } from './scene.ts';

const restMilliseconds = 5_000;

/** Callers that have asked once and keep their connection, as browsers do. */
export async function idleConnections({ port, pid }: Scene, count: number): Promise<Finding[]> {
  const before = residentMiB(pid);
  const sockets = await crowd(count, 100, async (i) => {
    const socket = connect({ port, host: '127.0.0.1' });
    await ask(socket, i);
    return socket;
  });
  await delay(restMilliseconds);
  const perConnection = ((residentMiB(pid) - before) * 1024) / count;
  const files = openFiles(pid);
  const alive = await crowd(count, 100, (i) =>
    ask(sockets[i]!, i).then(
      () => 1,
      () => 0,
    ),
  );
  for (const socket of sockets) socket.destroy();
  const answered = alive.reduce<number>((sum, one) => sum + one, 0);
  return [
    { what: 'idle keep-alive connections held', figure: `${sockets.length.toLocaleString('en')}` },
    { what: '… of them answered on again after the rest', figure: answered.toLocaleString('en') },
    { what: '… memory of the proxy for each', figure: `${perConnection.toFixed(1)} KiB` },
    { what: '… open files of the proxy meanwhile', figure: String(files ?? '–') },
  ];
}

function ask(socket: Socket, i: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error?: Error) => reject(error ?? new Error('the connection was closed'));
    socket.once('error', failed).once('close', failed);
    socket.once('data', (bytes: Buffer) => {
      socket.off('error', failed).off('close', failed);
      if (bytes.toString('latin1', 0, 12) === 'HTTP/1.1 200') resolve();
      else reject(new Error(bytes.toString('latin1', 0, 80)));
    });
    socket.write(`GET /api/json/1 HTTP/1.1\r\nHost: bench\r\nCookie: session=s${i}\r\n\r\n`);
  });
}
