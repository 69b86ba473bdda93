import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TargetSettings } from '../../src/domain/settings.ts';
import { type Certificate, createCertificate } from '../support/certificate.ts';
import { instanceUrl, settingsFor, startProxy } from '../support/proxy.ts';

let certificate: Certificate;
let target: Server;
let port: number;
const names: (string | false | undefined)[] = [];

beforeAll(async () => {
  certificate = await createCertificate();
  target = createServer(certificate, (request, response) => {
    names.push((request.socket as { servername?: string | false }).servername);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => response.end(Buffer.concat(chunks).length > 0 ? Buffer.concat(chunks) : 'secret'));
  });
  await once(target.listen(0, '127.0.0.1'), 'listening');
  port = (target.address() as AddressInfo).port;
});

afterAll(() => {
  target.closeAllConnections();
  target.close();
});

async function through(tls: Partial<TargetSettings['tls']>, hostname = '127.0.0.1', body?: Buffer) {
  const urls = [{ ...instanceUrl(port, true), hostname }];
  const proxy = await startProxy(
    settingsFor(port, { legacy: { urls, tls: { ca: null, servername: null, verify: true, ...tls } } }),
  );
  try {
    const response = await fetch(`${proxy.url}/`, body === undefined ? {} : { method: 'POST', body });
    return {
      status: response.status,
      error: response.headers.get('x-strangler-error'),
      body: Buffer.from(await response.arrayBuffer()),
    };
  } finally {
    await proxy.close();
  }
}

describe('a target by HTTPS', () => {
  it('is trusted by the authority that routes.yaml names', async () => {
    const { status, body } = await through({ ca: certificate.cert });
    expect(status).toBe(200);
    expect(body.toString()).toBe('secret');
  });

  it('is not trusted without it', async () => {
    expect(await through({})).toMatchObject({ status: 502, error: 'target-unreachable' });
  });

  it('is trusted blindly with verify: false', async () => {
    expect((await through({ verify: false })).status).toBe(200);
  });

  it('must bear the name that it is asked for by', async () => {
    expect((await through({ ca: certificate.cert, servername: 'shop.test' })).status).toBe(200);
    expect(names.at(-1)).toBe('shop.test');
    expect(await through({ ca: certificate.cert, servername: 'other.test' })).toMatchObject({ status: 502 });
  });

  it('gets the name of its URL', async () => {
    expect((await through({ ca: certificate.cert }, 'localhost')).status).toBe(200);
    expect(names.at(-1)).toBe('localhost');
  });

  it('carries large bodies both ways', async () => {
    const body = Buffer.alloc(5_000_000, 'abcdefg');
    const answered = await through({ ca: certificate.cert }, '127.0.0.1', body);
    expect(answered.body.equals(body)).toBe(true);
  });
});
