import { setTimeout as wait } from 'node:timers/promises';
import type { Command } from 'commander';
import type { CloudEvent } from '../domain/cloud-event.ts';
import type { EventBus, EventQuery, StoredEvent } from '../ports.ts';
import { shown } from '../report/text.ts';
import { nothingYet, withBus } from './bus-of.ts';
import { type CommonOptions, withCommonOptions } from './file.ts';
import { parseLimit } from './limit.ts';
import { parseSince } from './since.ts';
import type { Terminal } from './terminal.ts';
import { timeText } from './words.ts';

interface TailOptions extends CommonOptions {
  readonly type?: readonly string[];
  readonly subject?: string;
  readonly since?: number;
  readonly limit: number;
  readonly follow?: true;
}

const lookAgainAfter = 300;
/** What one look brings at most; there is another one right behind it. */
const page = 200;

export function addTail(events: Command, terminal: Terminal): void {
  withCommonOptions(events.command('tail'))
    .description('the newest events, oldest first')
    .option('--type <types...>', 'only of these types')
    .option('--subject <subject>', 'only of what happened to this')
    .option('--since <when>', 'only what was published since: 30m, 1h, 7d, or a date as 2026-01-31', parseSince)
    .option('--limit <count>', 'the newest so many of them', parseLimit, 50)
    .option('-f, --follow', 'go on with what comes, until Ctrl-C')
    .action((options: TailOptions) => run(options, terminal));
}

async function run(options: TailOptions, terminal: Terminal): Promise<void> {
  const show = options.json ? jsonLines(terminal) : lines(terminal);
  const seen = await withBus(options.config, terminal, (bus) => tail(bus, options, show, terminal));
  if (!seen && !options.json) terminal.remark(seen === null ? nothingYet : 'no such event is kept');
}

/** Whether there was anything. */
async function tail(
  bus: EventBus,
  { type, subject, since, limit, follow }: TailOptions,
  show: (event: CloudEvent) => void,
  terminal: Terminal,
): Promise<boolean> {
  const query: Omit<EventQuery, 'limit'> = {
    ...(type !== undefined && { types: type }),
    ...(subject !== undefined && { subject }),
    ...(since !== undefined && { since }),
  };
  // Asked for first, so that nothing comes between it and what is shown.
  const [end] = await bus.read({ limit: 1, newest: true });
  const newest = await bus.read({ ...query, limit, newest: true });
  for (const { event } of newest) show(event);
  if (follow) await followOn(bus, query, newest.at(-1) ?? end, show, terminal);
  return newest.length > 0;
}

async function followOn(
  bus: EventBus,
  query: Omit<EventQuery, 'limit'>,
  from: StoredEvent | undefined,
  show: (event: CloudEvent) => void,
  terminal: Terminal,
): Promise<never> {
  let after = from?.position;
  let trouble: string | null = null;
  for (;;) {
    let isMore = false;
    try {
      const next = await bus.read({ ...query, ...(after !== undefined && { after }), limit: page });
      for (const { event } of next) show(event);
      after = next.at(-1)?.position ?? after;
      isMore = next.length === page;
      if (trouble !== null) terminal.remark('it answers again');
      trouble = null;
    } catch (error) {
      const { message } = error as Error;
      if (message !== trouble) terminal.remark(message);
      trouble = message;
    }
    if (!isMore) await wait(lookAgainAfter);
  }
}

/** Columns as wide as anything that was in them so far: what comes later is not known yet. */
function lines(terminal: Terminal): (event: CloudEvent) => void {
  const widths = [0, 0];
  return ({ time, type, subject, data }) => {
    const cells = [shown(type, 60), shown(subject, 60)];
    const padded = cells.map((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
      return cell.padEnd(widths[column]);
    });
    const [typeCell, subjectCell] = padded as [string, string];
    const text = data === undefined ? '' : shown(JSON.stringify(data), 120);
    const at = terminal.style('dim', shown(timeText(time), 30));
    terminal.print(`${at}  ${terminal.style('bold', typeCell)}  ${subjectCell}  ${text}`.trimEnd());
  };
}

function jsonLines(terminal: Terminal): (event: CloudEvent) => void {
  return (event) => terminal.printJsonLine(event);
}
