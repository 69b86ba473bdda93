import type { Command } from 'commander';
import type { ValidFile } from '../config/load.ts';
import type { LiveRoute, Outcome } from '../domain/live.ts';
import { declaredRoutes, lastDeclared } from '../domain/status.ts';
import { type Control, proxyControl, using } from './control.ts';
import { type Doors, findDoors, openExisting, remarkOnBroken } from './doors.ts';
import { Failure } from './failure.ts';
import { type CommonOptions, withCommonOptions } from './file.ts';
import { knownRows } from './known-rows.ts';
import { leavings } from './leavings.ts';
import { movesOf, refusalsOf, rolloutNews } from './outcome.ts';
import { type Selectable, select } from './select.ts';
import type { Terminal } from './terminal.ts';
import { whoIsActing } from './who.ts';

interface RollbackOptions extends CommonOptions {
  readonly all?: true;
  readonly reason?: string;
}

export function addRollback(program: Command, terminal: Terminal): void {
  withCommonOptions(program.command('rollback'))
    .description('give a route, all routes of a service, or everything back to legacy: 0 %, latched there')
    .argument('[route|service]', 'what to give back')
    .option('--all', 'every route, by the state and by the admin API')
    .option('--reason <text>', 'why; kept in the history')
    .action((name: string | undefined, options: RollbackOptions) => rollback(name, options, terminal));
}

async function rollback(name: string | undefined, options: RollbackOptions, terminal: Terminal): Promise<void> {
  if ((name === undefined) === (options.all === undefined)) {
    throw new Failure('name a route or a service, or say --all', 2);
  }
  const doors = await findDoors(options.config, terminal);
  remarkOnBroken(doors, options.config, terminal);
  const order = { who: whoIsActing(terminal.env), reason: options.reason ?? null };
  const ways = await everyWay(doors, name ?? null, order);
  report(ways, doors.file, options, terminal);
}

type Order = { readonly who: string; readonly reason: string | null };

/** What one way of giving the order came to. */
type Way = { readonly by: string } & (
  | {
      readonly done: true;
      readonly before: readonly LiveRoute[];
      readonly routes: readonly string[];
      readonly outcome: Outcome;
    }
  | { readonly done: false; readonly error: string }
);

/**
 * A state that can't be written and a proxy that doesn't answer don't stop each other. The big red button is pressed
 * on both; one route is given to the state, and to the proxy when that fails.
 */
async function everyWay(doors: Doors, name: string | null, order: Order): Promise<readonly Way[]> {
  const which = routesOf(doors, name);
  const ways: Way[] = [];
  if (doors.state.kind !== 'memory') {
    ways.push(
      await attempt(`the state ${doors.state.path}`, () => give(openExisting(doors), doors.file, which, order)),
    );
  }
  if (name === null || !ways.some(({ done }) => done)) {
    const proxy = proxyControl(doors.admin);
    ways.push(await attempt(proxy.by, () => give(proxy, null, which, order)));
  }
  return ways;
}

/** By the file where it is valid, else by what whoever is asked remembers of it; `null` is everything it knows. */
function routesOf({ file }: Doors, name: string | null): (control: Control) => Promise<readonly string[] | null> {
  if (name === null) return async () => null;
  const named = (known: readonly Selectable[]) => select(name, known).map(({ route }) => route);
  if (file === null) return async (control) => named(lastDeclared(await control.read()));
  const routes = named(declaredRoutes(file.settings.routes));
  return async () => routes;
}

async function attempt(by: string, work: () => Promise<Way>): Promise<Way> {
  return work().catch((error: Error) => ({ by, done: false, error: error.message }));
}

async function give(
  opening: Control | Promise<Control>,
  file: ValidFile | null,
  routesIn: (control: Control) => Promise<readonly string[] | null>,
  { who, reason }: Order,
): Promise<Way> {
  return using(await opening, async (control) => {
    const routes = await routesIn(control);
    if (file !== null) await knownRows(control, file, routes ?? file.settings.routes.map(({ id }) => id), who);
    const before = await control.read();
    const outcome = await control.change({ kind: 'rollback', routes, who, reason });
    return { by: control.by, done: true, before, routes: routes ?? outcome.live.map(({ route }) => route), outcome };
  });
}

function report(ways: readonly Way[], file: ValidFile | null, options: RollbackOptions, terminal: Terminal): void {
  const [first] = ways.filter((way) => way.done);
  for (const way of ways) if (!way.done) terminal.remark(way.error);
  if (first === undefined) throw new Failure('nothing was rolled back');
  const { before, routes, outcome } = first;
  if (outcome.held !== undefined) terminal.remark(outcome.held);
  if (options.json) terminal.printJson({ ...outcome, ways: ways.map(({ by, done }) => ({ by, done })) });
  else {
    const lines = [
      ...movesOf(before, outcome, routes),
      ...rolloutNews(outcome),
      ...refusalsOf(outcome),
      // What is only held may not outlive a restart: that has to be settled first.
      ...(outcome.held === undefined ? leavings(outcome, routes, file?.settings ?? null, options.config) : []),
    ];
    for (const line of lines) terminal.print(line);
  }
  if (routes.length > 0 && outcome.refused.length === routes.length) throw new Failure('nothing was rolled back');
}
