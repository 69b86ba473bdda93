import type { Command } from 'commander';
import { addRolloutStart } from './rollout-start.ts';
import { addRolloutStatus } from './rollout-status.ts';
import { addRolloutSteering } from './rollout-steer.ts';
import type { Terminal } from './terminal.ts';

export function addRollout(program: Command, terminal: Terminal): void {
  const command = program.command('rollout').description('move callers step by step, on evidence');
  for (const add of [addRolloutStart, addRolloutStatus, addRolloutSteering]) add(command, terminal);
}
