import { type SettingsOverrides, settingsFor, startProxy, type TestProxy } from '../../support/proxy.ts';

/** The proxy as a team has it on day one: everything to legacy, its defaults, nothing else configured. */
export function inFrontOf(port: number, more: SettingsOverrides = {}): Promise<TestProxy> {
  return startProxy(
    settingsFor(port, {
      ...more,
      listen: {
        timeout: { headers: 10_000, body: 30_000, idle: 75_000 },
        ...more.listen,
      },
      legacy: { timeout: { connect: 5_000, response: 0, idle: 0 }, ...more.legacy },
    }),
  );
}
