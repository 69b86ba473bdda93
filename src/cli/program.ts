import { Command } from 'commander';
import { version } from '../version.ts';
import { addEvents } from './events.ts';
import { addEvidence } from './evidence.ts';
import { addExplain } from './explain.ts';
import { addHistory } from './history.ts';
import { addMismatch } from './mismatch.ts';
import { addReport } from './report.ts';
import { addRollback } from './rollback.ts';
import { addRollout } from './rollout.ts';
import { addShadow } from './shadow.ts';
import { addShift } from './shift.ts';
import { addStart } from './start.ts';
import { addStatus } from './status.ts';
import type { Terminal } from './terminal.ts';
import { addValidate } from './validate.ts';

const examples = `
Examples:
  strangler validate                                  is routes.yaml right?
  strangler start --workers auto                      run the proxy on every core
  strangler explain GET /api/orders/42 -H 'x-user-id: 7'
  strangler shadow orders 100                         have orders answer copies of the real traffic
  strangler report --html report.html                 what differed, and whether it is ready
  strangler shift orders 5 --reason 'first callers'   give orders 5 % of the callers
  strangler rollout start orders                      or step by step, on evidence
  strangler status                                    where does everything stand?
  strangler rollback orders                           and back, at once
  strangler rollback --all                            the big red button

Exit codes: 0 yes, 1 no, 2 wrong usage.`;

/** Every command with its options. It is also what docs/cli.md is held against. */
export function createProgram(terminal: Terminal): Command {
  const program = new Command('strangler')
    .description('A strangler-fig migration proxy: in front of a monolith, it moves endpoints to services one by one.')
    .version(version)
    // Commander leaves a column alone that is narrower than 40; beside our longest command 35 are left of 80.
    .configureHelp({ minWidthToWrap: 30 })
    .showHelpAfterError('(see --help)')
    .addHelpText('after', examples)
    // Else a command's --json would swallow that of a command below it.
    .enablePositionalOptions()
    .exitOverride();
  for (const add of [
    addStart,
    addValidate,
    addStatus,
    addExplain,
    addShadow,
    addShift,
    addRollback,
    addRollout,
    addHistory,
    addReport,
    addMismatch,
    addEvidence,
    addEvents,
  ]) {
    add(program, terminal);
  }
  return program;
}
