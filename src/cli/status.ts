import { relative } from 'node:path';
import type { Command } from 'commander';
import type { InstanceFigures } from '../domain/instance-figures.ts';
import type { LiveRoute } from '../domain/live.ts';
import { plural } from '../domain/plural.ts';
import type { OutboxStanding } from '../domain/publishing/intent.ts';
import type { RolloutStatus } from '../domain/rollout/status.ts';
import { declaredRoutes, lastDeclared, type RouteStatus, routeStatuses, type StatusReport } from '../domain/status.ts';
import { adminClient, rowsOf } from './admin-client.ts';
import { openForReading, using } from './control.ts';
import { type Doors, findDoors } from './doors.ts';
import { Failure } from './failure.ts';
import { type CommonOptions, commandLine, wayToTheFile, withCommonOptions } from './file.ts';
import { standingInFile } from './outbox-control.ts';
import { rolloutOverview, withGates } from './rollout-text.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';
import { percentText, timeText } from './words.ts';

export function addStatus(program: Command, terminal: Terminal): void {
  withCommonOptions(program.command('status'))
    .description('where every route stands: declared, live, stage, and whether the proxy is up')
    .action((options: CommonOptions) => status(options, terminal));
}

async function status({ config, json }: CommonOptions, terminal: Terminal): Promise<void> {
  const doors = await findDoors(config, terminal);
  const { report, remarks } = await gather(config, doors);
  if (json) terminal.printJson(report);
  else
    for (const line of [
      ...overview(report, doors, terminal),
      '',
      ...routes(report, config, terminal),
      ...rolloutOverview(report.rollouts, terminal),
      ...standIns(report, terminal),
      ...instances(report, terminal),
    ])
      terminal.print(line);
  for (const remark of remarks) terminal.remark(remark);
  if (!report.config.valid) {
    const meanwhile = report.proxy === null ? '' : '; the last good one stays in force';
    throw new Failure([`${config} is invalid${meanwhile}`, ...wayToTheFile(config)]);
  }
}

interface Gathered {
  readonly report: StatusReport;
  readonly remarks: readonly string[];
}

/** What the file says, what the state says and what the proxy says, each as far as it can be asked. */
async function gather(file: string, doors: Doors): Promise<Gathered> {
  const remarks: string[] = [];
  const orRemark = (error: Error): null => {
    remarks.push(error.message);
    return null;
  };
  const fromProxy = await adminClient(doors.admin).status().catch(orRemark);
  const inState = await readState(doors, fromProxy).catch(orRemark);
  const available = inState !== null && (fromProxy?.state.available ?? true);
  // While the state is away the proxy goes by what it saw last and what it holds to: that is what callers get.
  const goesByProxy = !available && fromProxy !== null;
  const rows = goesByProxy ? rowsOf(fromProxy) : (inState?.rows ?? []);
  const rollouts = goesByProxy ? fromProxy.rollouts : withGates(inState?.rollouts ?? [], fromProxy?.rollouts ?? []);
  const declared = doors.file === null ? lastDeclared(rows) : declaredRoutes(doors.file.settings.routes);
  // The proxy may see another environment: what is valid here need not be there.
  const problems = doors.file === null ? doors.problems : (fromProxy?.config.problems ?? []);
  return {
    remarks,
    report: {
      proxy: fromProxy?.proxy ?? null,
      config: {
        file,
        valid: problems.length === 0,
        problems,
        restartNeeded: fromProxy?.config.restartNeeded ?? [],
      },
      state: {
        kind: doors.state.kind,
        available,
        conflicts: fromProxy?.state.conflicts ?? [],
      },
      routes: routeStatuses(declared, rows, rollouts),
      rollouts,
      circuits: fromProxy?.circuits ?? [],
      fallbacks: fromProxy?.fallbacks ?? [],
      instances: fromProxy?.instances ?? [],
      discovery: fromProxy?.discovery ?? [],
      outbox: fromProxy?.outbox ?? (await standingInFile(doors).catch(orRemark)),
    },
  };
}

/** `null`: a proxy is running by a state that is not there any more. */
async function readState(doors: Doors, fromProxy: StatusReport | null): Promise<InState | null> {
  const nothing = { rows: [], rollouts: [] };
  if (doors.state.kind === 'memory' && fromProxy === null) return nothing;
  const control = await openForReading(doors);
  if (control !== null) {
    return using(control, async (open) => ({ rows: await open.read(), rollouts: await open.rollouts() }));
  }
  return fromProxy === null ? nothing : null;
}

interface InState {
  readonly rows: readonly LiveRoute[];
  readonly rollouts: readonly RolloutStatus[];
}

function overview(
  { proxy, config, state, discovery, outbox }: StatusReport,
  doors: Doors,
  terminal: Terminal,
): string[] {
  const facts: string[][] = [];
  if (proxy === null) facts.push(['proxy', terminal.style('red', 'down')]);
  else {
    const { url, pid, workers, startedAt, inFlight, version, draining } = proxy;
    const word = draining ? terminal.style('yellow', 'draining') : terminal.style('green', 'up');
    facts.push(['proxy', `${word}  ${url}`]);
    const running = `pid ${pid}, ${plural(workers, 'worker')}, since ${timeText(startedAt)}`;
    facts.push(['', `${running}, ${inFlight} in flight, version ${version}`]);
  }
  facts.push(['config', config.valid ? `${config.file} is valid` : terminal.style('red', `${config.file} is invalid`)]);
  for (const problem of config.problems) facts.push(['', problem]);
  if (config.restartNeeded.length > 0) {
    facts.push(['', terminal.style('yellow', `needs a restart: ${config.restartNeeded.join(', ')}`)]);
  }
  const place = doors.state.kind === 'sqlite' ? `sqlite:${relative('', doors.state.path)}` : 'memory of the proxy';
  facts.push(['state', state.available ? place : terminal.style('red', `${place} is unavailable`)]);
  for (const conflict of state.conflicts) facts.push(['', terminal.style('yellow', conflict)]);
  if (outbox !== null && outbox.pending + outbox.uncertain > 0) facts.push(['events', eventsText(outbox, terminal)]);
  for (const { target, trouble } of discovery) {
    facts.push([target, terminal.style('yellow', `its instances stay what they were: ${trouble}`)]);
  }
  return table(facts);
}

