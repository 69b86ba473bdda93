import type { BusLocation } from './events-settings.ts';

/** Where a bus is, as routes.yaml and programs write it; `null` where it is none. A path comes out as it stands. */
export function readBusLocation(written: string): BusLocation | null {
  if (written === 'memory') return { kind: 'memory' };
  const path = /^sqlite:(?!\/\/(?!\/))(.+)$/s.exec(written)?.[1];
  if (path !== undefined && path !== ':memory:') return { kind: 'sqlite', path };
  if (/^rediss?:\/\/[^\s]+$/.test(written) && URL.canParse(written)) return { kind: 'redis', url: written };
  const brokers = /^kafka:\/\/([^/\s]+)\/?$/.exec(written)?.[1]?.split(',');
  if (brokers?.every((broker) => /^(\[[^\]]+\]|[^:]+):\d{1,5}$/.test(broker))) return { kind: 'kafka', brokers };
  return null;
}
