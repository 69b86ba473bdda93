import { type Command, InvalidArgumentError } from 'commander';
import { writeShadowPercent } from '../config/edit.ts';
import type { ValidFile } from '../config/load.ts';
import { copiesOf } from '../domain/copies.ts';
import type { LiveRoute, Outcome } from '../domain/live.ts';
import { livePercent, stageOf } from '../domain/plan.ts';
import { declaredRoutes } from '../domain/status.ts';
import { openControl, using } from './control.ts';
import { Failure } from './failure.ts';
import { type CommonOptions, commandLine, mustLoad, withCommonOptions } from './file.ts';
import { knownRows } from './known-rows.ts';
import { refusalsOf } from './outcome.ts';
import { mustStandTogether, select } from './select.ts';

import { addCalibrate } from './shadow-calibrate.ts';
import { parsePercent } from './shift.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';
import { whoIsActing } from './who.ts';
import { percentText } from './words.ts';
import { writeEach } from './write-each.ts';

interface ShadowOptions extends CommonOptions {
  readonly reason?: string;
  readonly write?: true;
  readonly allRoutes?: true;
}

export function addShadow(program: Command, terminal: Terminal): void {
  const command = withCommonOptions(program.command('shadow'))
    .description('change the share of requests that are copied to the other target and compared')
    .argument('<route|service>', 'whose requests to copy')
    .argument('<percent|off>', 'the share of requests that are copied, 0 to 100; off is 0', parseShare)
    .option('--reason <text>', 'why; kept in the history')
    .option('--write', 'write the percent into routes.yaml as well')
    .option('--all-routes', 'set it for all routes of the service, also when they stand at different percents')
    .action((name: string, percent: number, options: ShadowOptions) => run(name, percent, options, terminal));
  addCalibrate(command, terminal);
}

function parseShare(text: string): number {
  if (text === 'off') return 0;
  try {
    return parsePercent(text);
  } catch {
    throw new InvalidArgumentError('It is a percent from 0 to 100 with at most two decimals, or off.');
  }
}

async function run(name: string, percent: number, options: ShadowOptions, terminal: Terminal): Promise<void> {
  const loaded = await mustLoad(options.config, terminal);
  const routes = shadowable(name, loaded);
  const who = whoIsActing(terminal.env);

  await using(await openControl(loaded.settings), async (control) => {
    const before = await knownRows(control, loaded, routes, who);
    if (!options.allRoutes)
      mustStandTogether(
        name,
        before.map(({ route, shadowLive }) => ({ route, live: shadowLive })),
      );
    const outcome = await control.change({
      kind: 'shadow',
      routes,
      percent,
      source: 'shift',
      who,
      reason: options.reason ?? null,
    });
    if (outcome.refused.length > 0) throw new Failure(refusalsOf(outcome));

    // Told before the file is touched: whatever becomes of that, this much is true.
    if (options.json) terminal.printJson(outcome);
    else for (const line of told(before, outcome, routes, loaded)) terminal.print(line);
    if (options.write) {
      await writeEach(control, loaded, routes, options.config, terminal, (route) =>
        writeShadowPercent(options.config, route, percent, terminal.env),
      );
      terminal.remark(`${options.config} says ${percentText(percent)} too`);
    } else if (!options.json) {
      for (const line of disagreements(outcome, loaded, routes, options.config)) terminal.print(line);
    }
  });
}

/** The retired routes of a service are left out: there is nothing left to compare with. */
function shadowable(name: string, { settings }: ValidFile): readonly string[] {
  const selected = select(name, declaredRoutes(settings.routes));
  const routes = selected.filter(({ retired }) => !retired).map(({ route }) => route);
  if (routes.length > 0) return routes;
  throw new Failure(`"${name}" is declared "legacy: retired": there is nothing left to compare with`);
}

function told(before: readonly LiveRoute[], { live }: Outcome, routes: readonly string[], loaded: ValidFile): string[] {
  const rows = live.filter(({ route }) => routes.includes(route));
  const moves = rows.map((to) => {
    const from = before.find(({ route }) => route === to.route) ?? to;
    const stages = [from, to].map((row) => stageOf(row.live, row.retired, row.shadowLive));
    const stage = stages[0] === stages[1] ? `stays ${stages[1]}` : stages.join(' → ');
    return [to.route, percentText(from.shadowLive), '→', percentText(to.shadowLive), stage];
  });
  return [...table(moves, [1, 3]), ...consequences(rows, loaded)];
}

/** What will happen, once for all routes to which the same will. */
function consequences(rows: readonly LiveRoute[], { settings }: ValidFile): string[] {
  const byText = new Map<string, string[]>();
  for (const row of rows) {
    const route = settings.routes.find(({ id }) => id === row.route);
    if (route === undefined) continue;
    const text =
      row.shadowLive === 0 ? 'nothing is copied any more' : copiesOf(route, livePercent(route, row), settings);
    byText.set(text, [...(byText.get(text) ?? []), row.route]);
  }
  return [...byText].map(([text, routes]) => (rows.length === 1 ? text : `${routes.join(', ')}: ${text}`));
}

function disagreements({ live }: Outcome, { settings }: ValidFile, routes: readonly string[], file: string): string[] {
  return settings.routes
    .filter(({ id }) => routes.includes(id))
    .flatMap(({ id, shadow }) => {
      const row = live.find(({ route }) => route === id);
      if (row === undefined || row.shadowLive === shadow.percent) return [];
      const command = commandLine(`strangler shadow ${id} ${row.shadowLive} --write`, file);
      return [`${file} still declares ${percentText(shadow.percent)} for ${id}; to make it say the same: ${command}`];
    });
}
