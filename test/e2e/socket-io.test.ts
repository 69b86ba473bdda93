import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import { io, type Socket } from 'socket.io-client';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Front, inFrontOf } from './stage/front.ts';

describe('socket.io', () => {
  let legacy: HttpServer;
  let chat: Server;
  let front: Front;
  const callers: Socket[] = [];

  beforeAll(async () => {
    legacy = createServer().listen(0, '127.0.0.1');
    chat = new Server(legacy, { pingInterval: 300, pingTimeout: 2_000, maxHttpBufferSize: 4e6 });
    chat.on('connection', (socket) => {
      socket.on('echo', (value, answer) => answer(value));
      socket.on('join', async (room, answer) => {
        await socket.join(room);
        answer();
      });
      socket.on('say', (room, text) => chat.to(room).emit('said', text));
      socket.on('drop me', () => socket.conn.close());
    });
    await once(legacy, 'listening');
    front = await inFrontOf((legacy.address() as AddressInfo).port);
  });

  afterEach(() => {
    for (const caller of callers.splice(0)) caller.disconnect();
  });

  afterAll(async () => {
    // The proxy first: a goodbye that is still on its way would find nobody, and be complained about.
    await front.close();
    await chat.close();
  });

  const ways: [way: string, transports: ('polling' | 'websocket')[]][] = [
    ['long-polling', ['polling']],
    ['WebSocket', ['websocket']],
    ['long-polling upgraded to WebSocket', ['polling', 'websocket']],
  ];

  describe.each(ways)('by %s', (_way, transports) => {
    const last = transports.at(-1)!;

    test('carries text and binary events, and acknowledges them', async () => {
      const caller = await connected(transports);
      const value = { text: 'grüße 🚢', bytes: randomBytes(1_000_000), nested: [{ more: randomBytes(3) }] };
      const echoed = await caller.timeout(10_000).emitWithAck('echo', value);
      expect(echoed.text).toBe(value.text);
      expect(value.bytes.equals(echoed.bytes)).toBe(true);
      expect(value.nested[0]!.more.equals(echoed.nested[0].more)).toBe(true);
    });

    test('delivers to the room and to nobody else', async () => {
      const [ann, bob, eve] = await Promise.all([1, 2, 3].map(() => connected(transports)));
      const heard: string[] = [];
      eve!.on('said', () => heard.push('eve'));
      await Promise.all([ann!, bob!].map((member) => member.timeout(5_000).emitWithAck('join', `room-${last}`)));
      const told = Promise.all([ann!, bob!].map((member) => once(member as never, 'said')));
      ann!.emit('say', `room-${last}`, 'hello');
      expect(await told).toEqual([['hello'], ['hello']]);
      // Her own answer comes after whatever was sent to her before it.
      await eve!.timeout(5_000).emitWithAck('echo', 1);
      expect(heard).toEqual([]);
    });

    test('connects again after the server dropped it, and outlives its pings', async () => {
      const caller = await connected(transports);
      const before = caller.id;
      const again = once(caller as never, 'connect');
      caller.emit('drop me');
      await again;
      expect(caller.id).not.toBe(before);
      const pings = new Promise<void>((resolve) => {
        let left = 3;
        caller.io.on('ping', () => --left === 0 && resolve());
      });
      await pings;
      expect(caller.connected).toBe(true);
    });
  });

  test('leaves nothing open once its callers have gone', async () => {
    await Promise.all(ways.map(([, transports]) => connected(transports)));
    expect(await front.inFlight()).toBeGreaterThan(0);
    const gone = new Promise<void>((resolve) => {
      let left = chat.engine.clientsCount;
      for (const socket of chat.sockets.sockets.values()) socket.once('disconnect', () => --left === 0 && resolve());
    });
    for (const caller of callers.splice(0)) caller.disconnect();
    await gone;
    await expect.poll(() => front.inFlight(), { timeout: 5_000 }).toBe(0);
  });

  async function connected(transports: ('polling' | 'websocket')[]): Promise<Socket> {
    const caller = io(front.url, { transports, forceNew: true, reconnectionDelay: 50, reconnectionDelayMax: 100 });
    callers.push(caller);
    await once(caller as never, 'connect');
    const { engine } = caller.io;
    if (engine.transport.name !== transports.at(-1)) await once(engine as never, 'upgrade');
    return caller;
  }
});
