/** The logs of a process: see log.ts for what goes where. */
import { pino } from 'pino';
import type { AccessLog, EventSink } from '../ports.ts';
import { createAccessLog, createEventLog } from './log.ts';

/** Written at once: the last words of a process that dies are the ones worth having. */
export function standardEventLog(): EventSink {
  return createEventLog({ stream: pino.destination({ fd: 2, sync: true }), human: process.stderr.isTTY === true });
}

/** Written in the background, so that a slow disk or terminal holds no request up. */
export function standardAccessLog(): AccessLog {
  const stream = pino.destination({ fd: 1, sync: false });
  process.on('exit', () => {
    try {
      stream.flushSync();
    } catch {
      // Never opened, or nobody reads any more: there is no one left to tell.
    }
  });
  return createAccessLog({ stream, human: process.stdout.isTTY === true });
}
