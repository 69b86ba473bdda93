import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { openFiles, residentMiB } from '../usage.ts';
import { crowd } from './crowd.ts';
import type { Finding, Scene } from './scene.ts';

/** Callers that leave: while they wait for an answer, within a download, within an upload. */
export async function aborts(scene: Scene, count: number): Promise<Finding[]> {
  const { pid, targetPort } = scene;
  await settled(scene, 0);
  const [files, connections, memory] = [openFiles(pid), await connectionsOf(targetPort), residentMiB(pid)];
  await leave(scene, count);
  const first = residentMiB(pid);
  await leave(scene, count);
  const waited = await settled(scene, files ?? 0);
  const pair = (before: number | string | null, after: number | string | null) => `${before ?? '–'} → ${after ?? '–'}`;
  return [
    {
      what: `open files of the proxy before and after 2 × ${count.toLocaleString('en')} aborted requests`,
      figure: `${pair(files, openFiles(pid))} (within ${waited.toFixed(1)} s)`,
    },
    { what: '… connections at the target', figure: pair(connections, await connectionsOf(targetPort)) },
    {
      what: '… memory of the proxy before, in between and after',
      figure: `${[memory, first, residentMiB(pid)].map((mib) => mib.toFixed(0)).join(' → ')} MiB`,
    },
  ];
}

async function leave({ port }: Scene, count: number): Promise<void> {
  const ways = [whileWaiting, whileDownloading, whileUploading];
  await crowd(count, 100, (i) => ways[i % ways.length]!(port, i));
}

function whileWaiting(port: number, i: number): Promise<void> {
  return leaving(port, `GET /api/json/silent HTTP/1.1\r\n${caller(i)}\r\n`, (socket) => {
    setTimeout(() => socket.destroy(), 5 + (i % 20));
  });
}

function whileDownloading(port: number, i: number): Promise<void> {
  return leaving(port, `GET /api/bytes/67108864 HTTP/1.1\r\n${caller(i)}\r\n`, (socket) => {
    socket.once('data', () => socket.destroy());
  });
}

function whileUploading(port: number, i: number): Promise<void> {
  const head = `POST /api/uploads/1 HTTP/1.1\r\n${caller(i)}Content-Length: 1000000\r\n\r\n`;
  return leaving(port, head + 'x'.repeat(10_000), (socket) => {
    setTimeout(() => socket.destroy(), 5 + (i % 20));
  });
}

function leaving(port: number, request: string, then: (socket: ReturnType<typeof connect>) => void): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('error', () => {});
    socket.on('close', () => resolve());
    socket.on('connect', () => {
      socket.write(request);
      then(socket);
    });
  });
}

const caller = (i: number): string => `Host: bench\r\nCookie: session=s${i % 1_000}\r\n`;

/** Waits until no more files are open than `files`, or nothing changes any more; returns the seconds that it took. */
async function settled({ pid }: Scene, files: number): Promise<number> {
  const began = performance.now();
  let unchanged = 0;
  let last = openFiles(pid) ?? 0;
  while (last > files && unchanged < 60 && performance.now() - began < 30_000) {
    await delay(100);
    const now = openFiles(pid) ?? 0;
    unchanged = now === last ? unchanged + 1 : 0;
    last = now;
  }
  return (performance.now() - began) / 1_000;
}

async function connectionsOf(targetPort: number): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${targetPort}/connections`, { headers: { connection: 'close' } });
  return Number(await response.text()) - 1;
}
