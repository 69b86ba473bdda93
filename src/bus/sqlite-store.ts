import type { Database } from 'better-sqlite3';
import { SqliteFile } from '../sqlite/file.ts';
import type { Hold, Holding } from './group-source.ts';
import type { Loss, Retention } from './retention.ts';
import {
  append,
  deadLetters,
  handAgain,
  isGroup,
  nextOf,
  readEvents,
  revive,
  rewind,
  standings,
  trimBeyond,
  trimDelivered,
} from './sqlite-events.ts';
import { bury, failed, handled, hold, leave, machineTime, release } from './sqlite-groups.ts';
import type { BusAnswers, BusQuestion, BusWorkerOptions, Consumer, StoredBatch } from './sqlite-protocol.ts';
import { eventsFile } from './sqlite-schema.ts';

type Write = Extract<BusQuestion, { kind: 'publish' | 'handled' }>;

const pagesAtOnce = 500;

/** The bus on SQLite, in the thread that may wait for a disk. */
export class SqliteBusStore {
  readonly #file: SqliteFile;
  readonly #sync: 'disk' | 'system';

  constructor({ path, busyTimeout, sync }: BusWorkerOptions) {
    this.#file = new SqliteFile(path, eventsFile(sync), busyTimeout);
    this.#sync = sync;
  }

  /** Another one whenever another process may have changed something. */
  version(): string {
    return this.#file.version();
  }

  /** What came together is written together, with one wait for the disk: the answers, in this order. */
  write(questions: readonly Write[]): (null | boolean)[] {
    const isPublishing = questions.some(({ kind }) => kind === 'publish');
    return this.#change(isPublishing, (database) =>
      questions.map((question) => {
        if (question.kind === 'handled') return handled(database, question, question.hold, question.position);
        append(database, question.rows, question.now, null);
        return null;
      }),
    );
  }

  next(who: Consumer, idle: readonly Hold[]): StoredBatch[] {
    return this.#file.use((database) =>
      idle.map((each) => nextOf(database, who, each)).filter((batch) => batch !== null),
    );
  }

  answer(question: Exclude<BusQuestion, { kind: 'publish' | 'handled' | 'read-on' | 'interrupt' | 'trim' }>) {
    return this.#answer(question) as BusAnswers[keyof BusAnswers];
  }

  #answer(question: Parameters<SqliteBusStore['answer']>[0]): BusAnswers[keyof BusAnswers] {
    switch (question.kind) {
      case 'hold':
        return this.#hold(question, question.lease);
      case 'failed':
        return this.#change(false, (database) => failed(database, question, question.hold, question.failures));
      case 'bury': {
        const { position, letter } = question;
        return this.#change(true, (database) => bury(database, question, question.hold, position, letter));
      }
      case 'release':
        return this.#change(false, (database) => release(database, question, question.hold));
      case 'leave':
        this.#change(false, (database) => leave(database, question));
        return null;
      case 'read':
        return this.#file.use((database) => readEvents(database, question.query));
      case 'dead-letters':
        return this.#file.use((database) => deadLetters(database, question.group));
      case 'revive':
        return this.#change(true, (database) => revive(database, question.ids, question.now));
      case 'rewind':
        return this.#change(true, (database) => {
          const { group, since, types, now } = question;
          if (!isGroup(database, group)) return null;
          return types === null ? rewind(database, group, since) : handAgain(database, group, since, types, now);
        });
      case 'groups':
        return this.#file.use(standings);
      case 'close':
        this.#file.close();
        return null;
    }
  }

  /** One step at a time, so that others come to their turn in between. */
  *trimming(retention: Retention, now: number): Generator<undefined, readonly Loss[]> {
    while (this.#change(false, (database) => trimDelivered(database, retention, now))) yield;
    const lost = new Map<string, number>();
    for (;;) {
      const { isMore, losses } = this.#change(false, (database) => trimBeyond(database, retention));
      for (const { group, events } of losses) lost.set(group, (lost.get(group) ?? 0) + events);
      if (!isMore) break;
      yield;
    }
    const free = (): number =>
      this.#file.use((database) => database.pragma('freelist_count', { simple: true }) as number);
    for (let before = free(); before > 0; ) {
      this.#file.use((database) => database.pragma(`incremental_vacuum(${pagesAtOnce})`));
      const now = free();
      // A file that was never told to shrink stays as large as it was.
      if (now >= before) break;
      before = now;
      yield;
    }
    return [...lost].map(([group, events]) => ({ group, events }));
  }

  #hold(who: Consumer, lease: number): Holding {
    return this.#change(false, (database) => hold(database, who, lease, machineTime()));
  }

  /**
   * Under the write lock from its first look. Cursors and leases don't wait for the disk: a power cut that takes the
   * last of them has events handled once more.
   */
  #change<T>(toDisk: boolean, work: (database: Database) => T): T {
    return this.#file.use((database) => {
      const relaxed = this.#sync === 'disk' && !toDisk;
      if (relaxed) database.pragma('synchronous = NORMAL');
      try {
        return database.transaction(() => work(database)).immediate();
      } finally {
        if (relaxed) database.pragma('synchronous = FULL');
      }
    });
  }
}
