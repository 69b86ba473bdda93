import { type Command, InvalidArgumentError } from 'commander';
import { defaultRollout } from '../config/default-rollout.ts';
import { parseDuration } from '../config/units.ts';
import { countText } from '../domain/figures.ts';
import type { RolloutSettings } from '../domain/rollout/model.ts';
import { simulate } from '../domain/rollout/simulate/summary.ts';
import type { Traffic } from '../domain/rollout/simulate/traffic.ts';
import type { Settings } from '../domain/settings.ts';
import { declaredRoutes } from '../domain/status.ts';
import { type CommonOptions, mustLoad, withCommonOptions } from './file.ts';
import { chartOf, endsOf, headOf, stepsOf, typicalOf } from './rollout-chart.ts';
import { select } from './select.ts';
import type { Terminal } from './terminal.ts';

interface SimulateOptions extends CommonOptions {
  readonly errors?: number;
  readonly legacyErrors: number;
  readonly rps: number;
  readonly p99: number;
  readonly match: number;
  readonly within: number;
  readonly runs: number;
  readonly seed: number;
}

export function addSimulate(command: Command, terminal: Terminal): void {
  withCommonOptions(command.command('simulate'))
    .description('show what a rollout would do, and how long it would take, by running it on made-up traffic')
    .argument('[route]', 'whose plan to try; the plan that "rollout: {}" declares when it is left out')
    .option('--errors <percent>', "requests that the service fails; as many as legacy when it isn't given", parseShare)
    .option('--legacy-errors <percent>', 'requests that legacy fails', parseShare, 0.1)
    .option('--rps <count>', 'requests a second, of both together', parseRate, 50)
    .option('--p99 <times>', 'how many times as long as legacy the service takes', parseTimes, 1)
    .option('--match <percent>', 'comparisons that match, where the plan has a gate for it', parseShare, 100)
    .option('--within <duration>', 'how long a run may wait for evidence', parseWithin, 7 * 86_400_000)
    .option('--runs <count>', 'how often it is tried', parseCount, 1000)
    .option('--seed <number>', 'the same seed draws the same traffic', parseSeed, 1)
    .action((route: string | undefined, options: SimulateOptions) => run(route, options, terminal));
}

async function run(route: string | undefined, options: SimulateOptions, terminal: Terminal): Promise<void> {
  const { settings, compared } = await planOf(route, options.config, terminal);
  if (settings.gates.prometheus.length > 0) terminal.remark('Prometheus is not asked: its gates are left out');
  const { rps, p99, match, within, runs, seed, legacyErrors } = options;
  const traffic: Traffic = {
    rps,
    serviceErrors: (options.errors ?? legacyErrors) / 100,
    legacyErrors: legacyErrors / 100,
    slowness: p99,
    mismatches: 1 - match / 100,
    compared,
  };
  const simulation = simulate(
    { settings, traffic, limit: within },
    {
      runs,
      seed,
      onRun: (done) => {
        if (done % 20 === 0) terminal.progress(`${countText(done)} of ${countText(runs)} runs`);
      },
    },
  );
  terminal.progress(null);
  if (options.json) {
    terminal.printJson({ settings, traffic, within, seed, ...simulation });
    return;
  }
  for (const line of [
    ...headOf(settings, traffic, { runs, seed }),
    '',
    ...chartOf(simulation, settings, terminal),
    ...typicalOf(simulation, settings),
    '',
    ...endsOf(simulation, within, terminal),
    '',
    ...stepsOf(simulation),
  ]) {
    terminal.print(line);
  }
}

interface Tried {
  readonly settings: RolloutSettings;
  /** The share of the requests that are compared. */
  readonly compared: number;
}

async function planOf(name: string | undefined, config: string, terminal: Terminal): Promise<Tried> {
  if (name === undefined) return { settings: defaultRollout(false), compared: 0 };
  const { settings } = await mustLoad(config, terminal);
  const route = routeOf(name, settings);
  if (route.rollout === null) terminal.remark(`${route.id} declares no rollout: this is the plan of "rollout: {}"`);
  const share = route.shadow.percent / 100;
  return { settings: route.rollout ?? defaultRollout(share > 0), compared: share };
}

/** A service's routes are moved together, by one plan. */
function routeOf(name: string, { routes }: Settings): Settings['routes'][number] {
  const selected = select(name, declaredRoutes(routes)).map(({ route }) => route);
  const named = routes.filter(({ id }) => selected.includes(id));
  return named.find(({ rollout }) => rollout !== null) ?? named[0]!;
}

function parseShare(text: string): number {
  const share = numberIn(text, /^(\d+(?:\.\d+)?) ?%?$/);
  if (share > 100) throw new InvalidArgumentError('It is a percent from 0 to 100.');
  return share;
}

function parseTimes(text: string): number {
  const times = numberIn(text, /^(\d+(?:\.\d+)?) ?x?$/);
  if (times < 0.01 || times > 1000) throw new InvalidArgumentError('It is a factor from 0.01 to 1000, such as 1.2x.');
  return times;
}

function parseRate(text: string): number {
  const rate = numberIn(text, /^(\d+(?:\.\d+)?)$/);
  if (rate <= 0 || rate > 1e6) throw new InvalidArgumentError('It is a number above 0, up to 1000000.');
  return rate;
}

function parseCount(text: string): number {
  const count = numberIn(text, /^(\d+)$/);
  if (count < 1 || count > 1e6) throw new InvalidArgumentError('It is a whole number from 1 to 1000000.');
  return count;
}

function parseSeed(text: string): number {
  const seed = numberIn(text, /^(\d+)$/);
  if (!Number.isSafeInteger(seed)) throw new InvalidArgumentError('It is a whole number.');
  return seed;
}

function parseWithin(text: string): number {
  const duration = parseDuration(text);
  if (duration === undefined || duration < 1000 || duration > 365 * 86_400_000) {
    throw new InvalidArgumentError('It is a duration from 1s to 365d.');
  }
  return duration;
}

function numberIn(text: string, pattern: RegExp): number {
  const [, digits] = pattern.exec(text) ?? [];
  if (digits === undefined) throw new InvalidArgumentError(`It is no such number: "${text}".`);
  return Number(digits);
}
