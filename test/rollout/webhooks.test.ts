import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { DomainEvent } from '../../src/ports.ts';
import { signatureOf } from '../../src/rollout/signature.ts';
import type { Transition } from '../../src/rollout/transition.ts';
import { Webhooks } from '../../src/rollout/webhooks.ts';
import { aRollout } from './a-rollout.ts';

interface Received {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A receiver that answers what it is told, one after the other; the last for all further ones. */
async function receiver(...answers: ((response: ServerResponse) => void)[]) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      const answer = answers[Math.min(received.length, answers.length - 1)]!;
      received.push({ path: request.url!, headers: request.headers, body });
      answer(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { received, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?token=hush`, server };
}

function sender(url: string, secret: string | null = 'shh', waits: readonly number[] = [5, 5]) {
  const events: DomainEvent[] = [];
  const webhooks = new Webhooks({
    events: { emit: (event) => void events.push(event) },
    clock: { now: () => Date.UTC(2026, 0, 5, 12) },
    settings: () => [{ url, secret }],
    waits,
  });
  onTestFinished(() => webhooks.close(0));
  return { webhooks, events };
}

const status = (code: number) => (response: ServerResponse) => response.writeHead(code).end();
const advanced = (step = 1): Transition => ({
  word: 'advanced',
  rollout: aRollout({ step, version: step + 1 }),
  left: step - 1,
  reason: null,
});

describe('a webhook', () => {
  it('is sent what happened, signed over its time and every byte of its body', async () => {
    const { received, url } = await receiver(status(204));
    const { webhooks, events } = sender(url);
    webhooks.tell({ word: 'failed', rollout: aRollout({ step: 1 }), left: null, reason: 'errors: 31 of 400' });
    await webhooks.close(5_000);

    expect(received).toHaveLength(1);
    const [{ headers, body, path }] = received as [Received];
    expect(path).toBe('/hook?token=hush');
    expect(headers['content-type']).toBe('application/json');
    expect(headers['x-strangler-timestamp']).toBe(String(Date.UTC(2026, 0, 5, 12) / 1_000));
    expect(headers['x-strangler-signature']).toBe(signatureOf('shh', headers['x-strangler-timestamp'] as string, body));
    expect(headers['x-strangler-signature']).not.toBe(signatureOf('shh', '1', body));
    expect(JSON.parse(body)).toEqual({
      version: 1,
      id: `orders-${aRollout().startedAt}-1`,
      event: 'rollout.failed',
      at: '2026-01-05T12:00:00.000Z',
      rollout: 'orders',
      routes: ['order'],
      step: 2,
      steps: 3,
      percent: 50,
      from: null,
      reason: 'errors: 31 of 400',
    });
    expect(events).toEqual([]);
  });

  it('without a secret is not signed', async () => {
    const { received, url } = await receiver(status(200));
    const { webhooks } = sender(url, null);
    webhooks.tell(advanced());
    await webhooks.close(5_000);
    expect(received[0]!.headers).not.toHaveProperty('x-strangler-signature');
    expect(JSON.parse(received[0]!.body)).toMatchObject({ event: 'rollout.advanced', percent: 50, from: 5 });
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ['500', status(500)],
    ['429', status(429)],
    ['a connection that is reset', (response) => response.destroy()],
  ])('comes again after %s, with the same id', async (_, answer) => {
    const { received, url } = await receiver(answer, answer, status(200));
    const { webhooks, events } = sender(url);
    webhooks.tell(advanced());
    await webhooks.close(5_000);
    expect(received).toHaveLength(3);
    expect(new Set(received.map(({ body }) => JSON.parse(body).id)).size).toBe(1);
    expect(events).toEqual([]);
  });

  it('keeps its order, though one message needed a second attempt', async () => {
    const { received, url } = await receiver(status(503), status(200));
    const { webhooks } = sender(url);
    for (const step of [1, 2]) webhooks.tell(advanced(step));
    await webhooks.close(5_000);
    expect(received.map(({ body }) => JSON.parse(body).step)).toEqual([2, 2, 3]);
  });

  it.each([301, 302, 307, 308])('follows no redirect: %i is a loss', async (code) => {
    const elsewhere = await receiver(status(200));
    const { received, url } = await receiver((response) => response.writeHead(code, { location: elsewhere.url }).end());
    const { webhooks, events } = sender(url);
    webhooks.tell(advanced());
    await webhooks.close(5_000);
    expect([received.length, elsewhere.received.length]).toEqual([1, 0]);
    expect(events).toMatchObject([{ type: 'webhook.lost', error: `answered ${code}` }]);
  });

  it('is not asked again for what it refuses', async () => {
    const { received, url } = await receiver(status(404));
    const { webhooks } = sender(url);
    webhooks.tell(advanced());
    await webhooks.close(5_000);
    expect(received).toHaveLength(1);
    expect(webhooks.lost).toBe(1);
  });

  it('that is dead costs a counted message, and tells the log neither its secret nor its query', async () => {
    const { url, server } = await receiver(status(200));
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    const { webhooks, events } = sender(url);
    webhooks.tell(advanced());
    await webhooks.close(5_000);
    expect(webhooks.lost).toBe(1);
    expect(events).toMatchObject([{ type: 'webhook.lost', receiver: new URL(url).origin }]);
    expect(JSON.stringify(events)).not.toMatch(/shh|hush/);
  });

  it('that never answers holds a bounded number of messages, and no stop', async () => {
    const { received, url } = await receiver(() => undefined);
    const { webhooks, events } = sender(url);
    for (let index = 0; index < 150; index++) webhooks.tell(advanced());
    await expect.poll(() => received.length).toBe(1);
    // One is with the receiver, a hundred wait.
    expect(webhooks.lost).toBe(49);
    await webhooks.close(0);
    await expect.poll(() => webhooks.lost).toBe(150);
    expect(events).toHaveLength(150);
  });

  it('may answer without an end', async () => {
    const { url } = await receiver((response) => {
      response.writeHead(200);
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(10_000)));
        response.once('drain', more);
      };
      more();
    });
    const { webhooks } = sender(url);
    webhooks.tell(advanced());
    await webhooks.close(5_000);
    expect(webhooks.lost).toBe(0);
  });
});
