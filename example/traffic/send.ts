import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { gunzipSync } from 'node:zlib';
import type { Answer, Request } from './memory.ts';

const patience = 15_000;

export interface Line {
  /** Rejects when there is no answer. */
  send(asked: Request): Promise<Answer>;
  close(): void;
}

/** Kept-alive connections to the shop. */
export function openLine(url: string, connections: number): Line {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  return {
    async send({ method, path, headers, body }) {
      const sent = request(new URL(path, url), { method, headers, agent, signal: AbortSignal.timeout(patience) });
      sent.end(body ?? undefined);
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk);
      const bytes = Buffer.concat(chunks);
      const coded = response.headers['content-encoding'] === 'gzip' && bytes.length > 0;
      return {
        status: response.statusCode!,
        headers: response.headers,
        text: (coded ? gunzipSync(bytes) : bytes).toString(),
      };
    },
    close: () => agent.destroy(),
  };
}
