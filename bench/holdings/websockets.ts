import { once } from 'node:events';
import { WebSocket } from 'ws';
import { openFiles, residentMiB } from '../usage.ts';
import { crowd } from './crowd.ts';
import type { Finding, Scene } from './scene.ts';

/** Open WebSockets, each of which says something of its own and hears it back. */
export async function webSockets({ port, pid }: Scene, count: number): Promise<Finding[]> {
  const before = residentMiB(pid);
  const sockets = await crowd(count, 100, async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ticker`, { perMessageDeflate: false });
    await once(socket, 'open');
    return socket;
  });
  const began = performance.now();
  const echoes = await Promise.all(sockets.map((socket, i) => echo(socket, `message ${i}`)));
  const seconds = (performance.now() - began) / 1_000;
  const perSocket = ((residentMiB(pid) - before) * 1024) / count;
  const files = openFiles(pid);
  for (const socket of sockets) socket.terminate();
  return [
    { what: 'WebSockets held', figure: sockets.length.toLocaleString('en') },
    {
      what: '… of them that heard their own message back, all at once',
      figure: `${echoes.filter(Boolean).length.toLocaleString('en')} in ${seconds.toFixed(2)} s`,
    },
    { what: '… memory of the proxy for each', figure: `${perSocket.toFixed(1)} KiB` },
    { what: '… open files of the proxy meanwhile', figure: String(files ?? '–') },
  ];
}

async function echo(socket: WebSocket, text: string): Promise<boolean> {
  socket.send(text);
  const [data] = (await once(socket, 'message', { signal: AbortSignal.timeout(30_000) })) as [Buffer];
  return data.toString() === text;
}
