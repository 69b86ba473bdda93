import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { accepts, type Served, serve } from './stage/child.ts';
import { type Front, inFrontOf } from './stage/front.ts';
import { makePlace } from './stage/place.ts';
import { describeWith, program } from './stage/programs.ts';

const nginx = program('nginx', 'apt-get install nginx-light');

describeWith([nginx], 'behind nginx as a load balancer', () => {
  const place = makePlace('balancer');
  const seen: Record<string, string>[] = [];
  let legacy: Server;
  let front: Front;
  let balancer: Served;
  let balancerPort: number;
  const nginxFiles = ['-e', place.of('error.log'), '-c', place.of('nginx.conf'), '-p', place.path];

  beforeAll(async () => {
    legacy = createServer((request, response) => {
      seen.push(request.headers as Record<string, string>);
      request.resume().once('end', () => response.end('here'));
    }).listen(0, '127.0.0.1');
    await once(legacy, 'listening');
    front = await startFront();
    balancer = await startNginx();
  });

  afterAll(async () => {
    await balancer?.stop();
    await front?.close();
    legacy.closeAllConnections();
    legacy.close();
    place.remove();
  });

  test('the monolith learns of caller, host and scheme what the balancer knows', async () => {
    expect(await ask('GET')).toBe(200);
    const headers = seen.at(-1)!;
    expect(headers['x-forwarded-proto']).toBe('https');
    expect(headers['x-forwarded-for']).toBe('127.0.0.1, 127.0.0.1');
    expect(headers.forwarded).toMatch(/^for=127\.0\.0\.1;host="shop\.example";proto=https, for=127\.0\.0\.1;/);
    expect(headers.host).toBe('shop.example');
  });

  test('a request that comes on a resting connection while the proxy drains is answered', async () => {
    const draining = await startFront();
    const socket = connect(draining.port, '127.0.0.1');
    const ask = 'GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n';
    socket.write(ask);
    await once(socket, 'data');
    const closed = draining.close();
    await expect.poll(() => accepts(draining.port), { interval: 5 }).toBe(false);
    socket.write(ask);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(answer.toString()).toMatch(/\r\nConnection: close\r\n/i);
    await closed;
  });

  function startFront(): Promise<Front> {
    return inFrontOf((legacy.address() as AddressInfo).port, { trust: ['127.0.0.1'] });
  }

  async function startNginx(): Promise<Served> {
    balancerPort = await freePort();
    mkdirSync(place.of('tmp'));
    configure();
    return serve(balancerPort, nginx.path!, [...nginxFiles, '-g', 'daemon off;']);
  }

  function configure(): void {
    const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    writeFileSync(
      place.of('nginx.conf'),
      [
        'worker_processes 1;',
        `pid ${place.of('nginx.pid')};`,
        `error_log ${place.of('error.log')};`,
        'events {}',
        'http {',
        '  access_log off;',
        ...folders.map((name) => `  ${name}_temp_path ${place.of('tmp', name)};`),
        '  upstream strangler {',
        `    server 127.0.0.1:${front.port};`,
        '  }',
        '  server {',
        `    listen 127.0.0.1:${balancerPort};`,
        '    location / {',
        '      proxy_pass http://strangler;',
        '      proxy_http_version 1.1;',
        '      proxy_set_header Connection "";',
        '      proxy_set_header Host shop.example;',
        '      proxy_set_header X-Forwarded-For $remote_addr;',
        '      proxy_set_header X-Forwarded-Host shop.example;',
        '      proxy_set_header X-Forwarded-Proto https;',
        '    }',
        '  }',
        '}',
        '',
      ].join('\n'),
    );
  }

  async function ask(method: string): Promise<number> {
    const asked = request(balancer.url, { method });
    asked.end();
    const [response] = await once(asked, 'response');
    response.resume();
    await once(response, 'end');
    return response.statusCode;
  }
});
