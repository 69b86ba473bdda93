import type { Command } from 'commander';
import { addSimulate } from './rollout-simulate.ts';
import type { Terminal } from './terminal.ts';

export function addRollout(program: Command, terminal: Terminal): void {
  const command = program.command('rollout').description('move callers step by step, on evidence');
  for (const add of [addSimulate]) add(command, terminal);
}
