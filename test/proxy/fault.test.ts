import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, vi } from 'vitest';
import * as decide from '../../src/proxy/decide.ts';
import { settingsFor, startProxy } from '../support/proxy.ts';

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
