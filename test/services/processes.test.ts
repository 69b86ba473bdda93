import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Killable } from '../../example/crash/member.ts';
import { openWorld, type World } from '../../example/crash/world.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

let folder: string;
let world: World;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strangler-services-'));
  world = await openWorld(root, folder, 'sqlite');
});
afterEach(async () => {
  await world.stop();
  await rm(folder, { recursive: true });
});

const member = (name: string): Killable => world.mortals.find((mortal) => mortal.name === name)!;
const place = (): Promise<Response> =>
  fetch(`${world.services.orders}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ customerId: 1, items: [{ sku: 'KIT-001', quantity: 2 }] }),
  });
const get = async (url: string) => (await (await fetch(url)).json()) as Record<string, unknown>;
const saga = (id = 1_000_000) => get(`${world.services.orders}/sagas/${id}`).catch((): Record<string, unknown> => ({}));

describe('services as processes of their own', () => {
  it('go on where kill -9 caught them: a saga comes to its end, and the charge agrees with it', async () => {
    await member('payments').stop();
    const lost = place().catch(() => null);
    await expect.poll(saga).toMatchObject({ state: 'charging' });
    await member('orders').killAndRestart();
    expect(await lost).toBe(null);
    await member('inventory').killAndRestart();
    await member('payments').start();

    await expect.poll(async () => (await saga()).state, { timeout: 30_000 }).toMatch(/^(confirmed|compensated)$/);
    const { state, log } = (await saga()) as { state: string; log: { heard: string; state: string }[] };
    expect(log.slice(0, 2)).toMatchObject([{ heard: 'begin' }, { heard: 'stock.reserved', state: 'charging' }]);
    const { charges } = await get(`${world.services.gateway}/ledger`);
    expect(charges).toMatchObject([
      { state: state === 'confirmed' ? 'charged' : expect.stringMatching(/refunded|void/) },
    ]);
    const { items } = await get(`${world.services.inventory}/reservations/order/1000000`);
    expect(items).toMatchObject([{ quantity: 2, state: state === 'confirmed' ? 'sold' : 'released' }]);
  });

  it('stop when they are asked to: who waits is told where to look, and what was said is sent', async () => {
    await member('payments').stop();
    const waiting = place();
    await expect.poll(saga).toMatchObject({ state: 'charging' });
    await member('orders').stop();
    const answer = await waiting;
    expect(answer.status).toBe(202);
    expect(answer.headers.get('location')).toBe(`${world.services.orders}/api/orders/1000000`);
    expect(await answer.json()).toMatchObject({ id: 1_000_000, status: 'pending' });

    await member('orders').start();
    expect(await get(`${world.services.orders}/healthz`)).toMatchObject({ status: 'ok', events: { outbox: 0 } });
  });
});
