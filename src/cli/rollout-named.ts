/** Which rollout a name on the command line means. */
import { didYouMean } from '../config/suggest.ts';
import { goesOn } from '../domain/rollout/position.ts';
import type { RolloutStatus } from '../domain/rollout/status.ts';
import { Failure } from './failure.ts';
import { commandLine } from './file.ts';

/** To look at: the rollout of this name, or the one that moves the route of this name. */
export function rolloutsOf(name: string, rollouts: readonly RolloutStatus[], file: string): readonly RolloutStatus[] {
  const called = rollouts.filter((rollout) => rollout.name === name);
  const named = called.length > 0 ? called : rollouts.filter(({ routes }) => routes.includes(name));
  if (named.length > 0) return named;
  const known = rollouts.map((rollout) => rollout.name);
  throw new Failure([
    `there is no rollout "${name}"${didYouMean(name, known)}`,
    `to begin one: ${commandLine(`strangler rollout start ${name}`, file)}`,
  ]);
}

/**
 * To be steered: one under way, by its very name. Who names a single route must not stop or move a whole service by
 * it, nor the other way round.
 */
export function steerable(
  name: string,
  rollouts: readonly RolloutStatus[],
  {
    verb,
    file,
    serviceRoutes,
  }: { readonly verb: string; readonly file: string; readonly serviceRoutes: readonly string[] },
): RolloutStatus {
  const moving = rollouts.filter(({ phase }) => goesOn(phase));
  const found = moving.find((rollout) => rollout.name === name);
  if (found !== undefined) return found;
  const wider = moving.find(({ routes }) => routes.includes(name));
  const of = (rollout: RolloutStatus) => commandLine(`strangler rollout ${verb} ${rollout.name}`, file);
  if (wider !== undefined) {
    throw new Failure(`${name} is moved by the rollout ${wider.name}, with ${others(wider, name)}: ${of(wider)}`);
  }
  const narrower = moving.filter(({ routes }) => routes.some((route) => serviceRoutes.includes(route)));
  if (narrower.length > 0) {
    throw new Failure([`the routes of ${name} have rollouts of their own:`, ...narrower.map((one) => `  ${of(one)}`)]);
  }
  const ended = rollouts.find((rollout) => rollout.name === name);
  const known = moving.map((rollout) => rollout.name);
  const why =
    ended === undefined
      ? `no rollout "${name}" is under way${didYouMean(name, known)}`
      : `the rollout ${name} has ended (${ended.phase})`;
  throw new Failure([why, `to begin one: ${commandLine(`strangler rollout start ${name}`, file)}`]);
}

function others({ routes }: RolloutStatus, name: string): string {
  return routes.filter((route) => route !== name).join(', ');
}
