import { type Draft, valueAt } from './draft.ts';
import { errorAt, type Finding, type Path, warningAt } from './problem.ts';
import type { RouteEntry } from './schema.ts';

type DraftRoute = Partial<RouteEntry>;

/** What can be wrong with a route's rollout beyond each single value. `given` is the route as the file has it. */
export function checkRollout(route: DraftRoute, path: Path, given: unknown): readonly Finding[] {
  if (typeof given !== 'object' || given === null || !('rollout' in given)) return [];
  const place = [...path, 'rollout'];
  const findings: Finding[] = [];
  if (!('percent' in given)) {
    const message =
      'a route with "rollout" says its percent too: "percent: 0" leaves all callers to legacy until it starts';
    findings.push(errorAt(place, message, 'key'));
  }
  if (route.legacy !== undefined) {
    findings.push(errorAt(place, 'legacy is retired here: its service answers everybody already', 'key'));
  }
  if ('guard' in given && route.guard === null) {
    const message = 'without the guard a service that fails keeps its callers until the next look at the gates';
    findings.push(warningAt([...path, 'guard'], message));
  }
  if (route.rollout === undefined) return findings;
  const { steps, gates } = route.rollout;
  if (typeof gates.match === 'number' && !('shadow' in given)) {
    const message = 'the gate "match" needs a "shadow" on this route: without one nothing is compared';
    findings.push(errorAt([...place, 'gates', 'match'], message));
  }
  return [
    ...findings,
    ...checkProvable(gates, [...place, 'gates']),
    ...checkSteps(
      steps.map(({ percent }) => percent),
      place,
      given,
    ),
    ...checkQueries(gates.prometheus, [...place, 'gates', 'prometheus'], given),
  ];
}

/** Where nothing is allowed beyond legacy, arms that are equal stay inconclusive for ever, however many requests there are. */
function checkProvable({ errors, p99 }: { errors: unknown; p99: unknown }, place: Path): readonly Finding[] {
  const never =
    'a service that is as good as legacy can never prove it, and the rollout waits for ever; allow a little:';
  return [
    ...(errors === 0 ? [warningAt([...place, 'errors'], `${never} "+0.5%"`)] : []),
    ...(p99 === 1 ? [warningAt([...place, 'p99'], `${never} "1.2x"`)] : []),
  ];
}

function checkSteps(percents: readonly number[], place: Path, given: unknown): readonly Finding[] {
  const index = percents.findIndex((percent, at) => percent <= (percents[at - 1] ?? 0));
  if (index !== -1) {
    const before = percents[index - 1];
    const above = before === undefined ? 'above 0' : `above the one before it, ${before}`;
    return [errorAt([...place, 'steps', index], `steps rise: this one has to be ${above}, not ${percents[index]}`)];
  }
  const last = percents.at(-1)!;
  if (last === 100 || valueAt(given, ['rollout', 'steps']) === undefined) return [];
  const message = `the last step is ${last} %: the rollout is complete there, and legacy still answers the others`;
  return [warningAt([...place, 'steps', percents.length - 1], message)];
}

interface Bounds {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

/** `prometheus` is one map, or a list of them. */
function checkQueries(queries: readonly Bounds[], place: Path, given: unknown): readonly Finding[] {
  const isList = Array.isArray(valueAt(given, ['rollout', 'gates', 'prometheus']));
  return queries.flatMap(({ min, max }, index) => {
    const path = isList ? [...place, index] : place;
    if (min === undefined && max === undefined) {
      return [errorAt(path, 'this query fails at no value: it needs "min", "max" or both')];
    }
    if (min === undefined || max === undefined || min <= max) return [];
    return [errorAt([...path, 'min'], `no value is at least ${min} and at most ${max}`)];
  });
}

/** Each transition is told once to each of them, so that the same one twice hears everything twice. */
export function checkWebhooks({ webhooks = [] }: Draft): readonly Finding[] {
  return webhooks.flatMap(({ url }, index) => {
    const earlier = webhooks.findIndex((one) => one.url === url);
    return earlier === index ? [] : [warningAt(['webhooks', index, 'url'], 'this webhook is listed twice')];
  });
}
