import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, vi } from 'vitest';
import * as decide from '../../src/proxy/decide.ts';
import { Target } from '../../src/target/target.ts';
import { front, post } from '../support/front.ts';
import { route, settingsFor, startProxy } from '../support/proxy.ts';
import { publishing, telling } from '../support/publishing.ts';
import { answerTo } from '../support/raw-caller.ts';

vi.mock(import('../../src/proxy/decide.ts'), async (original) => {
  const real = await original();
  return { ...real, decide: vi.fn(real.decide) };
});

it('answers a request that met a fault of ours, and goes on serving the others', async () => {
  const target = createServer((_request, response) => response.end('fine'));
  await once(target.listen(0, '127.0.0.1'), 'listening');
  const proxy = await startProxy(settingsFor((target.address() as AddressInfo).port));
  vi.mocked(decide.decide).mockImplementationOnce(() => {
    throw new Error('a fault of ours');
  });

  const faulty = await fetch(`${proxy.url}/`);
  expect(faulty.status).toBe(500);
  expect(faulty.headers.get('x-strangler-error')).toBe('internal-error');
  expect(await faulty.text()).not.toContain('a fault of ours');
  expect(await (await fetch(`${proxy.url}/`)).text()).toBe('fine');
  expect(proxy.events).toContainEqual(
    expect.objectContaining({ code: 'internal-error', detail: expect.stringContaining('a fault of ours') }),
  );

  await proxy.close();
  target.closeAllConnections();
  target.close();
});

it('answers a request that met one once its intent was written down, and again wherever it would be asked', async () => {
  const { publisher, reasons } = publishing();
  const { port, proxy } = await front({
    publisher,
    routes: [route('order', 'orders', { path: '/orders', percent: 100, publish: [telling()] })],
  });
  const faulty = vi.spyOn(Target.prototype, 'pick').mockImplementation(() => {
    throw new Error('a fault of ours');
  });

  const answer = await answerTo(port, post('/orders', '{}'));
  faulty.mockRestore();

  expect([answer.status, answer.get('x-strangler-error')]).toEqual([500, 'internal-error']);
  expect(await answerTo(port, post('/orders', '{}'))).toMatchObject({ status: 200 });
  await expect.poll(() => proxy.proxy.inFlight()).toBe(0);
  expect(await reasons()).toEqual([expect.stringContaining('not JSON')]);
});
