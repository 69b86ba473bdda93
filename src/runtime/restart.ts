import type { Settings } from '../domain/settings.ts';

/** Where sockets and files stand open, by the name it has in routes.yaml: what a reload can't move. */
const addresses: Readonly<Record<string, (settings: Settings) => unknown>> = {
  'listen.host': ({ listen }) => listen.host,
  'listen.port': ({ listen }) => listen.port,
  'listen.tls': ({ listen }) => listen.tls,
  'admin.host': ({ admin }) => admin.host,
  'admin.port': ({ admin }) => admin.port,
  state: ({ state }) => state,
};

export function changedAddresses(started: Settings, now: Settings): readonly string[] {
  return Object.entries(addresses)
    .filter(([, read]) => JSON.stringify(read(started)) !== JSON.stringify(read(now)))
    .map(([name]) => name);
}
