import { StateError } from '../domain/state-error.ts';
import type { State } from '../ports.ts';
import { answerFor } from './answer.ts';
import { Line } from './line.ts';
import { pageSize } from './page-size.ts';
import { isAboutState, type Told } from './protocol.ts';

/** `process` in a worker; a `ChildProcess` or a cluster's `Worker` in the primary. */
export interface IpcChannel {
  send?(
    message: object,
    sendHandle: undefined,
    options: undefined,
    callback: (error: Error | null) => void,
  ): boolean | undefined;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  on(event: 'disconnect', listener: () => void): unknown;
  off(event: 'message', listener: (message: unknown) => void): unknown;
  off(event: 'disconnect', listener: () => void): unknown;
}

/**
 * In the primary: answers one worker from the state that this process owns, so that a fleet of workers is one
 * client of the database. Call it in the turn of the event loop that forks the worker, or its first questions
 * are lost. Returns the way to stop; a worker that goes away stops it too.
 */
export function serveState(state: State, channel: IpcChannel): () => void {
  // A worker's `close()` ends at its own side: the state belongs to the primary.
  const holder = {
    read: () => state.read(),
    change: state.change.bind(state),
    history: state.history.bind(state),
    watch: state.watch.bind(state),
    close: () => {},
  };
  const end = answerFor(holder, (told) => post(channel, told, () => {}));
  const stop = (): void => {
    end.stop();
    channel.off('message', end.hear);
    channel.off('disconnect', stop);
  };
  channel.on('message', end.hear);
  channel.on('disconnect', stop);
  return stop;
}

/** In a worker: the primary's state, as if it were here. */
export function followState(channel: IpcChannel): State {
  const line = new Line();
  const hear = (message: unknown): void => {
    if (isAboutState(message)) line.hear(message as Told);
  };
  const lost = (): void =>
    line.disconnect(new StateError('unavailable', 'the primary process, which owns the state, is gone'));
  channel.on('message', hear);
  channel.on('disconnect', lost);
  line.connect((ask) => post(channel, ask, lost));

  return {
    read: () => line.ask({ kind: 'read' }),
    change: (change) => line.ask({ kind: 'change', change }),
    // JSON has no Infinity.
    history: (query) => line.ask({ kind: 'history', query: { ...query, limit: pageSize(query.limit) } }),
    watch: (listener, onTrouble) => line.watchers.add(listener, onTrouble),
    close: async () => {
      channel.off('message', hear);
      channel.off('disconnect', lost);
      line.disconnect(new StateError('closed', 'the state has been closed'));
      line.watchers.clear();
    },
  };
}

/** Without a callback Node would emit a failure as an `error` event, which ends the process. */
function post(channel: IpcChannel, message: object, onFailure: () => void): void {
  if (channel.send === undefined) {
    onFailure();
    return;
  }
  channel.send(message, undefined, undefined, (error) => {
    if (error !== null) onFailure();
  });
}
