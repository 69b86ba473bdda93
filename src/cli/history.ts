import type { Command } from 'commander';
import type { HistoryEntry } from '../domain/live.ts';
import { declaredRoutes } from '../domain/status.ts';
import { openForReading, using } from './control.ts';
import { findDoors, remarkOnBroken } from './doors.ts';
import { Failure } from './failure.ts';
import { type CommonOptions, withCommonOptions } from './file.ts';
import { parseLimit } from './limit.ts';
import { unknownName } from './select.ts';
import { parseSince } from './since.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';
import { percentText, timeText } from './words.ts';

interface HistoryOptions extends CommonOptions {
  /** ms since the epoch. */
  readonly since?: number;
  readonly limit: number;
}

export function addHistory(program: Command, terminal: Terminal): void {
  withCommonOptions(program.command('history'))
    .description('who shifted what, when and why; newest first')
    .argument('[route]', 'only this route')
    .option('--since <when>', 'only what is younger: 30m, 1h, 7d, or a date as 2026-01-31', parseSince)
    .option('--limit <count>', 'at most so many entries', parseLimit, 50)
    .action((route: string | undefined, options: HistoryOptions) => run(route, options, terminal));
}

async function run(route: string | undefined, options: HistoryOptions, terminal: Terminal): Promise<void> {
  const doors = await findDoors(options.config, terminal);
  remarkOnBroken(doors, options.config, terminal);
  const { since, limit } = options;
  const query = { limit, ...(route === undefined ? {} : { route }), ...(since === undefined ? {} : { since }) };
  const control = await openForReading(doors);
  if (control === null && doors.file === null) {
    throw new Failure('there is no state where routes.yaml seems to say: is -c the right file?');
  }
  const entries = control === null ? [] : await using(control, (open) => open.history(query));

  const known = declaredRoutes(doors.file?.settings.routes ?? []);
  // A route that is gone from routes.yaml still has its history; a name that was mistyped has none.
  if (
    route !== undefined &&
    entries.length === 0 &&
    doors.file !== null &&
    known.every((each) => each.route !== route)
  ) {
    throw unknownName(route, known);
  }
  if (options.json) terminal.printJson(entries);
  else if (entries.length === 0) terminal.remark('nothing has been shifted');
  else for (const line of table([headings, ...entries.map(row)], [3, 4], terminal.width)) terminal.print(line);
}

const headings = ['AT', 'ROUTE', 'WHAT', 'FROM', 'TO', 'SOURCE', 'WHO', 'REASON'];

function row({ what, at, route, from, to, source, who, reason }: HistoryEntry): string[] {
  return [timeText(at), route, what, percentText(from), percentText(to), source, who, reason ?? ''];
}
