import type { LiveRoute } from '../../src/domain/live.ts';

/** A row of the state for a route at 0 percent, with what a test wants to be different. */
export function aRow(rest: Partial<LiveRoute> = {}): LiveRoute {
  return {
    route: 'order',
    service: 'orders',
    declared: 0,
    declaredAt: 0,
    live: 0,
    latched: false,
    retired: false,
    shadowDeclared: 0,
    shadowLive: 0,
    calibrateUntil: 0,
    ...rest,
  };
}
