import type { DatabaseKind } from '../sqlite/kind.ts';

/**
 * A `run` is one opening of the outbox by one process; its intents are its own until it is gone. An intent with a
 * `reason` is uncertain. An event keeps its text: what is delivered is what was recorded, byte for byte.
 */
const migrations: readonly string[] = [
  `CREATE TABLE run (
     id      TEXT    NOT NULL PRIMARY KEY,
     pid     INTEGER NOT NULL,
     host    TEXT    NOT NULL,
     started INTEGER NOT NULL,
     beat    INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;

   CREATE TABLE intent (
     id     TEXT    NOT NULL PRIMARY KEY,
     run    TEXT    NOT NULL,
     at     INTEGER NOT NULL,
     route  TEXT    NOT NULL,
     type   TEXT    NOT NULL,
     method TEXT    NOT NULL,
     path   TEXT    NOT NULL,
     key    TEXT,
     reason TEXT,
     since  INTEGER
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX intent_under_way ON intent (run) WHERE reason IS NULL;
   CREATE INDEX intent_uncertain ON intent (at) WHERE reason IS NOT NULL;

   CREATE TABLE event (
     seq       INTEGER PRIMARY KEY AUTOINCREMENT,
     id        TEXT    NOT NULL UNIQUE,
     text      TEXT    NOT NULL,
     recorded  INTEGER NOT NULL,
     delivered INTEGER
   ) STRICT;
   CREATE INDEX event_pending ON event (seq) WHERE delivered IS NULL;
   CREATE INDEX event_delivered ON event (delivered) WHERE delivered IS NOT NULL;

   CREATE TABLE dispatcher (
     one    INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
     holder TEXT    NOT NULL,
     until  INTEGER NOT NULL
   ) STRICT;

   CREATE TABLE settled (
     seq    INTEGER PRIMARY KEY AUTOINCREMENT,
     at     INTEGER NOT NULL,
     who    TEXT    NOT NULL,
     word   TEXT    NOT NULL CHECK (word IN ('happened', 'nothing')),
     intent TEXT    NOT NULL CHECK (json_valid(intent))
   ) STRICT;
   CREATE TRIGGER settled_keeps BEFORE UPDATE ON settled
     BEGIN SELECT RAISE(ABORT, 'what was settled is append-only'); END;
   CREATE TRIGGER settled_stays BEFORE DELETE ON settled
     BEGIN SELECT RAISE(ABORT, 'what was settled is append-only'); END;`,
];

/** `sync`: whether what is acknowledged has survived a power cut, or only the end of the process. */
export function outboxKind(sync: 'disk' | 'system'): DatabaseKind {
  return {
    /** `STGO`. */
    applicationId: 0x5354474f,
    migrations,
    synchronous: sync === 'disk' ? 'FULL' : 'NORMAL',
    // It may be large; damage is told when it is met.
    checkedWhole: false,
    shrinks: true,
    called: 'outbox',
    fullName: "strangler's outbox",
    section: 'state:',
    withoutDriver: 'say "state: memory" in routes.yaml',
    elsewhere: 'move it away, and the outbox begins anew',
    afterDamage:
      'restore it from a backup, or move it away together with its -wal and -shm: events that waited in it are lost then',
    onceGone: 'an empty one takes its place, and events that waited in it are lost',
  };
}
