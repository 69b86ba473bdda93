import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { PrometheusGate } from '../../src/domain/rollout/model.ts';
import type { DomainEvent } from '../../src/ports.ts';
import { GateReader } from '../../src/rollout/prometheus.ts';

const value = (text: string) =>
  JSON.stringify({ status: 'success', data: { resultType: 'scalar', result: [1, text] } });

/** A Prometheus that answers as it is told, and a reader whose clock goes as it is told. */
async function stage(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url!);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const events: DomainEvent[] = [];
  let now = 0;
  const reader = new GateReader({ events: { emit: (event) => void events.push(event) }, monotonic: () => now });
  onTestFinished(async () => {
    await reader.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const gate: PrometheusGate = { url, query: 'sum(rate(errors[1m])) > 0 & "x"', min: null, max: 1 };
  return {
    asked,
    events,
    url,
    gate,
    reader,
    read: () => reader.read([gate])[0],
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
  };
}

describe('a gate on Prometheus', () => {
  it('asks an instant query beside the tick, and knows its value by the next', async () => {
    const { asked, read, gate } = await stage((_, response) => response.end(value('0.5')));
    expect(read()).toBe('unreachable');
    await expect.poll(read).toBe(0.5);
    expect(asked).toHaveLength(1);
    const query = new URL(asked[0]!, 'http://x');
    expect(query.pathname).toBe('/api/v1/query');
    expect(query.searchParams.get('query')).toBe(gate.query);
  });

  it('asks no more often than every five seconds, however often it is looked at', async () => {
    const { asked, read, pass } = await stage((_, response) => response.end(value(String(asked.length))));
    read();
    await expect.poll(read).toBe(1);
    pass(4_999);
    for (let index = 0; index < 50; index++) expect(read()).toBe(1);
    pass(1);
    read();
    await expect.poll(read).toBe(2);
    expect(asked).toHaveLength(2);
  });

  it('is unreachable where the query has too many values, and says so once', async () => {
    const two = {
      status: 'success',
      data: { resultType: 'vector', result: [{ value: [1, '1'] }, { value: [1, '2'] }] },
    };
    const { asked, read, pass, events, url } = await stage((_, response) => response.end(JSON.stringify(two)));
    const askAgain = (): number => {
      pass(5_000);
      read();
      return asked.length;
    };
    await expect.poll(askAgain).toBeGreaterThan(3);
    expect(events).toMatchObject([{ type: 'gate.unreachable', at: url }]);
    expect(read()).toBe('unreachable');
    expect(events).toHaveLength(1);
    expect((events[0] as { error: string }).error).toContain('2 results');
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ['what is no JSON', (response) => response.end('<html>')],
    ['500', (response) => response.writeHead(500).end('no')],
    ['a redirect', (response) => response.writeHead(302, { location: '/api/v1/query' }).end()],
    ['an answer without end', (response) => void endless(response)],
    [
      'an answer that breaks off',
      (response) => void response.writeHead(200, { 'content-length': 99 }).write('{', () => response.destroy()),
    ],
    [
      'an answer that is compressed to nothing',
      (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'),
    ],
    ['a nest of a hundred thousand', (response) => response.end('['.repeat(100_000))],
  ])('is unreachable by %s', async (_, answer) => {
    const { read, events } = await stage((__, response) => answer(response));
    read();
    await expect.poll(() => events.length, { timeout: 5_000 }).toBe(1);
    expect(read()).toBe('unreachable');
    expect(events).toMatchObject([{ type: 'gate.unreachable' }]);
  });

  it('is unreachable where nobody listens, and forgets an answer that has grown old', async () => {
    let isUp = true;
    const { read, pass, events } = await stage((_, response) => (isUp ? response.end(value('1')) : response.destroy()));
    read();
    await expect.poll(read).toBe(1);
    isUp = false;
    pass(5_000);
    read();
    await expect.poll(read).toBe('unreachable');
    expect(events).toHaveLength(1);
  });

  it('does not go by an answer of a quarter of a minute ago while the next one is waited for', async () => {
    let isUp = true;
    const { read, pass } = await stage((_, response) => void (isUp && response.end(value('1'))));
    read();
    await expect.poll(read).toBe(1);
    isUp = false;
    pass(15_001);
    expect(read()).toBe('unreachable');
  });
});

function endless(response: ServerResponse): void {
  response.writeHead(200);
  const more = (): void => {
    while (!response.destroyed && response.write(Buffer.alloc(65_536, ' ')));
    response.once('drain', more);
  };
  response.on('error', () => undefined);
  more();
}
