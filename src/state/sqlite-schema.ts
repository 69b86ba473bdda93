import type { DatabaseKind } from '../sqlite/kind.ts';

/** `STGF`, where SQLite and `file(1)` look for the kind of a database. */
export const applicationId = 0x53544746;

/**
 * Each entry takes the schema one version further, and `user_version` counts the entries that were applied: an
 * entry that has been released is never edited.
 *
 * Percents are kept as hundredths, so that what is compared and summed is exact. The history can only grow: what
 * the operators of a migration lean on must not be rewritten by anyone, not even by hand without a trace.
 */
export const migrations: readonly string[] = [
  `CREATE TABLE live (
     route       TEXT    NOT NULL PRIMARY KEY,
     service     TEXT    NOT NULL,
     declared    INTEGER NOT NULL CHECK (declared BETWEEN 0 AND 10000),
     declared_at REAL    NOT NULL,
     live        INTEGER NOT NULL CHECK (live BETWEEN 0 AND 10000),
     latched     INTEGER NOT NULL CHECK (latched IN (0, 1)),
     retired     INTEGER NOT NULL CHECK (retired IN (0, 1))
   ) STRICT, WITHOUT ROWID;

   CREATE TABLE history (
     seq          INTEGER PRIMARY KEY AUTOINCREMENT,
     at           INTEGER NOT NULL,
     route        TEXT    NOT NULL,
     percent_from INTEGER CHECK (percent_from BETWEEN 0 AND 10000),
     percent_to   INTEGER CHECK (percent_to BETWEEN 0 AND 10000),
     source       TEXT    NOT NULL,
     who          TEXT    NOT NULL,
     reason       TEXT
   ) STRICT;
   CREATE INDEX history_by_route ON history (route, seq);

   CREATE TRIGGER history_keeps BEFORE UPDATE ON history
     BEGIN SELECT RAISE(ABORT, 'history is append-only'); END;
   CREATE TRIGGER history_stays BEFORE DELETE ON history
     BEGIN SELECT RAISE(ABORT, 'history is append-only'); END;
   -- INSERT OR REPLACE deletes without asking the trigger above.
   CREATE TRIGGER history_grows BEFORE INSERT ON history
     WHEN EXISTS (SELECT 1 FROM history WHERE seq = NEW.seq)
     BEGIN SELECT RAISE(ABORT, 'history is append-only'); END;`,
  `ALTER TABLE live ADD COLUMN shadow_declared INTEGER NOT NULL DEFAULT 0 CHECK (shadow_declared BETWEEN 0 AND 10000);
   ALTER TABLE live ADD COLUMN shadow_live INTEGER NOT NULL DEFAULT 0 CHECK (shadow_live BETWEEN 0 AND 10000);
   ALTER TABLE live ADD COLUMN calibrate_until INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE history ADD COLUMN what TEXT NOT NULL DEFAULT 'percent';`,
  // One column holds the whole of a rollout: it is read and written whole, nothing asks for a part of it, and what a
  // plan may say grows with every gate.
  `CREATE TABLE rollout (
     name TEXT NOT NULL PRIMARY KEY,
     body TEXT NOT NULL CHECK (json_valid(body))
   ) STRICT, WITHOUT ROWID;`,
];

export const control: DatabaseKind = {
  applicationId,
  migrations,
  // An acknowledged shift survives a power cut: FULL syncs the log at every commit.
  synchronous: 'FULL',
  checkedWhole: true,
  shrinks: false,
  called: 'state',
  fullName: 'a strangler state',
  section: 'state:',
  withoutDriver: 'say "state: memory" in routes.yaml',
  elsewhere: 'name another file under "state:" in routes.yaml, or move this one away',
  afterDamage:
    'restore it from a backup, or move it away together with its -wal and -shm: live percents then begin at the declared ones',
  onceGone: 'put it back, or restart to begin anew',
};
