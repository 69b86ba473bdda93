/** The logs of a process: see log.ts for what goes where. */
import { pino } from 'pino';
import type { AccessLog, EventSink } from '../ports.ts';
import { createAccessLog, createEventLog } from './log.ts';

interface Choice {
  /** JSON on a terminal too; anywhere else it is JSON anyway. */
  readonly json: boolean;
}

/** Written at once: the last words of a process that dies are the ones worth having. */
export function standardEventLog({ json }: Choice): EventSink {
  const human = !json && process.stderr.isTTY === true;
  return createEventLog({ stream: pino.destination({ fd: 2, sync: true }), human });
}

/** Written in the background, so that a slow disk or terminal holds no request up. */
export function standardAccessLog({ json }: Choice): AccessLog {
  const stream = pino.destination({ fd: 1, sync: false });
  process.on('exit', () => {
    try {
      stream.flushSync();
    } catch {
      // Never opened, or nobody reads any more: there is no one left to tell.
    }
  });
  return createAccessLog({ stream, human: !json && process.stdout.isTTY === true });
}
