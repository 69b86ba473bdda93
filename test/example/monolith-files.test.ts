import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { partsOf } from '../../legacy-monolith/web/multipart.ts';
import { ask } from './support/raw-request.ts';
import { answerOf, type RunningShop, startShop } from './support/running-shop.ts';

let running: RunningShop;
beforeAll(async () => {
  running = await startShop();
});
afterAll(() => running.close());

async function upload(content: Buffer, filename = 'invoice.pdf'): Promise<{ content: string; size: number }> {
  const form = new FormData();
  form.append('note', 'before the file');
  form.append('file', new Blob([new Uint8Array(content)], { type: 'application/pdf' }), filename);
  form.append('after', 'the file');
  const response = await fetch(`${running.url}/api/orders/7/attachments`, { method: 'POST', body: form });
  expect(response.status).toBe(201);
  const { links, size } = await answerOf(response);
  return { content: links.content, size };
}

describe('a file', () => {
  it('comes back to the byte, with its name', async () => {
    const content = randomBytes(700_001);
    const { content: url, size } = await upload(content, 'Rechnung März.pdf');
    expect(size).toBe(content.length);
    const answer = await ask(url);
    expect(answer.body.equals(content)).toBe(true);
    expect(answer.headers['content-type']).toBe('application/pdf');
    expect(answer.headers['content-disposition']).toBe(
      `attachment; filename="Rechnung M_rz.pdf"; filename*=UTF-8''Rechnung%20M%C3%A4rz.pdf`,
    );
  });

  it('may also be the whole body of a request', async () => {
    const { status, body } = await ask(`${running.url}/api/orders/7/attachments`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: 'just this',
    });
    expect(status).toBe(201);
    expect((await ask(JSON.parse(body.toString()).links.content)).body.toString()).toBe('just this');
  });

  it('is handed out in ranges', async () => {
    const { content: url } = await upload(Buffer.from('0123456789'));
    const range = async (header: string, more = {}) => {
      const { status, headers, body } = await ask(url, { headers: { range: header, ...more } });
      return [status, headers['content-range'], body.toString()];
    };
    expect(await range('bytes=2-4')).toEqual([206, 'bytes 2-4/10', '234']);
    expect(await range('bytes=7-')).toEqual([206, 'bytes 7-9/10', '789']);
    expect(await range('bytes=-3')).toEqual([206, 'bytes 7-9/10', '789']);
    expect(await range('bytes=5-99')).toEqual([206, 'bytes 5-9/10', '56789']);
    expect(await range('bytes=10-')).toEqual([416, 'bytes */10', '']);
    expect(await range('bytes=4-2')).toEqual([200, undefined, '0123456789']);
    expect(await range('bytes=0-1', { 'if-range': '"another version"' })).toEqual([200, undefined, '0123456789']);
  });

  it('is not sent again to those who have it, nor to those who only ask about it', async () => {
    const { content: url } = await upload(Buffer.from('0123456789'));
    const { headers } = await ask(url);
    expect(await ask(url, { headers: { 'if-none-match': `"other", ${headers.etag}` } })).toMatchObject({ status: 304 });
    const head = await ask(url, { method: 'HEAD' });
    expect([head.headers['content-length'], head.body.length]).toEqual(['10', 0]);
  });

  it('can be empty', async () => {
    const { content: url } = await upload(Buffer.alloc(0));
    expect(await ask(url)).toMatchObject({ status: 200, headers: { 'content-length': '0' } });
  });

  it('of which the end never came is not kept', async () => {
    const before = await readdir(join(running.folder, 'uploads'));
    const socket = connect(Number(new URL(running.url).port), '127.0.0.1');
    socket.write('POST /api/orders/7/attachments HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nonly this');
    await expect.poll(() => readdir(join(running.folder, 'uploads'))).toHaveLength(before.length + 1);
    socket.destroy();
    await expect.poll(() => readdir(join(running.folder, 'uploads'))).toEqual(before);
  });

  it('that is far too large is refused before it is sent', async () => {
    const socket = connect(Number(new URL(running.url).port), '127.0.0.1');
    socket.write(
      'POST /api/orders/7/attachments HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999999\r\nExpect: 100-continue\r\n\r\n',
    );
    let answer = '';
    for await (const chunk of socket) answer += chunk;
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });
});

describe('a multipart body', () => {
  const request = { headers: { 'content-type': 'multipart/form-data; boundary="-x-"' } } as IncomingMessage;
  const read = async (chunks: readonly Buffer[]): Promise<string[][]> => {
    const parts: string[][] = [];
    const body = (async function* () {
      yield* chunks;
    })();
    for await (const { name, filename, content } of partsOf(request, body)) {
      const pieces: Buffer[] = [];
      for await (const piece of content) pieces.push(piece);
      parts.push([name, filename ?? '', Buffer.concat(pieces).toString('latin1')]);
    }
    return parts;
  };
  const field = (name: string, content: string): string =>
    `---x-\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${content}\r\n`;

  it('reads the same however it is cut', async () => {
    const content = fc.string({ unit: fc.constantFrom('\r', '\n', '-', 'x', 'a', '--') });
    await fc.assert(
      fc.asyncProperty(content, content, fc.array(fc.nat({ max: 200 })), async (one, two, cuts) => {
        fc.pre(!`${one}|${two}`.includes('\r\n---x-'));
        const whole = Buffer.from(`${field('one', one)}${field('two', two)}---x---\r\n`);
        const places = [0, ...cuts.map((cut) => cut % whole.length).sort((a, b) => a - b), whole.length];
        const pieces = places.slice(1).map((place, index) => whole.subarray(places[index], place));
        expect(await read(pieces)).toEqual([
          ['one', '', one],
          ['two', '', two],
        ]);
      }),
    );
  });

  it('that breaks off is malformed, wherever it does', async () => {
    const whole = `${field('one', 'first')}---x--`;
    for (let length = 0; length < whole.length; length += 1) {
      await expect(read([Buffer.from(whole.slice(0, length))])).rejects.toThrow('malformed');
    }
  });
});