function eventsText({ pending, oldest, uncertain }: OutboxStanding, terminal: Terminal): string {
  const waits = pending === 0 ? '' : `${pending} wait for the bus, since ${timeText(new Date(oldest!).toISOString())}`;
  const asks = uncertain === 0 ? '' : terminal.style('yellow', `${uncertain} uncertain: strangler events uncertain`);
  return [waits, asks].filter(Boolean).join(', ');
}

function routes({ routes, config }: StatusReport, file: string, terminal: Terminal): string[] {
  if (routes.length === 0) return [config.valid ? 'no routes: everything goes to legacy' : 'no routes are known'];
  const rows = routes.map((route) => [
    route.id,
    route.parts.length === 0 ? route.service : route.parts.join(' + '),
    route.stage,
    percentText(route.declared),
    percentText(route.live),
    route.shadow === 0 ? '–' : percentText(route.shadow),
    marks(route, terminal),
  ]);
  const headings = ['ROUTE', 'SERVICE', 'STAGE', 'DECLARED', 'LIVE', 'SHADOW', ''];
  const unsettled = routes.filter(({ settle, settleShadow }) => settle !== null || settleShadow !== null);
  return [...table([headings, ...rows], [3, 4, 5]), ...unsettled.flatMap((route) => settlement(route, file))];
}

/** Where services failed since the proxy started, and legacy stood in. */
function standIns({ circuits, fallbacks }: StatusReport, terminal: Terminal): string[] {
  if (circuits.length + fallbacks.length === 0) return [];
  const opened = circuits.map(({ target, route, phases, why, opened }) => [
    `circuit of ${target}`,
    route === '*' ? 'every route' : route,
    phases.open + phases['half-open'] === 0
      ? 'closed'
      : terminal.style('red', `${phases.open > 0 ? 'open' : 'half-open'}: ${why}`),
    opened === 1 ? 'opened once' : `opened ${opened} times`,
  ]);
  const fellBack = fallbacks.map(({ route, causes }) => [
    'legacy stood in',
    route,
    Object.entries(causes)
      .map(([cause, count]) => `${cause} ${count}`)
      .join(', '),
    '',
  ]);
  return ['', ...table([...opened, ...fellBack])];
}

/** Of targets that have several, and of any that is not as it should be: of the others there is nothing to say. */
function instances({ instances }: StatusReport, terminal: Terminal): string[] {
  const several = new Set(instances.filter(({ target }, at) => instances[at - 1]?.target === target).map(targetOf));
  const told = instances.filter((one) => several.has(one.target) || one.leftAlone > 0 || one.unhealthy > 0);
  if (told.length === 0) return [];
  const rows = told.map((one) => [one.target, one.instance, String(one.pending), usedAs(one, terminal)]);
  return ['', ...table([['TARGET', 'INSTANCE', 'IN FLIGHT', ''], ...rows], [2])];
}

function usedAs({ processes, unhealthy, ejected, leftAlone, why }: InstanceFigures, terminal: Terminal): string {
  if (leftAlone === 0) return '';
  const reasons = [unhealthy > 0 ? `unhealthy (${why})` : '', ejected > 0 ? 'ejected' : ''].filter(Boolean);
  const byWhom = leftAlone < processes ? ` by ${leftAlone} of ${processes} workers` : '';
  return terminal.style('yellow', `← left alone${byWhom}: ${reasons.join(', ')}`);
}

const targetOf = ({ target }: InstanceFigures): string => target;

function marks({ settle, settleShadow, latched, rollout }: RouteStatus, terminal: Terminal): string {
  const words = [
    rollout === null ? '' : `rollout ${rollout}`,
    settle === null ? '' : 'live differs from declared',
    settleShadow === null ? '' : 'shadow differs from declared',
    latched ? 'latched' : '',
  ].filter(Boolean);
  return words.length === 0 ? '' : terminal.style('yellow', `← ${words.join(', ')}`);
}

function settlement({ id, declared, live, settle, shadowDeclared, shadow, settleShadow }: RouteStatus, file: string) {
  return [
    ...wayToSettle(`${id} is declared at ${percentText(declared)} and live at ${percentText(live)}`, settle, file),
    ...wayToSettle(
      `the shadow of ${id} is declared at ${percentText(shadowDeclared)} and live at ${percentText(shadow)}`,
      settleShadow,
      file,
    ),
  ];
}

function wayToSettle(difference: string, settle: RouteStatus['settle'], file: string): string[] {
  if (settle === null) return [];
  return [
    '',
    `${difference}. To settle it:`,
    ...table([
      [`  ${commandLine(settle.keepLive, file)}`, 'writes what is live into routes.yaml'],
      [`  ${commandLine(settle.keepDeclared, file)}`, 'goes back to what is declared'],
    ]),
  ];
}
