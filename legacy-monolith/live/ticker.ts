import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Shop } from '../shop.ts';

const tickEvery = 1_000;

export interface Ticker {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  close(): void;
}

/**
 * `/ws/ticker`: what is on hand of one product after the other, once a second. A client may send
 * `{"watch": ["KIT-001"]}` to hear of those only, and anything else to hear it said back.
 */
export function openTicker(shop: Shop): Ticker {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 64 * 1024 });
  const watched = new WeakMap<WebSocket, readonly string[]>();
  const everything = shop.products.search({}).map(({ sku }) => sku);
  let turn = 0;

  const tick = (): void => {
    turn += 1;
    for (const client of sockets.clients) {
      const skus = watched.get(client) ?? everything;
      const sku = skus[turn % skus.length]!;
      client.send(JSON.stringify({ type: 'stock', sku, onHand: shop.inventory.bySku(sku)!.onHand, turn }));
    }
  };
  const timer = setInterval(tick, tickEvery);

  sockets.on('connection', (client) => {
    client.on('error', () => client.terminate());
    client.on('message', (data, isBinary) => {
      const wanted = isBinary ? undefined : requestedSkus(String(data), everything);
      if (!wanted) client.send(data, { binary: isBinary });
      else {
        watched.set(client, wanted);
        client.send(JSON.stringify({ type: 'watching', skus: wanted }));
      }
    });
    client.send(JSON.stringify({ type: 'hello', products: everything.length }));
  });

  return {
    upgrade: (request, socket, head) => {
      sockets.handleUpgrade(request, socket, head, (client) => sockets.emit('connection', client, request));
    },
    close: () => {
      clearInterval(timer);
      for (const client of sockets.clients) client.close(1001, 'the shop is closing');
      sockets.close();
    },
  };
}

function requestedSkus(text: string, known: readonly string[]): string[] | undefined {
  try {
    const { watch } = JSON.parse(text) as { watch?: unknown };
    const wanted = Array.isArray(watch) ? known.filter((sku) => watch.includes(sku)) : [];
    return wanted.length > 0 ? wanted : undefined;
  } catch {
    return undefined;
  }
}
