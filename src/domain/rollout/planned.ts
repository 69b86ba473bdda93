/** What a rollout of this name would be by routes.yaml: of one route, or of all routes of a service together. */
import type { Route, Settings } from '../settings.ts';
import type { Rollout, RolloutSettings } from './model.ts';
import { isUnderWay } from './position.ts';

export type Planned =
  | { readonly ok: true; readonly routes: readonly string[]; readonly settings: RolloutSettings }
  /** In lines for the operator. */
  | { readonly ok: false; readonly problem: readonly string[] };

export function plannedRollout(name: string, routes: readonly Route[]): Planned {
  const byId = routes.filter(({ id }) => id === name);
  const named = byId.length > 0 ? byId : routes.filter(({ service }) => service === name);
  if (named.length === 0) return no(`no route and no service is called "${name}"`);
  const moving = named.filter(({ retired }) => !retired);
  if (moving.length === 0) return no(`"${name}" is declared "legacy: retired": its service answers it already`);
  const [first, ...others] = moving.filter(({ rollout }) => rollout !== null);
  if (first === undefined) return no(...whatToAdd(name, moving));
  const apart = others.find(({ rollout }) => JSON.stringify(rollout) !== JSON.stringify(first.rollout));
  if (apart !== undefined) {
    const differing = `the routes of "${name}" have different rollouts: ${first.id} and ${apart.id} differ in`;
    return no(
      `${differing} ${differences(first.rollout!, apart.rollout!).join(', ')}`,
      `make them the same, or start one route by itself: strangler rollout start ${first.id}`,
    );
  }
  return { ok: true, routes: [first, ...others].map(({ id }) => id), settings: first.rollout! };
}

/**
 * The settings in which each route that a rollout under way moves has the plan that it was begun with: a file that has none
 * any more, or another proxy's that never had one, ends no rollout, and its last step is to be measured all the same.
 */
export function withPlansUnderWay(settings: Settings, rollouts: readonly Rollout[]): Settings {
  const plans = new Map(
    rollouts.filter(isUnderWay).flatMap((rollout) => rollout.routes.map((route) => [route, rollout.settings] as const)),
  );
  const lacks = ({ id, rollout }: Route): boolean => rollout === null && plans.has(id);
  if (!settings.routes.some(lacks)) return settings;
  const routes = settings.routes.map((route) => (lacks(route) ? { ...route, rollout: plans.get(route.id)! } : route));
  return { ...settings, routes };
}

function no(...problem: readonly string[]): Planned {
  return { ok: false, problem };
}

function whatToAdd(name: string, [first]: readonly Route[]): readonly string[] {
  const said = first!.id === name ? `the route "${name}" has` : `no route of "${name}" has`;
  return [
    `${said} no "rollout" in routes.yaml; with every default it is this, beside "percent: 0":`,
    '    rollout: { steps: [1, 5, 25, 50, 100], hold: 10m }',
  ];
}

function differences(one: RolloutSettings, other: RolloutSettings): readonly string[] {
  const keys = Object.keys(one) as (keyof RolloutSettings)[];
  return keys.filter((key) => JSON.stringify(one[key]) !== JSON.stringify(other[key]));
}
