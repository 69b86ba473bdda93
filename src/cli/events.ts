import type { Command } from 'commander';
import { addDeadLetters } from './events-dead-letters.ts';
import { addGroups } from './events-groups.ts';
import { addReplay } from './events-replay.ts';
import { addTail } from './events-tail.ts';
import { addUncertain } from './events-uncertain.ts';
import type { Terminal } from './terminal.ts';

export function addEvents(program: Command, terminal: Terminal): void {
  const events = program.command('events').description('what services tell each other: see it, and hand it out again');
  for (const add of [addTail, addGroups, addReplay, addDeadLetters, addUncertain]) add(events, terminal);
}
