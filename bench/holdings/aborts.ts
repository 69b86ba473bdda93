import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { openFiles, residentMiB } from '../usage.ts';
import { crowd } from './crowd.ts';
import { liveHeapMiB } from './live-heap.ts';
import type { Finding, Scene } from './scene.ts';

/** Callers that leave: while they wait for an answer, within a download, within an upload. */
export async function aborts(scene: Scene, count: number): Promise<Finding[]> {
  const before = await state(scene);
  await leave(scene, count);
  const between = await state(scene);
  await leave(scene, count);
  const after = await state(scene);
  const over = (figure: (one: State) => string) => [before, between, after].map(figure).join(' → ');
  const times = `0, ${count.toLocaleString('en')} and ${(2 * count).toLocaleString('en')} aborted requests`;
  return [
    { what: `open files of the proxy after ${times}`, figure: over(({ files }) => String(files ?? '–')) },
    { what: '… connections at the target', figure: over(({ connections }) => String(connections)) },
    { what: '… memory in use, garbage collected', figure: `${over(({ heapMiB }) => heapMiB.toFixed(1))} MiB` },
    { what: '… resident memory', figure: `${over(({ residentMiB }) => residentMiB.toFixed(0))} MiB` },
  ];
}

interface State {
  readonly files: number | null;
  readonly connections: number;
  readonly heapMiB: number;
  readonly residentMiB: number;
}

/** A caller that left in the middle of an upload is given some seconds to read its answer; kept connections as many. */
const rest = 10_000;

async function state({ pid, targetPort, inspectorPort }: Scene): Promise<State> {
  await delay(rest);
  return {
    residentMiB: residentMiB(pid),
    heapMiB: await liveHeapMiB(inspectorPort),
    files: openFiles(pid),
    connections: await connectionsOf(targetPort),
  };
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

async function connectionsOf(targetPort: number): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${targetPort}/connections`, { headers: { connection: 'close' } });
  return Number(await response.text()) - 1;
}
