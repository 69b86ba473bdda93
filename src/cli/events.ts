import type { Command } from 'commander';
import { addUncertain } from './events-uncertain.ts';
import type { Terminal } from './terminal.ts';

export function addEvents(program: Command, terminal: Terminal): void {
  const events = program.command('events').description('the events that routes publish');
  addUncertain(events, terminal);
}
