import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from './stage/child.ts';
import { type Front, inFrontOf } from './stage/front.ts';
import { describeWith, program } from './stage/programs.ts';

const curl = program('curl', 'apt-get install curl');

describeWith([curl], 'curl and streams', () => {
  let legacy: Server;
  let front: Front;
  let uploaded = 0;
  let onGone: () => void;
  const callerGone = new Promise<void>((resolve) => {
    onGone = resolve;
  });

  beforeAll(async () => {
    legacy = createServer(answer).listen(0, '127.0.0.1');
    legacy.on('checkContinue', refuseOrTake);
    legacy.on('checkExpectation', (_request, response: ServerResponse) => {
      response.writeHead(417, { 'Content-Length': 3 }).end('no\n');
    });
    await once(legacy, 'listening');
    front = await inFrontOf((legacy.address() as AddressInfo).port);
  });

  afterAll(async () => {
    await front.close();
    legacy.closeAllConnections();
    legacy.close();
  });

  function answer(request: IncomingMessage, response: ServerResponse): void {
    if (request.url === '/events') {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      // The second event waits for nobody: it is never sent, so that only a flushed first one can be seen.
      response.write('data: first\n\n');
      response.once('close', onGone);
      return;
    }
    if (request.url === '/hints') response.writeEarlyHints({ link: '</app.css>; rel=preload' });
    response.writeHead(200, { Trailer: 'X-Sum', 'Content-Type': 'text/plain' });
    response.write('body');
    response.addTrailers({ 'X-Sum': '42' });
    response.end();
  }

  function refuseOrTake(request: IncomingMessage, response: ServerResponse): void {
    request.on('data', (chunk: Buffer) => {
      uploaded += chunk.length;
    });
    if (request.url === '/refuse') {
      response.writeHead(417, { 'Content-Length': 0 }).end();
      return;
    }
    response.writeContinue();
    request.once('end', () => response.end(String(uploaded)));
  }

  test('an event is here before the next one, and a caller who leaves is missed by the monolith', async () => {
    const { code, stdout } = await run('curl', ['-sSN', '--max-time', '1', `${front.url}/events`]);
    // 28: curl's own time is up, with the event in hand.
    expect(code).toBe(28);
    expect(stdout.toString()).toBe('data: first\n\n');
    await callerGone;
  });

  test('trailers arrive after the body', async () => {
    const { stdout } = await run('curl', ['-sS', '-i', '-H', 'TE: trailers', '-H', 'Connection: TE', front.url]);
    expect(stdout.toString().replaceAll('\r', '')).toMatch(/\n\nbodyX-Sum: 42\n\n?$/);
  });

  test('early hints arrive before the answer', async () => {
    const { stdout } = await run('curl', ['-sS', '-i', `${front.url}/hints`]);
    const told = stdout.toString();
    expect(told).toMatch(
      /^HTTP\/1\.1 103 Early Hints\r\nlink: <\/app\.css>; rel=preload\r\n\r\nHTTP\/1\.1 200 OK\r\n/i,
    );
  });

  test('an upload goes on after 100 Continue, and is not sent at all after 417', async () => {
    const upload = ['-sSv', '-H', 'Expect: 100-continue', '--expect100-timeout', '10', '--data-binary', '@-'];
    const input = Buffer.alloc(4 * 1024 * 1024, 'x');
    const refused = await run('curl', [...upload, `${front.url}/refuse`], { input });
    expect(refused.stderr).toContain('< HTTP/1.1 417 ');
    expect(uploaded).toBe(0);
    const taken = await run('curl', [...upload, `${front.url}/take`], { input });
    expect(taken.stdout.toString()).toBe(String(input.length));
  });
});
