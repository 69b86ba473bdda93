import { type Command, InvalidArgumentError } from 'commander';
import { writePercent } from '../config/edit.ts';
import type { ValidFile } from '../config/load.ts';
import type { Outcome } from '../domain/live.ts';
import { declaredRoutes } from '../domain/status.ts';
import { openControl, using } from './control.ts';
import { Failure } from './failure.ts';
import { type CommonOptions, commandLine, mustLoad, withCommonOptions } from './file.ts';
import { knownRows } from './known-rows.ts';
import { movesOf, refusalsOf } from './outcome.ts';
import { mustStandTogether, select } from './select.ts';
import type { Terminal } from './terminal.ts';
import { whoIsActing } from './who.ts';
import { percentText } from './words.ts';
import { writeEach } from './write-each.ts';

interface ShiftOptions extends CommonOptions {
  readonly reason?: string;
  readonly write?: true;
  readonly allRoutes?: true;
  readonly pauseRollout?: true;
}

export function addShift(program: Command, terminal: Terminal): void {
  withCommonOptions(program.command('shift'))
    .description('change the live percent of a route, or of all routes of a service')
    .argument('<route|service>', 'whose share to change')
    .argument('<percent>', 'the share of callers that the service answers, 0 to 100', parsePercent)
    .option('--reason <text>', 'why; kept in the history')
    .option('--write', 'write the percent into routes.yaml as well')
    .option('--all-routes', 'move all routes of the service, also when they stand at different percents')
    .option('--pause-rollout', 'pause the rollout that moves it, which refuses the shift otherwise')
    .action((name: string, percent: number, options: ShiftOptions) => shift(name, percent, options, terminal));
}

export function parsePercent(text: string): number {
  const figures = text.replace(/ ?%$/, '');
  if (!/^\d{1,3}(\.\d{1,2})?$/.test(figures) || Number(figures) > 100) {
    throw new InvalidArgumentError('A percent is a number from 0 to 100 with at most two decimals.');
  }
  return Number(figures);
}

async function shift(name: string, percent: number, options: ShiftOptions, terminal: Terminal): Promise<void> {
  const loaded = await mustLoad(options.config, terminal);
  const routes = movable(name, loaded);
  const who = whoIsActing(terminal.env);

  await using(await openControl(loaded.settings), async (control) => {
    const before = await knownRows(control, loaded, routes, who);
    if (!options.allRoutes) mustStandTogether(name, before);
    const outcome = await control.change({
      kind: 'shift',
      routes,
      percent,
      pauseRollout: options.pauseRollout ?? false,
      who,
      reason: options.reason ?? null,
    });
    if (outcome.refused.length > 0) {
      // What a rollout holds back keeps the other routes of a service from nothing: that has to be seen.
      if (outcome.entries.length > 0) for (const line of movesOf(before, outcome, routes)) terminal.print(line);
      throw new Failure(refusalsOf(outcome));
    }

    // Told before the file is touched: whatever becomes of that, this much is true.
    if (options.json) terminal.printJson(outcome);
    else
      for (const line of [...movesOf(before, outcome, routes), ...pauses(outcome, options.config)])
        terminal.print(line);
    if (options.write) {
      await writeEach(control, loaded, routes, options.config, terminal, (route) =>
        writePercent(options.config, route, percent, terminal.env),
      );
      terminal.remark(`${options.config} says ${percentText(percent)} too`);
    } else if (!options.json) {
      for (const line of disagreements(outcome, loaded, routes, options.config)) terminal.print(line);
    }
  });
}

/** Which rollouts are paused by it, and how they go on. */
function pauses({ entries, rollouts }: Outcome, file: string): string[] {
  const told = entries.filter(({ what }) => what === 'rollout').map(({ route }) => route);
  const paused = rollouts.filter(({ standing, routes }) => {
    return standing.phase === 'paused' && routes.some((route) => told.includes(route));
  });
  return paused.map(({ name }) => {
    return `the rollout ${name} is paused; to let it go on: ${commandLine(`strangler rollout resume ${name}`, file)}`;
  });
}

/** The retired routes of a service are left out: their percent is not for anyone to move. */
function movable(name: string, { settings }: ValidFile): readonly string[] {
  const selected = select(name, declaredRoutes(settings.routes));
  const routes = selected.filter(({ retired }) => !retired).map(({ route }) => route);
  if (routes.length === 0) throw new Failure(`"${name}" is declared "legacy: retired": only its service can answer it`);
  return routes;
}

function disagreements({ live }: Outcome, { settings }: ValidFile, routes: readonly string[], file: string): string[] {
  return settings.routes
    .filter(({ id }) => routes.includes(id))
    .flatMap(({ id, percent }) => {
      const row = live.find(({ route }) => route === id);
      if (row === undefined || row.live === percent) return [];
      const command = commandLine(`strangler shift ${id} ${row.live} --write`, file);
      return [`${file} still declares ${percentText(percent)} for ${id}; to make it say the same: ${command}`];
    });
}
