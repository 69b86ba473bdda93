/**
 * What a service has to say, written in the same transaction as the change that it tells of, and handed to the bus after
 * it: in order, at least once, whatever dies in between.
 */
import { randomUUID } from 'node:crypto';
import type { Database } from 'better-sqlite3';
import type { CloudEvent } from '../../src/domain/cloud-event.ts';

export interface Message {
  readonly type: string;
  /** What it is about; messages about one subject arrive in their order. */
  readonly subject: string;
  readonly data: object;
}

export interface Outbox {
  /** Belongs to the transaction that is open. */
  add(message: Message): void;
  /** Messages that the bus has not taken yet. */
  waiting(): number;
  /** What the bus said when it didn't take the last ones. */
  readonly trouble: string | null;
  /** Hands over what is there, waits at most `patience` ms for that, and then no more. */
  stop(patience?: number): Promise<void>;
}

interface Row {
  readonly position: number;
  readonly event: string;
}

const batch = 100;
const [shortestPause, longestPause] = [100, 5_000];

/** `source` names the service in every event; `publish` is the bus'. What was left by an earlier run goes first. */
export function openOutbox(
  db: Database,
  source: string,
  publish: (events: readonly CloudEvent[]) => Promise<void>,
): Outbox {
  db.exec(`
    CREATE TABLE IF NOT EXISTS outbox (
      position INTEGER PRIMARY KEY AUTOINCREMENT,
      event    TEXT NOT NULL
    );`);
  const put = db.prepare<[string]>('INSERT INTO outbox (event) VALUES (?)');
  const oldest = db.prepare<[number], Row>('SELECT position, event FROM outbox ORDER BY position LIMIT ?');
  const forget = db.prepare<[number]>('DELETE FROM outbox WHERE position <= ?');
  const count = db.prepare<[], { waiting: number }>('SELECT count(*) AS waiting FROM outbox');

  let trouble: string | null = null;
  let pause = shortestPause;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let relaying: Promise<void> | null = null;

  const relay = async (): Promise<void> => {
    for (;;) {
      const rows = stopped ? [] : oldest.all(batch);
      if (rows.length === 0) return;
      try {
        await publish(rows.map(({ event }) => JSON.parse(event) as CloudEvent));
      } catch (error) {
        trouble = (error as Error).message;
        if (!stopped) timer = setTimeout(wake, pause).unref();
        pause = Math.min(pause * 2, longestPause);
        return;
      }
      trouble = null;
      pause = shortestPause;
      // Given up while the bus was at it: the database may be closed, and the next run sends them again.
      if (stopped) return;
      forget.run(rows.at(-1)!.position);
    }
  };
  const wake = (): void => {
    clearTimeout(timer);
    timer = undefined;
    relaying ??= relay()
      .catch((error: Error) => console.error(`outbox: ${error.message}`))
      .finally(() => {
        relaying = null;
      });
  };
  // By then the transaction that it is called in has come to its end: transactions here never wait for anything. A bus that
  // is away is left alone until its pause is over, however much there is to say.
  const wakeSoon = (): void => void setImmediate(() => stopped || timer !== undefined || wake());
  wakeSoon();

  return {
    add({ type, subject, data }) {
      const event: CloudEvent = {
        specversion: '1.0',
        id: randomUUID(),
        type,
        source,
        subject,
        time: new Date().toISOString(),
        datacontenttype: 'application/json',
        data,
      };
      put.run(JSON.stringify(event));
      wakeSoon();
    },
    waiting: () => count.get()!.waiting,
    get trouble() {
      return trouble;
    },
    async stop(patience = 2_000) {
      wake();
      const impatience = new Promise((resolve) => setTimeout(resolve, patience).unref());
      await Promise.race([relaying, impatience]);
      stopped = true;
      clearTimeout(timer);
    },
  };
}
