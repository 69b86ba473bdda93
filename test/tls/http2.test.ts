import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import WebSocket, { WebSocketServer } from 'ws';
import { type Certificate, createCertificate } from '../support/certificate.ts';
import { route, settingsFor, startProxy, type TestProxy, targetSettings } from '../support/proxy.ts';

let certificate: Certificate;
let target: Server;
let targetPort: number;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let proxy: TestProxy;
let session: ClientHttp2Session;

beforeAll(async () => {
  certificate = await createCertificate();
  target = createServer((request, response) => answer(request, response));
  await once(target.listen(0, '127.0.0.1'), 'listening');
  targetPort = (target.address() as AddressInfo).port;
  const settings = settingsFor(targetPort, {
    listen: { tls: certificate },
    services: [targetSettings('orders', targetPort)],
    routes: [route('split', 'orders', { path: '/split', percent: 50 })],
  });
  proxy = await startProxy(settings, [
    { route: 'split', service: 'orders', declared: 50, declaredAt: 0, live: 50, latched: false, retired: false },
  ]);
  session = connect(proxy.url, { ca: certificate.cert });
  await once(session, 'connect');
});

afterEach(() => {
  answer = (_request, response) => response.end('ok');
});

afterAll(async () => {
  session.destroy();
  await proxy.close();
  target.closeAllConnections();
  target.close();
});

interface Answered {
  readonly headers: Record<string, unknown>;
  readonly body: Buffer;
  readonly trailers: Record<string, unknown>;
}

async function collect(stream: ClientHttp2Stream): Promise<Answered> {
  const chunks: Buffer[] = [];
  let trailers = {};
  stream.on('trailers', (fields) => {
    trailers = fields;
  });
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  const [headers] = await once(stream, 'response');
  await once(stream, 'end');
  return { headers, body: Buffer.concat(chunks), trailers };
}

function get(path: string, headers: OutgoingHttpHeaders = {}): Promise<Answered> {
  return collect(session.request({ ':path': path, ...headers }));
}

const seen = (response: ServerResponse, request: IncomingMessage): void => {
  response.setHeader('Content-Type', 'application/json');
  response.end(
    JSON.stringify({ method: request.method, url: request.url, version: request.httpVersion, raw: request.rawHeaders }),
  );
};

