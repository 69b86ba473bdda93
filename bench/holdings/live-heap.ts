import { once } from 'node:events';
import { WebSocket } from 'ws';

/**
 * MiB that the process really holds, after a collection of garbage asked for by its inspector. What the system
 * counts as resident also holds garbage, and memory that is kept for the next request.
 */
export async function liveHeapMiB(inspectorPort: number): Promise<number> {
  const list = await fetch(`http://127.0.0.1:${inspectorPort}/json/list`);
  const [target] = (await list.json()) as { webSocketDebuggerUrl: string }[];
  const socket = new WebSocket(target!.webSocketDebuggerUrl);
  await once(socket, 'open');
  await call(socket, 1, 'HeapProfiler.collectGarbage', {});
  const expression = 'process.memoryUsage().heapUsed + process.memoryUsage().external';
  const { result } = (await call(socket, 2, 'Runtime.evaluate', { expression })) as { result: { value: number } };
  socket.close();
  await once(socket, 'close');
  return result.value / 2 ** 20;
}

async function call(socket: WebSocket, id: number, method: string, params: object): Promise<unknown> {
  socket.send(JSON.stringify({ id, method, params }));
  for (;;) {
    const [data] = (await once(socket, 'message', { signal: AbortSignal.timeout(30_000) })) as [Buffer];
    const message = JSON.parse(data.toString()) as { id?: number; result?: unknown };
    if (message.id === id) return message.result;
  }
}
