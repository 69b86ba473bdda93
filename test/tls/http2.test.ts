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
import { connect as tlsConnect } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import WebSocket, { WebSocketServer } from 'ws';
import { aRow } from '../domain/a-row.ts';
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
  proxy = await startProxy(settings, [aRow({ route: 'split', declared: 50, live: 50 })]);
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

  it('is refused with 503 while as many requests are under way as there may be', async () => {
    const settings = settingsFor(targetPort, {
      listen: { tls: certificate, limits: { headers: 65_536, path: 8_192, headerCount: 200, concurrent: 1, lag: 0 } },
    });
    const full = await startProxy(settings);
    const ours = connect(full.url, { ca: certificate.cert });
    const reached = new Promise<ServerResponse>((resolve) => {
      answer = (_request, response) => resolve(response);
    });
    const first = ours.request({ ':path': '/held' });
    const held = await reached;

    const refusal = await collect(ours.request({ ':path': '/refused' }));

    expect(refusal.headers).toMatchObject({ ':status': 503, 'x-strangler-error': 'overloaded', 'retry-after': '1' });
    held.end('served');
    expect((await collect(first)).body.toString()).toBe('served');
    ours.destroy();
    await full.close();
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

    const refused = await get('/x', { ':authority': 'shop.test:port' });
    expect(refused.headers).toMatchObject({ ':status': 400, 'x-strangler-error': 'bad-host' });
    expect(proxy.counts.refused).toEqual(['bad-host']);
  });

  it('gets our cookie marked Secure while its route is split', async () => {
    const { headers } = await get('/split');
    expect(headers['set-cookie']).toEqual([
      expect.stringMatching(/^strangler_caller=[\w-]{22}; Max-Age=15552000; Path=\/; HttpOnly; SameSite=Lax; Secure$/),
    ]);
  });
});

describe('an answer that HTTP/2 can not carry as it is', () => {
  it('keeps repeated fields, joined where Node takes one line only', async () => {
    answer = (_request, response) => {
      response.writeHead(200, [
        ['X-Content-Type-Options', 'nosniff'],
        ['X-Content-Type-Options', 'nosniff'],
        ['ETag', '"a"'],
        ['ETag', '"b"'],
        ['Vary', 'Accept'],
        ['Vary', 'Cookie'],
        ['WWW-Authenticate', 'Basic realm="a"'],
        ['WWW-Authenticate', 'Negotiate'],
      ] as never);
      response.end('ok');
    };
    const { headers, body } = await get('/repeated');
    expect(body.toString()).toBe('ok');
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', etag: '"a", "b"', vary: 'Accept, Cookie' });
  });

  it('keeps repeated fields of interim answers and trailers', async () => {
    answer = (_request, response) => {
      response.socket!.write(
        'HTTP/1.1 103 Early Hints\r\nX-Content-Type-Options: a\r\nX-Content-Type-Options: b\r\n\r\n',
      );
      response.writeHead(200, { Trailer: 'X-Content-Type-Options' });
      response.write('ok');
      response.addTrailers([
        ['X-Content-Type-Options', 'c'],
        ['X-Content-Type-Options', 'd'],
      ] as never);
      response.end();
    };
    const { headers, trailers } = await get('/interim', { te: 'trailers' });
    expect(headers[':status']).toBe(200);
    expect(trailers['x-content-type-options']).toBe('c, d');
  });

  it('is an invalid answer where its status can not be told', async () => {
    answer = (_request, response) => response.writeHead(999).end();
    expect((await get('/999')).headers).toMatchObject({ ':status': 502, 'x-strangler-error': 'target-invalid' });
    answer = (_request, response) => response.end('still here');
    expect((await get('/next')).body.toString()).toBe('still here');
  });
});

describe('a request by HTTP/2', () => {
  it('that is to go no further is answered here', async () => {
    answer = (_request, response) => void response.writeHead(418).end();
    const finished = proxy.counts.finished;
    const { headers } = await get('/', { ':method': 'OPTIONS', 'max-forwards': '0' });
    expect(headers[':status']).toBe(200);
    expect(proxy.counts.finished).toBe(finished + 1);
  });

  it('has as many fields as one by HTTP/1.1 may have', async () => {
    answer = (_request, response) => response.end('ok');
    const fields = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`x-${i}`, '1']));
    expect((await get('/many', fields(180))).headers[':status']).toBe(200);
    expect((await get('/too-many', fields(250))).headers).toMatchObject({ ':status': 431 });
  });

  it('is not told to go on by anyone but the target', async () => {
    const told: string[] = [];
    let goOn = (): void => {};
    const asked = new Promise<void>((resolve) => {
      target.once('checkContinue', (request, response) => {
        goOn = () => {
          told.push('target');
          response.writeContinue();
          request.on('data', () => {});
          request.on('end', () => response.end('got it'));
        };
        resolve();
      });
    });
    const stream = session.request({ ':method': 'POST', ':path': '/expect', expect: '100-continue' });
    stream.on('continue', () => {
      told.push('caller');
      stream.end('body');
    });
    const answered = collect(stream);
    await asked;
    goOn();
    expect((await answered).body.toString()).toBe('got it');
    expect(told).toEqual(['target', 'caller']);
  });

  it.each([
    ['NO_ERROR', constants.NGHTTP2_NO_ERROR],
    ['CANCEL', constants.NGHTTP2_CANCEL],
  ])('that is reset with %s in its body never looks complete to the target', async (_name, code) => {
    let complete = false;
    let reset = (): void => {};
    const closed = new Promise<void>((resolve) => {
      answer = (request) => {
        request.once('data', () => reset());
        request.on('end', () => {
          complete = true;
        });
        request.on('error', () => {});
        request.socket.on('close', () => resolve());
      };
    });
    // Node's own client ends a body before it resets the stream, so the frames are written by hand.
    const socket = tlsConnect({ port: proxy.port, host: '127.0.0.1', ca: certificate.cert, ALPNProtocols: ['h2'] });
    socket.on('error', () => {});
    await once(socket, 'secureConnect');
    const headers = Buffer.from('\x83\x87\x04\x05/half\x01\x09localhost', 'latin1');
    reset = () => socket.write(frame(3, 0, 1, Buffer.from([0, 0, 0, code])));
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    socket.write(Buffer.concat([frame(4, 0, 0), frame(1, 4, 1, headers), frame(0, 0, 1, Buffer.from('half'))]));
    await closed;
    socket.destroy();
    expect(complete).toBe(false);
  });
});

/** One HTTP/2 frame (RFC 9113 section 4.1). */
function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

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