describe('a caller by HTTP/2', () => {
  it('is told to the target in HTTP/1.1 terms', async () => {
    answer = (request, response) => seen(response, request);
    const { headers, body } = await get('/a//b?q=1', {
      ':authority': 'shop.test:8443',
      cookie: ['a=1', 'b=2'],
      'x-forwarded-for': '6.6.6.6',
      te: 'trailers',
    });
    expect(headers[':status']).toBe(200);
    const told = JSON.parse(body.toString());
    expect(told).toMatchObject({ method: 'GET', url: '/a//b?q=1', version: '1.1' });
    const fields = new Map<string, string>();
    for (let i = 0; i < told.raw.length; i += 2) fields.set(told.raw[i].toLowerCase(), told.raw[i + 1]);
    expect(fields.get('host')).toBe('shop.test:8443');
    expect(fields.get('cookie')).toBe('a=1; b=2');
    expect(fields.get('x-forwarded-for')).toBe('127.0.0.1');
    expect(fields.get('x-forwarded-proto')).toBe('https');
    expect(fields.get('via')).toMatch(/^2\.0 strangler-/);
    expect([...fields.keys()].filter((name) => name.startsWith(':'))).toEqual([]);
  });

  it('sends a body of unknown length, and gets bodies, repeated fields and trailers back', async () => {
    answer = (request, response) => {
      expect(request.headers['transfer-encoding']).toBe('chunked');
      response.writeHead(201, [
        ['Set-Cookie', 'a=1'],
        ['Set-Cookie', 'b=2'],
        ['Trailer', 'x-sum'],
      ] as never);
      request.on('data', (chunk) => response.write(chunk));
      request.on('end', () => {
        response.addTrailers({ 'x-sum': '42' });
        response.end();
      });
    };
    const stream = session.request({ ':method': 'POST', ':path': '/echo', te: 'trailers' });
    const answered = collect(stream);
    const body = Buffer.alloc(300_000, 'x');
    stream.write(body.subarray(0, 100_000));
    stream.end(body.subarray(100_000));
    const { headers, body: back, trailers } = await answered;
    expect(headers[':status']).toBe(201);
    expect(headers['set-cookie']).toEqual(['a=1', 'b=2']);
    expect(back.equals(body)).toBe(true);
    expect(trailers['x-sum']).toBe('42');
  });

  it('runs many streams beside each other', async () => {
    answer = (request, response) => setTimeout(() => response.end(request.url), Number(request.url!.slice(3)) % 7);
    const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => get(`/n/${i}`)));
    expect(answers.map(({ body }) => body.toString())).toEqual(Array.from({ length: 200 }, (_, i) => `/n/${i}`));
  });

  it('sees a target that breaks off as a broken stream', async () => {
    answer = (_request, response) => {
      response.writeHead(200, { 'Content-Length': '100' });
      response.write('partial', () => response.destroy());
    };
    const stream = session.request({ ':path': '/cut' });
    stream.resume();
    const [error] = await once(stream, 'error').catch((thrown) => [thrown]);
    expect(error.code).toBe('ERR_HTTP2_STREAM_ERROR');
    expect(stream.rstCode).toBe(constants.NGHTTP2_INTERNAL_ERROR);
  });

  it('who resets a stream frees the target at once', async () => {
    let closed: Promise<unknown> | undefined;
    const began = new Promise<void>((resolve) => {
      answer = (request, response) => {
        closed = once(request.socket, 'close');
        response.writeHead(200);
        response.write('begin');
        resolve();
      };
    });
    const stream = session.request({ ':path': '/long' });
    stream.on('error', () => {});
    await began;
    await once(stream, 'data');
    stream.close(constants.NGHTTP2_CANCEL);
    await closed;
    expect(proxy.proxy.inFlight()).toBe(0);
  });

  it('gets early hints, and errors of the table', async () => {
    answer = (_request, response) => {
      response.writeEarlyHints({ link: '</style.css>; rel=preload' });
      response.end('late');
    };
    const stream = session.request({ ':path': '/hints' });
    const hints = once(stream, 'headers');
    await collect(stream);
    expect((await hints)[0]).toMatchObject({ ':status': 103, link: '</style.css>; rel=preload' });

    const refused = await get('/x', { ':authority': 'user@shop.test' });
    expect(refused.headers).toMatchObject({ ':status': 400, 'x-strangler-error': 'bad-host' });
  });

  it('gets our cookie marked Secure while its route is split', async () => {
    const { headers } = await get('/split');
    expect(headers['set-cookie']).toEqual([
      expect.stringMatching(/^strangler_caller=[\w-]{22}; Max-Age=15552000; Path=\/; HttpOnly; SameSite=Lax; Secure$/),
    ]);
  });
});

describe('a caller by HTTP/1.1 over TLS', () => {
  it('is served by the same port', async () => {
    answer = (request, response) => seen(response, request);
    const request = httpsRequest(`${proxy.url}/plain`, { ca: certificate.cert }).end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk);
    const told = JSON.parse(Buffer.concat(chunks).toString());
    expect(response.httpVersion).toBe('1.1');
    expect(told.raw.join('\n')).toContain('X-Forwarded-Proto\nhttps');
  });

  it('opens WebSockets', async () => {
    const sockets = new WebSocketServer({ server: target });
    sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(`echo ${data}`)));
    const socket = new WebSocket(proxy.url.replace('https', 'wss'), { ca: certificate.cert });
    await once(socket, 'open');
    socket.send('hello');
    const [data] = await once(socket, 'message');
    expect(String(data)).toBe('echo hello');
    socket.close();
    await once(socket, 'close');
    sockets.close();
  });
});
