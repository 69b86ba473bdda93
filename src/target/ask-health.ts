import net from 'node:net';
import tls from 'node:tls';
import { Client } from 'undici';
import type { InstanceUrl } from '../domain/instance-url.ts';
import type { HealthQuestion } from './health-check.ts';
import { placeOf, securePlaceOf } from './wire/reach.ts';

/** Bytes of an answer's body that are read: its status has been told by then. */
const mostBytes = 64 * 1024;

/**
 * One GET on a connection of its own, so that it also tells whether the instance takes new ones. Resolves with why the
 * instance is not well, `null` when it is; never rejects.
 */
export async function askHealth(question: HealthQuestion, stopping: AbortSignal): Promise<string | null> {
  const { url, health } = question;
  const impatience = AbortSignal.timeout(health.timeout);
  const { client, cut } = clientFor(question);
  try {
    const { statusCode, body } = await client.request({
      method: 'GET',
      path: url.basePath + health.path,
      headers: { 'user-agent': 'strangler-health' },
      reset: true,
      signal: AbortSignal.any([impatience, stopping]),
    });
    let read = 0;
    for await (const chunk of body) {
      read += (chunk as Buffer).length;
      if (read > mostBytes) break;
    }
    return statusCode >= 200 && statusCode <= 299 ? null : `it answered with ${statusCode}`;
  } catch (error) {
    return impatience.aborted ? `no whole answer within ${health.timeout} ms` : reasonOf(error);
  } finally {
    cut();
  }
}

function clientFor({ url, tls: secured }: HealthQuestion): { client: Client; cut: () => void } {
  let socket: net.Socket | undefined;
  const client = new Client(originOf(url), {
    headersTimeout: 0,
    bodyTimeout: 0,
    // Opened as callers' connections are, so that what keeps those from standing is not overlooked here.
    connect: (_, callback) => {
      const opened = url.secure ? tls.connect(securePlaceOf(url, secured)) : net.connect(placeOf(url));
      opened.once(url.secure ? 'secureConnect' : 'connect', () => callback(null, opened));
      opened.once('error', (error) => callback(error, null));
      socket = opened;
    },
  });
  const cut = (): void => {
    client.destroy().catch(() => undefined);
    socket?.destroy();
  };
  return { client, cut };
}

function originOf({ secure, authority }: InstanceUrl): string {
  return `${secure ? 'https' : 'http'}://${authority}`;
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code?.startsWith('UND_') === false ? code : message;
}
