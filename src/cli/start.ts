import { availableParallelism } from 'node:os';
import { type Command, InvalidArgumentError } from 'commander';
import { StartError } from '../runtime/start-error.ts';
import type { Running } from '../runtime.ts';
import { Failure } from './failure.ts';
import { type CommonOptions, withCommonOptions } from './file.ts';
import type { Terminal } from './terminal.ts';
import { whoIsActing } from './who.ts';

interface StartOptions extends CommonOptions {
  readonly workers: number;
}

export function addStart(program: Command, terminal: Terminal): void {
  withCommonOptions(program.command('start'))
    .description('run the proxy; it follows routes.yaml and the state until SIGTERM or Ctrl-C')
    .option('--workers <count>', 'processes that share the port: a number, or auto for one a core', parseWorkers, 1)
    .action((options: StartOptions) => start(options, terminal));
}

export function parseWorkers(text: string): number {
  if (text === 'auto') return availableParallelism();
  if (!/^[1-9]\d{0,2}$/.test(text)) throw new InvalidArgumentError('It is a number from 1 to 999, or auto.');
  return Number(text);
}

async function start({ config, workers, json }: StartOptions, { env }: Terminal): Promise<void> {
  // Only here: the other commands need none of the proxy, and answer in half the time without it.
  const [{ startStrangler }, { quieten }, { standardAccessLog, standardEventLog }] = await Promise.all([
    import('../runtime.ts'),
    import('../events/quiet.ts'),
    import('../events/standard.ts'),
  ]);
  const running = await startStrangler({
    file: config,
    env,
    workers,
    who: whoIsActing(env),
    events: quieten(standardEventLog({ json: json === true })),
    accessLog: standardAccessLog({ json: json === true }),
  }).catch((error: Error) => {
    throw error instanceof StartError ? new Failure(error.lines) : error;
  });
  await untilToldToStop(running);
}

/** Resolves when the proxy has drained. A second signal doesn't wait for that. */
function untilToldToStop(running: Running): Promise<void> {
  return new Promise((resolve, reject) => {
    let told = false;
    const tell = (signal: NodeJS.Signals): void => {
      if (told) process.exit(signal === 'SIGINT' ? 130 : 143);
      told = true;
      running.stop().then(() => resolve(), reject);
    };
    process.on('SIGTERM', tell);
    process.on('SIGINT', tell);
    process.on('SIGHUP', () => void running.reload());
  });
}
