import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shopServer } from '../../../legacy-monolith/server.ts';
import { openShop, type Shop } from '../../../legacy-monolith/shop.ts';

export interface RunningShop {
  readonly url: string;
  readonly shop: Shop;
  readonly databaseFile: string;
  /** For whoever wants to put a file beside the shop's. */
  readonly folder: string;
  close(): Promise<void>;
}

export async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export async function closed(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
}

/** What the shop's export wants to see. */
export const exportToken = 'a-token-for-tests';

/** A freshly seeded shop on a free port, in a folder of its own. */
export async function startShop(): Promise<RunningShop> {
  const folder = await mkdtemp(join(tmpdir(), 'strangler-shop-'));
  const databaseFile = join(folder, 'shop.db');
  const shop = openShop(databaseFile);
  const { server, closeStreams } = shopServer(shop, { exportToken });
  const url = await listen(server);
  return {
    url,
    shop,
    databaseFile,
    folder,
    async close() {
      closeStreams();
      await closed(server);
      shop.close();
      await rm(folder, { recursive: true });
    },
  };
}

export const sendJson = (url: string, body: unknown): Promise<Response> =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

/** The fields that the tests look at; each kind of answer has some of them. */
export interface ApiAnswer {
  readonly id: number;
  readonly status: string;
  readonly total: number;
  readonly onHand: number;
  readonly size: number;
  readonly requestId: string;
  readonly tags: readonly string[];
  readonly orders: readonly { readonly id: number }[];
  readonly links: {
    readonly self: string;
    readonly payment: string;
    readonly content: string;
    readonly next: string | null;
  };
}

export const answerOf = async (response: Response): Promise<ApiAnswer> => (await response.json()) as ApiAnswer;

/** What may differ between two answers about the same thing: ids and times of the call, and the order of sets. */
export function settled(answer: unknown): unknown {
  if (Array.isArray(answer)) return answer.map(settled);
  if (answer === null || typeof answer !== 'object') return answer;
  return Object.fromEntries(
    Object.entries(answer)
      .filter(([key]) => key !== 'requestId' && key !== 'generatedAt')
      .map(([key, value]) => [key, key === 'tags' || key === 'locations' ? [...value].sort() : settled(value)]),
  );
}
