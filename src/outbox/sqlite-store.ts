import type { Database } from 'better-sqlite3';
import type { Intent } from '../domain/publishing/intent.ts';
import type { DatabaseKind } from '../sqlite/kind.ts';
import { ReopenedFile } from '../sqlite/reopened.ts';
import { lackOfRoom, lackOfRoomForEvent, mostUncertain, type OutboxBounds } from './bounds.ts';
import type { OutboxAnswers, OutboxQuestion } from './protocol.ts';
import { beat, endRun, type Run, sweepGone } from './runs.ts';
import {
  addEvent,
  addIntents,
  forgetDelivered,
  makeUncertain,
  markDelivered,
  readSettled,
  readStanding,
  readUncertain,
  removeIntents,
  settleByHand,
  takeEvents,
  yieldDispatch,
} from './sqlite-rows.ts';
import { outboxKind } from './sqlite-schema.ts';
import { tell } from './tell.ts';

type Answer = OutboxAnswers[keyof OutboxAnswers];

/** An outbox that nobody has written yet. */
const empty = { pending: 0, oldest: null, uncertain: 0 };

/** The outbox on SQLite, in the thread that may wait for a disk. */
export class OutboxStore {
  readonly #file: ReopenedFile;
  readonly #kind: DatabaseKind;
  readonly #bounds: OutboxBounds;
  readonly #run: Run;
  /** This run has a row, and so signs of life to give. */
  #registered = false;
  /** As of the last beat: to count them for each intent would cost more than the intent. */
  #standing = { uncertain: 0, pending: 0 };

  constructor(path: string, sync: 'disk' | 'system', bounds: OutboxBounds, run: Run, busyTimeout: number) {
    this.#kind = outboxKind(sync);
    this.#file = new ReopenedFile(path, this.#kind, busyTimeout);
    this.#bounds = bounds;
    this.#run = run;
  }

  /**
   * Answers in their order: what came while the disk was busy with the last ones is one transaction, and waits for the
   * disk once. Throws where nothing of it was done; what alone is refused has an error for its answer.
   */
  answer(questions: readonly OutboxQuestion[], now: number): readonly (Answer | Error)[] {
    if (!this.#file.isThere && !questions.some(writes)) return questions.map(ofNothing);
    const registers = !this.#registered && questions.some(({ kind }) => kind === 'intend');
    const answers = this.#file.change((database) => {
      const all = questions.map((question) => this.#one(database, question, now));
      if (registers) beat(database, this.#run, now);
      return all;
    });
    if (registers) this.#registered = true;
    return answers;
  }

  /** To be called about once a second. */
  live(now: number): void {
    if (!this.#file.isThere) return;
    this.#file.change((database) => {
      if (this.#registered) beat(database, this.#run, now);
      sweepGone(database, now);
      this.#standing = readStanding(database);
    });
  }

  /** To be called every now and then. True: there is more to forget. */
  prune(now: number): boolean {
    if (!this.#file.isOpen) return false;
    const more = this.#file.change((database) => forgetDelivered(database, now - this.#bounds.keep, this.#bounds.most));
    if (!more) this.#file.use((database) => database.pragma('incremental_vacuum(1000)'));
    return more;
  }

  close(now: number): void {
    try {
      if (this.#registered) {
        this.#file.change((database) => endRun(database, this.#run.id, 'the proxy was stopped before it knew', now));
      }
    } finally {
      this.#file.close();
    }
  }

  #one(database: Database, question: OutboxQuestion, now: number): Answer | Error {
    switch (question.kind) {
      case 'intend': {
        const refusal = lackOfRoom(this.#standing, this.#bounds);
        if (refusal !== null) return refusal;
        addIntents(database, this.#run.id, question.intents);
        return null;
      }
      case 'record': {
        const refusal = lackOfRoomForEvent(this.#standing, this.#bounds);
        if (refusal !== null) return refusal;
        return tell(question.answered).map((told) => {
          if (told.event !== null) addEvent(database, told.intent.id, told.text, now);
          else this.#leaveOpen(database, [told.intent], told.untold, now);
          return told.event === null ? told.untold : null;
        });
      }
      case 'add':
        for (const event of question.events) addEvent(database, event.id, JSON.stringify(event), now);
        return null;
      case 'dismiss':
        removeIntents(database, question.ids);
        return null;
      case 'leave-open':
        this.#leaveOpen(database, question.intents, question.reason, now);
        return null;
      case 'uncertain':
        sweepGone(database, now);
        return readUncertain(database, question.limit);
      case 'settle':
        sweepGone(database, now);
        return settleByHand(database, question.settlement, now);
      case 'settled':
        return readSettled(database, question.limit);
      case 'take':
        return takeEvents(database, question.holder, now);
      case 'delivered':
        markDelivered(database, question.ids, now);
        return null;
      case 'yield':
        yieldDispatch(database, question.holder);
        return null;
      case 'standing':
        sweepGone(database, now);
        return readStanding(database);
      case 'prove':
        database.pragma(`user_version = ${this.#kind.migrations.length}`);
        return null;
      case 'close':
        return null;
    }
  }

  /** Also what was never written down, as long as there is room. */
  #leaveOpen(database: Database, intents: readonly Intent[], reason: string, now: number): void {
    if (this.#standing.uncertain < mostUncertain) addIntents(database, this.#run.id, intents);
    makeUncertain(database, intents, reason, now);
  }
}

const looks: ReadonlySet<OutboxQuestion['kind']> = new Set([
  'uncertain',
  'settle',
  'settled',
  'take',
  'delivered',
  'yield',
  'standing',
  'close',
]);

const writes = ({ kind }: OutboxQuestion): boolean => !looks.has(kind);

function ofNothing(question: OutboxQuestion): Answer {
  switch (question.kind) {
    case 'uncertain':
    case 'settled':
    case 'take':
      return [];
    case 'settle':
      return { settled: [], refused: question.settlement.ids.map((id) => ({ id, message: 'there is no outbox yet' })) };
    case 'standing':
      return empty;
    default:
      return null;
  }
}
