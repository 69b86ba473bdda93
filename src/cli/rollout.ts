import type { Command } from 'commander';
import { addSimulate } from './rollout-simulate.ts';
import { addRolloutStart } from './rollout-start.ts';
import { addRolloutStatus } from './rollout-status.ts';
import { addRolloutSteering } from './rollout-steer.ts';
import type { Terminal } from './terminal.ts';

export function addRollout(program: Command, terminal: Terminal): void {
  const rollout = program
    .command('rollout')
    .description('move a route, or a whole service, step by step, as far as the evidence allows');
  for (const add of [addRolloutStart, addRolloutStatus, addRolloutSteering, addSimulate]) add(rollout, terminal);
}
