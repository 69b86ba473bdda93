import type { DatabaseKind } from '../sqlite/kind.ts';

/**
 * `seq` is the order of everything; a group has a cursor in each partition, which is its lease as well. An event
 * with `only_for` was a dead letter of that group, and is handed to nobody else.
 */
const migrations: readonly string[] = [
  `CREATE TABLE event (
     seq       INTEGER PRIMARY KEY AUTOINCREMENT,
     partition INTEGER NOT NULL,
     -- Milliseconds since the epoch; never less than that of the one before.
     at        INTEGER NOT NULL,
     only_for  TEXT,
     type      TEXT    NOT NULL,
     subject   TEXT    NOT NULL,
     body      TEXT    NOT NULL
   ) STRICT;
   CREATE INDEX event_by_partition ON event (partition, seq, only_for);
   CREATE INDEX event_by_time ON event (at);

   CREATE TABLE cursor (
     grp       TEXT    NOT NULL,
     partition INTEGER NOT NULL,
     -- The last event that was handled.
     handled   INTEGER NOT NULL DEFAULT 0,
     -- How often the next one has failed.
     failures  INTEGER NOT NULL DEFAULT 0,
     -- Another one whenever the cursor is moved by anyone but its owner, or changes its owner.
     token     INTEGER NOT NULL DEFAULT 0,
     owner     TEXT,
     -- Milliseconds of the machine's clock that is never set.
     expires   INTEGER NOT NULL DEFAULT 0,
     PRIMARY KEY (grp, partition)
   ) STRICT, WITHOUT ROWID;

   CREATE TABLE consumer (
     grp     TEXT    NOT NULL,
     id      TEXT    NOT NULL,
     expires INTEGER NOT NULL,
     PRIMARY KEY (grp, id)
   ) STRICT, WITHOUT ROWID;

   CREATE TABLE dead_letter (
     id        INTEGER PRIMARY KEY AUTOINCREMENT,
     grp       TEXT    NOT NULL,
     partition INTEGER NOT NULL,
     body      TEXT    NOT NULL,
     attempts  INTEGER NOT NULL,
     error     TEXT    NOT NULL,
     at        INTEGER NOT NULL
   ) STRICT;
   CREATE INDEX dead_letter_by_group ON dead_letter (grp, id);`,
];

export function eventsFile(sync: 'disk' | 'system'): DatabaseKind {
  return {
    /** `STGB`. */
    applicationId: 0x53544742,
    migrations,
    synchronous: sync === 'disk' ? 'FULL' : 'NORMAL',
    // It may be large; damage is told when it is met.
    checkedWhole: false,
    shrinks: true,
    called: 'events file',
    fullName: "a file of strangler's events",
    section: 'events: bus:',
    withoutDriver: 'name another bus under "events: bus:" in routes.yaml',
    elsewhere: 'name another file under "events: bus:" in routes.yaml, or move this one away',
    afterDamage: 'restore it from a backup, or move it away together with its -wal and -shm: events then begin anew',
    onceGone: 'put it back, or restart to begin anew',
  };
}
