/**
 * Where the state and the admin port are, as well as a broken routes.yaml still tells. The big red button must
 * work on the day that somebody saved half a file; nothing else is taken from a file that isn't valid.
 */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { isMap, parseDocument } from 'yaml';
import { defaultStateLocation } from '../config/addresses.ts';
import { interpolate } from '../config/environment.ts';
import type { AdminSettings, StateLocation } from '../domain/settings.ts';

export interface Salvaged {
  readonly state: StateLocation;
  readonly admin: AdminSettings;
}

export async function salvage(file: string, env: NodeJS.ProcessEnv): Promise<Salvaged> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const found = topLevel(text);
  const admin = plainMap(found('admin'));
  const read = (value: unknown): string | null => {
    if (typeof value === 'number') return String(value);
    if (typeof value !== 'string') return null;
    const { text, wrong } = interpolate(value, env);
    return wrong.length === 0 ? text : null;
  };
  return {
    state: location(read(found('state')) ?? defaultStateLocation, dirname(file)),
    admin: {
      host: read(admin.host) ?? '127.0.0.1',
      port: Number(read(admin.port) ?? 9090),
      token: read(admin.token),
      hosts: [],
    },
  };
}

/** The parser keeps what it could read; the mistake is mostly somewhere below. */
function topLevel(text: string): (key: string) => unknown {
  try {
    const document = parseDocument(text, { strict: false, uniqueKeys: false });
    return (key) => (isMap(document.contents) ? document.get(key) : undefined);
  } catch {
    return () => undefined;
  }
}

function plainMap(node: unknown): Readonly<Record<string, unknown>> {
  return isMap(node) ? (node.toJSON() as Record<string, unknown>) : {};
}

function location(spelled: string, folder: string): StateLocation {
  if (/^memory:?$/.test(spelled)) return { kind: 'memory' };
  return { kind: 'sqlite', path: resolve(folder, spelled.replace(/^sqlite:/, '')) };
}
