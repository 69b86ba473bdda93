/** The thread that compares, so that no document and no expression ever holds up a caller. */
import { readlinkSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';
import { basename } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { Aggregate } from './aggregate.ts';
import type { ToHost, ToWorker, WorkerData } from './comparer-messages.ts';
import { Examiner } from './examine.ts';
import { ExampleRation } from './example-ration.ts';
import { Judge } from './judge.ts';
import { unpack } from './packing.ts';
import { Watched } from './watchdog.ts';

function start(port: NonNullable<typeof parentPort>, { watched: memory }: WorkerData): void {
  const tell = (message: ToHost): void => port.postMessage(message);
  const watched = new Watched(memory);
  const ration = new ExampleRation();
  const aggregate = new Aggregate(ration);
  const watch = { enter: (rule: number) => watched.enterRule(rule), leave: () => watched.enterRule(-1) };
  const judge = new Judge({ examiner: new Examiner(aggregate, watch), watched, tell, now: () => performance.now() });

  port.on('message', (message: ToWorker) => {
    switch (message.kind) {
      case 'order':
        ration.kept = message.order.examples;
        judge.apply(message.order);
        break;
      case 'pairs': {
        const pairs = unpack(message.packed);
        const released = pairs.filter((pair) => judge.pair(pair) && pair.hasLook).map(({ id }) => id);
        tell({ kind: 'done', released });
        break;
      }
      case 'told': {
        const { legacy, service } = unpack(message.packed)[0]!;
        const released = judge.told(message.look, { legacy, service: service! });
        tell({ kind: 'done', released: released ? [message.look] : [] });
        break;
      }
      case 'untold':
        if (judge.told(message.look, message.why)) tell({ kind: 'released', released: [message.look] });
        break;
      case 'flush':
        if (message.last) judge.settle();
        tell({ kind: 'counted', counted: aggregate.take(), last: message.last });
    }
  });
}

/** Callers come first on the processor, too. Only Linux knows a thread by a number of its own. */
function giveWay(): void {
  try {
    const { PRIORITY_BELOW_NORMAL, PRIORITY_LOW } = constants.priority;
    const thread = Number(basename(readlinkSync('/proc/thread-self')));
    setPriority(thread, Math.min(PRIORITY_LOW, getPriority() + PRIORITY_BELOW_NORMAL));
  } catch {
    // Elsewhere it competes as any other thread.
  }
}

giveWay();
if (parentPort === null) throw new Error('comparer-worker is started by createComparer');
start(parentPort, workerData as WorkerData);
