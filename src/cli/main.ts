import { CommanderError } from 'commander';
import { Failure } from './failure.ts';
import { createProgram } from './program.ts';
import { processTerminal } from './terminal.ts';

// `strangler history | head` closes the pipe early: that is no error of anyone's.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    throw error;
  });
}

async function run(): Promise<number> {
  const terminal = processTerminal();
  try {
    await createProgram(terminal).parseAsync();
    return 0;
  } catch (error) {
    // Commander has said already what is wrong; whatever it objects to is usage.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    // A report that says no has said why already.
    const { message } = error as Error;
    if (message !== '') for (const line of message.split('\n')) terminal.remark(line);
    return error instanceof Failure ? error.exitCode : 1;
  }
}

process.exitCode = await run();
