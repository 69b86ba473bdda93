import { type Command, InvalidArgumentError, Option } from 'commander';
import { plural } from '../domain/plural.ts';
import { printable } from '../domain/printable.ts';
import type { Settled, Settlement, Uncertain } from '../domain/publishing/intent.ts';
import { findDoors, remarkOnBroken } from './doors.ts';
import { Failure } from './failure.ts';
import { type CommonOptions, commandLine, withCommonOptions } from './file.ts';
import { type OutboxControl, openOutboxControl } from './outbox-control.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';
import { whoIsActing } from './who.ts';
import { timeText } from './words.ts';

interface UncertainOptions extends CommonOptions {
  readonly settle?: readonly string[];
  /** Already read as JSON. */
  readonly asHappened?: { readonly data: unknown };
  readonly asNothing?: true;
  readonly key?: string;
  readonly settled?: true;
  readonly limit: number;
}

export function addUncertain(events: Command, terminal: Terminal): void {
  withCommonOptions(events.command('uncertain'))
    .description('requests of which nobody knows whether they happened: list them, and settle them by hand')
    .option('--settle <ids...>', 'say what came of these, having looked it up')
    .addOption(
      new Option('--as-happened <json>', 'it happened: the event is told, with this as its data')
        .argParser(parseData)
        .conflicts('asNothing'),
    )
    .option('--as-nothing', 'it did not happen: no event is told')
    .option('--key <key>', 'what it happened to, where the request alone does not say')
    .option('--settled', 'list what was settled, newest first, and by whom')
    .option('--limit <count>', 'at most so many', parseLimit, 1_000)
    .action((options: UncertainOptions) => run(options, terminal));
}

function parseData(text: string): { readonly data: unknown } {
  try {
    return { data: JSON.parse(text) };
  } catch {
    throw new InvalidArgumentError('It is not JSON.');
  }
}

function parseLimit(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError('It is a whole number from 1 to 99999.');
  return Number(text);
}

async function run(options: UncertainOptions, terminal: Terminal): Promise<void> {
  const { config, settle, asHappened, asNothing, key } = options;
  const saysWhat = asHappened !== undefined || asNothing !== undefined;
  if (settle === undefined && (saysWhat || key !== undefined)) {
    throw new Failure('--as-happened, --as-nothing and --key go with --settle <ids...>', 2);
  }
  if (settle !== undefined && !saysWhat) {
    throw new Failure("say what came of them: --as-happened '<json>' or --as-nothing", 2);
  }
  const doors = await findDoors(config, terminal);
  remarkOnBroken(doors, config, terminal);
  const source = doors.file?.settings.events.source ?? '/strangler';
  const control = await openOutboxControl(doors);
  try {
    if (settle !== undefined) {
      const happened = asHappened === undefined ? null : { key: key ?? null, data: asHappened.data, source };
      await settleThem(control, { ids: settle, who: whoIsActing(terminal.env), happened }, options, terminal);
    } else if (options.settled) await listSettled(control, options, terminal);
    else await list(control, options, terminal);
  } finally {
    await control?.close();
  }
}

async function list(control: OutboxControl | null, options: UncertainOptions, terminal: Terminal): Promise<void> {
  const uncertain = (await control?.uncertain(options.limit)) ?? [];
  if (options.json) {
    terminal.printJson(uncertain.map(told));
    return;
  }
  if (uncertain.length === 0) {
    terminal.remark('nothing is uncertain');
    return;
  }
  const headings = ['ID', 'AT', 'EVENT', 'KEY', 'ROUTE', 'REQUEST', 'WHY'];
  for (const line of table([headings, ...uncertain.map(row)], [], terminal.width)) terminal.print(line);
  const settling = commandLine('strangler events uncertain --settle ID', options.config);
  terminal.remark(`look up what came of each, then: ${settling} --as-happened '{…}' or --as-nothing`);
}

async function listSettled(control: OutboxControl | null, options: UncertainOptions, terminal: Terminal) {
  const settled = (await control?.settled(options.limit)) ?? [];
  if (options.json)
    terminal.printJson(settled.map((each) => ({ ...each, at: time(each.at), intent: told(each.intent) })));
  else if (settled.length === 0) terminal.remark('nothing has been settled by hand');
  else {
    const headings = ['SETTLED', 'AS', 'WHO', 'ID', 'EVENT', 'ROUTE', 'REQUEST'];
    for (const line of table([headings, ...settled.map(settledRow)])) terminal.print(line);
  }
}

async function settleThem(
  control: OutboxControl | null,
  settlement: Settlement,
  { json }: UncertainOptions,
  terminal: Terminal,
): Promise<void> {
  if (control === null) throw new Failure('there is no outbox yet: nothing is uncertain');
  const { settled, refused } = await control.settle(settlement);
  const word = settlement.happened === null ? 'nothing' : 'happened';
  if (json) terminal.printJson({ settled, refused });
  else if (settled.length > 0) terminal.print(`${plural(settled.length, 'intent')} settled as ${word}`);
  if (refused.length > 0) throw new Failure(refused.map(({ id, message }) => `${printable(id)}: ${message}`));
}

function row({ id, at, type, key, route, method, path, reason }: Uncertain): string[] {
  return [id, timeText(time(at)), type, key ?? '–', route, `${method} ${path}`, reason].map(printable);
}

function settledRow({ intent, at, as, who }: Settled): string[] {
  const { id, type, route, method, path } = intent;
  return [timeText(time(at)), as, who, id, type, route, `${method} ${path}`].map(printable);
}

/** Times as people and programs read them. */
function told(intent: Uncertain): object {
  return { ...intent, at: time(intent.at), since: time(intent.since) };
}

function time(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
