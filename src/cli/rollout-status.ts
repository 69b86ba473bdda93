import type { Command } from 'commander';
import type { RolloutStatus } from '../domain/rollout/status.ts';
import { adminClient } from './admin-client.ts';
import { openForReading, using } from './control.ts';
import { type Doors, findDoors, remarkOnBroken } from './doors.ts';
import { type CommonOptions, withCommonOptions } from './file.ts';
import { rolloutsOf } from './rollout-named.ts';
import { rolloutLines, withGates } from './rollout-text.ts';
import type { Terminal } from './terminal.ts';

export function addRolloutStatus(rollout: Command, terminal: Terminal): void {
  withCommonOptions(rollout.command('status'))
    .description('where rollouts stand, what they wait for, and the next command')
    .argument('[route|service]', 'only this one')
    .action((name: string | undefined, options: CommonOptions) => status(name, options, terminal));
}

async function status(name: string | undefined, { config, json }: CommonOptions, terminal: Terminal): Promise<void> {
  const doors = await findDoors(config, terminal);
  remarkOnBroken(doors, config, terminal);
  const all = await gather(doors);
  const rollouts = name === undefined ? all : rolloutsOf(name, all, config);
  if (json) terminal.printJson({ rollouts });
  else if (rollouts.length === 0) terminal.remark('no rollout was ever started');
  for (const [index, rollout] of json ? [] : rollouts.entries()) {
    if (index > 0) terminal.print();
    for (const line of rolloutLines(rollout, config, terminal)) terminal.print(line);
  }
}

async function gather(doors: Doors): Promise<readonly RolloutStatus[]> {
  const control = await openForReading(doors);
  if (control === null) return [];
  const inState = await using(control, (open) => open.rollouts());
  const report = await adminClient(doors.admin)
    .status()
    .catch(() => null);
  return withGates(inState, report?.rollouts ?? []);
}
