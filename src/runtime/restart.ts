import type { Settings } from '../domain/settings.ts';

/** What open sockets and files were made with, by its name in routes.yaml: a reload can't change it any more. */
const fixed: Readonly<Record<string, (settings: Settings) => unknown>> = {
  'listen.host': ({ listen }) => listen.host,
  'listen.port': ({ listen }) => listen.port,
  // A renewed certificate is taken up; turning TLS on or off is not.
  'listen.tls': ({ listen }) => listen.tls !== null,
  'listen.timeout.headers': ({ listen }) => listen.timeout.headers,
  'listen.timeout.idle': ({ listen }) => listen.timeout.idle,
  'listen.limits.headers': ({ listen }) => listen.limits.headers,
  'listen.limits.count': ({ listen }) => listen.limits.headerCount,
  'admin.host': ({ admin }) => admin.host,
  'admin.port': ({ admin }) => admin.port,
  state: ({ state }) => state,
  'events.bus': ({ events }) => events.bus,
  'events.stream': ({ events }) => events.stream,
  'events.keep': ({ events }) => events.keep,
  'events.most': ({ events }) => events.most,
  'events.sync': ({ events }) => events.sync,
};

export function changedButFixed(started: Settings, now: Settings): readonly string[] {
  return Object.entries(fixed)
    .filter(([, read]) => JSON.stringify(read(started)) !== JSON.stringify(read(now)))
    .map(([name]) => name);
}
