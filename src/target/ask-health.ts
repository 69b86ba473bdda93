import net from 'node:net';
import tls from 'node:tls';
import { Client } from 'undici';
import type { InstanceUrl } from '../domain/instance-url.ts';
import type { HealthSettings } from '../domain/policies.ts';
import type { TargetSettings } from '../domain/settings.ts';
import { placeOf, securePlaceOf } from './wire/reach.ts';

/** Bytes of an answer's body that are read: its status has been told by then. */
const mostBytes = 64 * 1024;

export interface HealthQuestion {
  readonly url: InstanceUrl;
  readonly health: Pick<HealthSettings, 'path' | 'timeout'>;
  readonly tls: TargetSettings['tls'];
}

/** One question under way. */
export interface Asking {
  /** Why the instance is not well, `null` when it is; never rejects. */
  readonly why: Promise<string | null>;
  /** Gives it up; `why` says then something of no interest. */
  cut(): void;
}

/** One GET on a connection of its own, so that it also tells whether the instance takes new ones. */
export function askHealth(question: HealthQuestion): Asking {
  const { client, cut } = clientFor(question);
  return { why: answerOf(client, question, cut), cut };
}

async function answerOf(
  client: Client,
  { url, health: { path, timeout } }: HealthQuestion,
  cut: () => void,
): Promise<string | null> {
  let isLate = false;
  const impatience = setTimeout(() => {
    isLate = true;
    cut();
  }, timeout).unref();
  try {
    const { statusCode, body } = await client.request({
      method: 'GET',
      path: url.basePath + path,
      headers: { 'user-agent': 'strangler-health' },
      reset: true,
    });
    let read = 0;
    for await (const chunk of body) {
      read += (chunk as Buffer).length;
      if (read > mostBytes) break;
    }
    return statusCode >= 200 && statusCode <= 299 ? null : `it answered with ${statusCode}`;
  } catch (error) {
    return isLate ? `no whole answer within ${timeout} ms` : reasonOf(error);
  } finally {
    clearTimeout(impatience);
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
      let stands = false;
      opened.once(url.secure ? 'secureConnect' : 'connect', () => {
        stands = true;
        callback(null, opened);
      });
      // What goes wrong later is heard by the client; what goes wrong after `cut`, by nobody.
      opened.on('error', (error) => {
        if (!stands) callback(error, null);
        stands = true;
      });
      socket = opened;
    },
  });
  const cut = (): void => {
    // A signal would not be heard before the connection stands.
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
  return typeof code === 'string' && !code.startsWith('UND_') ? code : message;
}
