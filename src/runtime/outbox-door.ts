import type { Settings } from '../domain/settings.ts';
import { StateError } from '../domain/state-error.ts';
import { hasOutbox, openOutbox } from '../outbox/open.ts';
import type { Clock, Outbox } from '../ports.ts';

/** The outbox, opened once somebody needs it: where no route publishes, and none has, there is no thread and no file. */
export interface OutboxDoor extends Outbox {
  /** Called with what is in force, before anything of it is asked. */
  apply(settings: Settings): void;
  /** Somebody has needed it. */
  readonly isOpen: boolean;
}

export function createOutboxDoor(clock: Clock): OutboxDoor {
  let opening: Promise<Outbox> | null = null;

  async function orNothing<T>(ask: (outbox: Outbox) => Promise<T>, nothing: T): Promise<T> {
    return opening === null ? nothing : ask(await opening);
  }

  async function mustBeOpen<T>(ask: (outbox: Outbox) => Promise<T>): Promise<T> {
    if (opening === null) throw new StateError('unavailable', 'the outbox has not been opened yet');
    return ask(await opening);
  }

  return {
    apply({ routes, state, events }) {
      const isNeeded = routes.some(({ publish }) => publish.length > 0) || hasOutbox(state);
      if (isNeeded) opening ??= openOutbox(state, events, clock);
    },
    get isOpen() {
      return opening !== null;
    },
    intend: (intents) => mustBeOpen((outbox) => outbox.intend(intents)),
    record: (answered) => mustBeOpen((outbox) => outbox.record(answered)),
    add: (events) => mustBeOpen((outbox) => outbox.add(events)),
    dismiss: (ids) => mustBeOpen((outbox) => outbox.dismiss(ids)),
    leaveOpen: (intents, reason) => mustBeOpen((outbox) => outbox.leaveOpen(intents, reason)),
    prove: () => mustBeOpen((outbox) => outbox.prove()),
    settle: (settlement) => mustBeOpen((outbox) => outbox.settle(settlement)),
    uncertain: (limit) => orNothing((outbox) => outbox.uncertain(limit), []),
    settled: (limit) => orNothing((outbox) => outbox.settled(limit), []),
    take: (holder) => orNothing((outbox) => outbox.take(holder), []),
    delivered: (ids) => orNothing((outbox) => outbox.delivered(ids), undefined),
    yield: (holder) => orNothing((outbox) => outbox.yield(holder), undefined),
    standing: () => orNothing((outbox) => outbox.standing(), { pending: 0, oldest: null, uncertain: 0 }),
    close: () => orNothing((outbox) => outbox.close(), undefined),
  };
}
