import type { Command } from 'commander';
import { unknownGroup } from '../bus/unknown-group.ts';
import { plural } from '../domain/plural.ts';
import type { EventBus } from '../ports.ts';
import { nothingYet, withBus } from './bus-of.ts';
import { Failure } from './failure.ts';
import { type CommonOptions, withCommonOptions } from './file.ts';
import { parseSince } from './since.ts';
import type { Terminal } from './terminal.ts';

interface ReplayOptions extends CommonOptions {
  readonly since: number;
  readonly type?: readonly string[];
  readonly dryRun?: true;
}

const page = 1_000;

export function addReplay(events: Command, terminal: Terminal): void {
  withCommonOptions(events.command('replay'))
    .description('hand a group once more what was published since, as after a defect was mended')
    .argument('<group>', 'who gets it; others do not')
    .requiredOption('--since <when>', '30m, 1h, 7d, or a date as 2026-01-31', parseSince)
    .option('--type <types...>', 'only these types, behind what the group has not had yet')
    .option('--dry-run', 'only say how many that would be')
    .action((group: string, options: ReplayOptions) => run(group, options, terminal));
}

async function run(group: string, options: ReplayOptions, terminal: Terminal): Promise<void> {
  const { config, json, since, type, dryRun } = options;
  const count = await withBus(config, terminal, (bus) =>
    dryRun ? counted(bus, group, since, type) : bus.rewind(group, since, type),
  );
  if (count === null) throw new Failure(nothingYet);
  if (json) {
    terminal.printJson({ group, events: count, replayed: dryRun !== true });
    return;
  }
  const events = plural(count, 'event');
  terminal.print(dryRun ? `${group} would be handed ${events} once more` : `${group} is handed ${events} once more`);
  if (count > 0 && !dryRun) terminal.remark('a consumer that knows them by their ids passes over what it has handled');
}

async function counted(bus: EventBus, group: string, since: number, types?: readonly string[]): Promise<number> {
  const known = await bus.groups();
  if (!known.some((each) => each.group === group)) throw unknownGroup(group, known);
  let count = 0;
  for (let after: string | undefined; ; ) {
    const found = await bus.read({
      since,
      limit: page,
      ...(types !== undefined && { types }),
      ...(after !== undefined && { after }),
    });
    count += found.length;
    after = found.at(-1)?.position;
    if (found.length < page) return count;
  }
}
