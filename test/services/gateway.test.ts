import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import type { Database } from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Sqlite } from '../../example/process/sqlite.ts';
import { type Gateway, gatewayApp, type Mood } from '../../extracted-services/gateway/app.ts';
import { openLedger } from '../../extracted-services/gateway/ledger.ts';
import { closed, listen } from '../example/support/running-shop.ts';

let db: Database;
let gateway: Gateway;
let server: Server;
let url: string;
beforeEach(async () => {
  db = new Sqlite(':memory:');
  gateway = gatewayApp(openLedger(db));
  server = createAdaptorServer({ fetch: gateway.app.fetch }) as Server;
  url = await listen(server);
});
afterEach(async () => {
  await closed(server);
  db.close();
});

async function send(method: string, path: string, body?: object, key?: string) {
  const response = await fetch(url + path, {
    method,
    headers: { 'content-type': 'application/json', ...(key && { 'idempotency-key': key }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
const charge = (key?: string, amountCents = 500, token: string | null = null) =>
  send('POST', '/charges', { amountCents, token }, key);
const refund = (key: string) => send('POST', '/refunds', { charge: key });
const mood = (wish: Mood) => send('PUT', `/mood/${wish}`);
const ledger = async () => (await send('GET', '/ledger')).body.charges;

describe('the gateway', () => {
  it('charges once for each key, however often it is asked', async () => {
    const first = await charge('a');
    expect(first).toMatchObject({ status: 201, body: { key: 'a', state: 'charged', amountCents: 500 } });
    expect((await charge('a')).body).toMatchObject({ state: 'charged', ref: first.body.ref });
    expect(await charge('a', 600)).toMatchObject({ status: 422 });
    expect(await charge()).toMatchObject({ status: 400 });
    expect(await ledger()).toMatchObject([{ key: 'a', state: 'charged', amountCents: 500 }]);
  });

  it('gives back once, and never charges what was given back before it was charged', async () => {
    await charge('a');
    expect((await refund('a')).body).toMatchObject({ state: 'refunded' });
    expect((await refund('a')).body).toMatchObject({ state: 'refunded' });
    expect((await refund('b')).body).toMatchObject({ state: 'void' });
    expect(await charge('b')).toMatchObject({ status: 409, body: { key: 'b', state: 'void' } });
  });

  it('declines the card that the sandbox declines, and keeps the number of none', async () => {
    const { body } = await send('POST', '/cards', { number: '4000000000000000' });
    expect(body).toMatchObject({ last4: '0000' });
    expect(await charge('a', 500, body.token as string)).toMatchObject({ status: 402, body: { state: 'declined' } });
    expect(await charge('b', 500, 'card_unknown')).toMatchObject({ status: 422 });
    for (const table of ['cards', 'charges']) {
      expect(JSON.stringify(db.prepare(`SELECT * FROM ${table}`).all())).not.toContain('4000000000000000');
    }
  });

  it('can be told to decline, and told to stop that', async () => {
    await mood('decline');
    expect(await charge('a')).toMatchObject({ status: 402 });
    await mood('normal');
    expect(await charge('b')).toMatchObject({ status: 201 });
    expect(await send('PUT', '/mood/odd')).toMatchObject({ status: 404 });
  });

  it('can be told to hang: it has taken the money, and says so only when it is asked again', async () => {
    await mood('hang');
    const hanging = charge('a');
    const broken = expect(hanging).rejects.toThrow();
    await expect.poll(ledger).toMatchObject([{ key: 'a', state: 'charged' }]);
    await mood('normal');
    await broken;
    expect(await charge('a')).toMatchObject({ status: 201, body: { state: 'charged', asked: 2 } });
  });
});
