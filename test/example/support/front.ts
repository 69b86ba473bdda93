import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { closed, listen } from './running-shop.ts';

export interface Front {
  readonly url: string;
  /** Paths and queries, as they came. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

/** Stands before the shop and hands everything on, unless `instead` answers (or never does). */
export async function startFront(
  target: string,
  instead: (asked: number, response: ServerResponse) => 'answered' | 'hand on',
): Promise<Front> {
  const asked: string[] = [];
  const server = createServer(async (incoming: IncomingMessage, response: ServerResponse) => {
    asked.push(incoming.url!);
    if (instead(asked.length, response) === 'answered') return;
    const onward = request(target + incoming.url, { headers: incoming.headers, agent: false });
    onward.end();
    try {
      const [answer] = (await once(onward, 'response')) as [IncomingMessage];
      response.writeHead(answer.statusCode!, answer.headers);
      await pipeline(answer, response);
    } catch {
      // Whoever asked has left, or the shop has: the other side is told by a cut.
      response.destroy();
    }
  });
  const url = await listen(server);
  return { url, asked, close: () => closed(server) };
}
