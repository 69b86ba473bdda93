import type { Command } from 'commander';
import { plural } from '../domain/plural.ts';
import { printable } from '../domain/printable.ts';
import type { DeadLetter, EventBus } from '../ports.ts';
import { shown } from '../report/text.ts';
import { withBus } from './bus-of.ts';
import { Failure } from './failure.ts';
import { type CommonOptions, commandLine, withCommonOptions } from './file.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';
import { timeText } from './words.ts';

interface DeadLetterOptions extends CommonOptions {
  /** `true` where no id follows. */
  readonly revive?: readonly string[] | true;
  readonly all?: true;
}

export function addDeadLetters(events: Command, terminal: Terminal): void {
  withCommonOptions(events.command('dead-letters'))
    .description('what a group failed for good; or hand it to the group once more')
    .argument('[group]', 'only of this group')
    .option('--revive [ids...]', 'hand these to their groups once more')
    .option('--all', 'with --revive: all of them, or all of the group')
    .action((group: string | undefined, options: DeadLetterOptions) => run(group, options, terminal));
}

async function run(group: string | undefined, options: DeadLetterOptions, terminal: Terminal): Promise<void> {
  const { revive, all } = options;
  if (all && !Array.isArray(revive) && revive !== true) throw new Failure('--all goes with --revive', 2);
  if (revive !== undefined && (revive === true) !== (all === true)) {
    throw new Failure('name what to --revive by its ids, or give --all', 2);
  }
  if (revive === undefined) await list(group, options, terminal);
  else await reviveThem(group, revive, options, terminal);
}

async function list(group: string | undefined, { config, json }: CommonOptions, terminal: Terminal): Promise<void> {
  const letters = (await withBus(config, terminal, (bus) => bus.deadLetters(group))) ?? [];
  if (json) {
    terminal.printJson(letters.map((letter) => ({ ...letter, at: new Date(letter.at).toISOString() })));
    return;
  }
  if (letters.length === 0) {
    terminal.remark(`there are no dead letters${group === undefined ? '' : ` of ${group}`}`);
    return;
  }
  for (const line of table([headings, ...letters.map(row)], [5], terminal.width)) terminal.print(line);
  terminal.print();
  const example = commandLine(`strangler events dead-letters --revive ${printable(letters[0]!.id)}`, config);
  terminal.print(`  ${example}  hands it to ${printable(letters[0]!.group)} once more`);
}

const headings = ['ID', 'AT', 'GROUP', 'TYPE', 'SUBJECT', 'TRIES', 'ERROR'];

function row({ id, at, group, event, attempts, error }: DeadLetter): string[] {
  const time = timeText(new Date(at).toISOString());
  return [
    printable(id),
    time,
    printable(group),
    shown(event.type, 48),
    shown(event.subject, 48),
    String(attempts),
    shown(error, 80),
  ];
}

async function reviveThem(
  group: string | undefined,
  wanted: readonly string[] | true,
  { config, json }: CommonOptions,
  terminal: Terminal,
): Promise<void> {
  const { revived, missing } = (await withBus(config, terminal, (bus) => revivedOf(bus, group, wanted))) ?? {
    revived: 0,
    missing: wanted === true ? [] : wanted,
  };
  if (json) terminal.printJson({ revived, missing });
  else if (revived > 0) {
    terminal.print(`${plural(revived, 'dead letter')} ${revived === 1 ? 'is' : 'are'} handed out once more`);
  }
  if (missing.length > 0) throw new Failure(`there is no dead letter ${missing.map((id) => shown(id, 80)).join(', ')}`);
  if (revived === 0 && !json) terminal.remark('there are no dead letters');
}

async function revivedOf(
  bus: EventBus,
  group: string | undefined,
  wanted: readonly string[] | true,
): Promise<{ revived: number; missing: readonly string[] }> {
  const letters = await bus.deadLetters(group);
  const known = new Set(letters.map(({ id }) => id));
  const ids = wanted === true ? [...known] : wanted;
  return {
    revived: await bus.revive(ids.filter((id) => known.has(id))),
    missing: ids.filter((id) => !known.has(id)),
  };
}
