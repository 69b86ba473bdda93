import type { Command } from 'commander';
import { printable } from '../domain/printable.ts';
import { withBus } from './bus-of.ts';
import { type CommonOptions, withCommonOptions } from './file.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';

export function addGroups(events: Command, terminal: Terminal): void {
  withCommonOptions(events.command('groups'))
    .description('who consumes events, and how far behind they are')
    .action((options: CommonOptions) => run(options, terminal));
}

async function run({ config, json }: CommonOptions, terminal: Terminal): Promise<void> {
  const groups = (await withBus(config, terminal, (bus) => bus.groups())) ?? [];
  if (json) {
    terminal.printJson(groups.map(({ group, lag, deadLetters }) => ({ group, lag, deadLetters })));
    return;
  }
  if (groups.length === 0) {
    terminal.remark('no group has consumed yet');
    return;
  }
  const rows = groups.map(({ group, lag, deadLetters }) => [printable(group), String(lag), String(deadLetters)]);
  for (const line of table([['GROUP', 'NOT HANDLED YET', 'DEAD LETTERS'], ...rows], [1, 2])) terminal.print(line);
}
