import { availableParallelism } from 'node:os';
import { type Command, InvalidArgumentError } from 'commander';
import { StartError } from '../runtime/start-error.ts';
import type { Running } from '../runtime.ts';
import { Failure } from './failure.ts';
import { type CommonOptions, wayToTheFile, withCommonOptions } from './file.ts';
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

function parseWorkers(text: string): number {
  if (text === 'auto') return availableParallelism();
  if (!/^[1-9]\d{0,2}$/.test(text)) throw new InvalidArgumentError('It is a number from 1 to 999, or auto.');
  return Number(text);
}

async function start({ config, workers, json }: StartOptions, { env }: Terminal): Promise<void> {
  // Before anything is opened: a signal that nobody listens for kills, SIGHUP too.
  const signals = heedSignals();
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
    json: json === true,
    who: whoIsActing(env),
    events: quieten(standardEventLog({ json: json === true })),
    accessLog: standardAccessLog({ json: json === true }),
  }).catch((error: Error) => {
    throw error instanceof StartError ? new Failure([...error.lines, ...wayToTheFile(config)]) : error;
  });
  await signals.stopped(running);
}

interface Signals {
  /** Resolves when the proxy has been told to stop, and has drained. */
  stopped(running: Running): Promise<void>;
}

/** What is asked while the proxy starts is done once it has; a second signal to stop doesn't wait for anything. */
function heedSignals(): Signals {
  let stopAsked = false;
  let reloadAsked = false;
  let stop = (): void => undefined;
  let reload = (): void => undefined;
  const onStop = (signal: NodeJS.Signals): void => {
    if (stopAsked) process.exit(signal === 'SIGINT' ? 130 : 143);
    stopAsked = true;
    stop();
  };
  process.on('SIGTERM', onStop);
  process.on('SIGINT', onStop);
  process.on('SIGHUP', () => {
    reloadAsked = true;
    reload();
  });
  return {
    stopped: (running) =>
      new Promise((resolve, reject) => {
        stop = () => void running.stop().then(() => resolve(), reject);
        reload = () => void running.reload();
        if (stopAsked) stop();
        else if (reloadAsked) reload();
      }),
  };
}
