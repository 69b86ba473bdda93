import type { Command } from 'commander';
import type { ValidFile } from '../config/load.ts';
import type { RolloutSettings } from '../domain/rollout/model.ts';
import { plannedRollout } from '../domain/rollout/planned.ts';
import { firstStepFrom } from '../domain/rollout/position.ts';
import { declaredRoutes } from '../domain/status.ts';
import { adminClient } from './admin-client.ts';
import { openControl, using } from './control.ts';
import { Failure } from './failure.ts';
import { type CommonOptions, commandLine, mustLoad, withCommonOptions } from './file.ts';
import { knownRows } from './known-rows.ts';
import { movesOf } from './outcome.ts';
import { mustStandTogether, select } from './select.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';
import { whoIsActing } from './who.ts';
import { durationText, percentText } from './words.ts';

interface StartOptions extends CommonOptions {
  readonly reason?: string;
}

export function addRolloutStart(rollout: Command, terminal: Terminal): void {
  withCommonOptions(rollout.command('start'))
    .description('begin the rollout that routes.yaml declares: on its first step that takes nobody back')
    .argument('<route|service>', 'what to move; the routes of a service are moved together')
    .option('--reason <text>', 'why; kept in the history')
    .action((name: string, options: StartOptions) => start(name, options, terminal));
}

async function start(name: string, options: StartOptions, terminal: Terminal): Promise<void> {
  const loaded = await mustLoad(options.config, terminal);
  // For its words about a name that nobody knows.
  select(name, declaredRoutes(loaded.settings.routes));
  const planned = plannedRollout(name, loaded.settings.routes);
  if (!planned.ok) throw new Failure(planned.problem);
  const { routes, settings } = planned;
  const who = whoIsActing(terminal.env);

  await using(await openControl(loaded.settings), async (control) => {
    const before = await knownRows(control, loaded, routes, who);
    mustStandTogether(name, before, 'name one of them, or bring them together first, by strangler shift');
    const outcome = await control.change({
      kind: 'rollout-start',
      name,
      routes,
      settings,
      who,
      reason: options.reason ?? null,
    });
    if (outcome.refused.length > 0) throw new Failure(outcome.refused.map(({ message }) => message));
    if (options.json) terminal.printJson(outcome);
    else {
      for (const line of movesOf(before, outcome, routes)) terminal.print(line);
      for (const line of ['', ...willHappen(settings, before[0]!.live), '']) terminal.print(line);
      terminal.print(`to follow it: ${commandLine(`strangler rollout status ${name}`, options.config)}`);
    }
  });
  await remarkOnGaps(loaded, routes, settings, options.config, terminal);
}

function willHappen(settings: RolloutSettings, live: number): string[] {
  const first = firstStepFrom(live, settings);
  const ahead = settings.steps.slice(first);
  const rows = ahead.map(({ percent, hold, approve }, index) => [
    String(first + index + 1),
    percentText(percent),
    durationText(hold),
    // After the last one there is nothing to approve.
    approve && index < ahead.length - 1 ? 'waits for somebody to promote it' : '',
  ]);
  const earliest = ahead.reduce((sum, { hold }) => sum + hold, 0);
  return [
    ...table([['STEP', 'PERCENT', 'HOLD', ''], ...rows], [0, 1, 2]),
    '',
    ...table([
      ['gates', gatesText(settings)],
      ['failure', settings.onFailure === 'rollback' ? 'takes it back to 0 %, latched' : 'pauses it'],
      ['complete', `in ${durationText(earliest)} at the earliest`],
    ]),
  ];
}

function gatesText({ gates }: RolloutSettings): string {
  const { errors, p99, match, minRequests, prometheus } = gates;
  const asked = [
    errors === null ? [] : [`errors +${errors} %`],
    p99 === null ? [] : [`p99 ${p99}x`],
    match === null ? [] : [`match ${match} %`],
    prometheus.length === 0 ? [] : [`${prometheus.length} of Prometheus`],
  ].flat();
  return `${asked.length === 0 ? 'none' : asked.join(', ')}, from ${minRequests} requests on`;
}

/** What would have it wait for ever, without anybody saying why. */
async function remarkOnGaps(
  { settings: { admin, routes: inFile } }: ValidFile,
  routes: readonly string[],
  { gates }: RolloutSettings,
  file: string,
  terminal: Terminal,
): Promise<void> {
  const report = await adminClient(admin)
    .status()
    .catch(() => null);
  if (report === null) {
    terminal.remark('no proxy answers: the hold begins when one runs');
    return;
  }
  if (gates.match === null) return;
  const unseen = inFile.filter(({ id }) => routes.includes(id) && isUnshadowed(id, report.routes));
  for (const { id } of unseen) {
    const way = commandLine(`strangler shadow ${id} 100`, file);
    terminal.remark(`the match gate has nothing to judge while ${id} is not shadowed: ${way}`);
  }
}

function isUnshadowed(id: string, routes: readonly { readonly id: string; readonly shadow: number }[]): boolean {
  return routes.find((route) => route.id === id)?.shadow === 0;
}
