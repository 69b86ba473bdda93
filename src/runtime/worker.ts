/**
 * A worker of the fleet: a proxy without a file, a state or signals of its own. It is told what to apply, and it
 * ends when it is told to drain or when the primary is gone.
 */
import type { Settings } from '../domain/settings.ts';
import { quieten } from '../events/quiet.ts';
import { standardAccessLog } from '../events/standard.ts';
import { HandingOutbox } from '../outbox/handing.ts';
import type { OutboxWriter } from '../ports.ts';
import { createSingleFront } from './front.ts';
import type { FromWorker, ToWorker } from './messages.ts';
import { createOutboxDoor } from './outbox-door.ts';

function tell(message: FromWorker, done?: () => void): void {
  // A primary that is gone is noticed by 'disconnect'; a message that it can't read any more needs no second error.
  process.send?.(message, undefined, {}, () => done?.());
}

/** Every worker writes into the same file by itself; into the primary's memory none can. */
const door = createOutboxDoor({ now: Date.now });
const handing = new HandingOutbox((what) => tell({ type: 'handed-over', what }));
const outbox = (): OutboxWriter => (settings?.state.kind === 'memory' ? handing : door);

let settings: Settings | null = null;

const front = createSingleFront({
  // Kept quiet on this side of the channel: a failing target must not fill that up either.
  events: quieten({ emit: (event) => tell({ type: 'event', event }) }),
  onEvidence: (batch) => tell({ type: 'evidence', batch }),
  onArms: (counts) => tell({ type: 'arms', counts }),
  accessLog: standardAccessLog({ json: process.argv[3] === 'json' }),
  pseudonym: process.argv[2]!,
  outbox: {
    intend: (intents) => outbox().intend(intents),
    record: (answered) => outbox().record(answered),
    dismiss: (ids) => outbox().dismiss(ids),
    leaveOpen: (intents, reason) => outbox().leaveOpen(intents, reason),
    prove: () => outbox().prove(),
  },
  // The primary looks into the file by itself.
  onRecorded: () => {},
});

process.on('message', async (message: ToWorker) => {
  switch (message.type) {
    case 'apply':
      settings = message.settings ?? settings;
      if (settings === null) break;
      if (settings.state.kind === 'sqlite') door.apply(settings);
      front.apply(settings, message.live);
      break;
    case 'listen':
      front.listen(message.at).then(
        (listening) => tell({ type: 'listening', listening }),
        (error: NodeJS.ErrnoException) =>
          tell({ type: 'not-listening', code: error.code, message: error.message }, () => process.exit(1)),
      );
      break;
    case 'figures':
      for (const figures of await front.figures()) tell({ type: 'figures', question: message.question, figures });
      break;
    case 'drain': {
      const drained = await front.drain(message.ms);
      await door.close();
      for (const figures of await front.figures()) tell({ type: 'drained', drained, figures }, () => process.exit(0));
      break;
    }
  }
});

// Ctrl-C and a service manager's SIGTERM reach the whole process group; the primary says when to drain.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
process.on('SIGHUP', () => undefined);
process.on('disconnect', async () => {
  await front.drain(settings?.listen.drain ?? 0);
  await door.close();
  process.exit(0);
});

tell({ type: 'ready' });
