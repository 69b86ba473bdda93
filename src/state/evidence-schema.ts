import type { DatabaseKind } from '../sqlite/kind.ts';

/**
 * Counts are JSON: what is in them is only ever joined and shown, never asked for by SQL. A window is a minute, or an
 * hour once it is older (`span`).
 */
const migrations: readonly string[] = [
  `CREATE TABLE fingerprint (
     id          INTEGER PRIMARY KEY,
     route       TEXT    NOT NULL,
     fingerprint TEXT    NOT NULL,
     service     TEXT    NOT NULL,
     began       INTEGER NOT NULL,
     reset_at    INTEGER NOT NULL,
     recorded    INTEGER NOT NULL,
     turn        INTEGER NOT NULL,
     UNIQUE (route, fingerprint)
   ) STRICT;

   CREATE TABLE counted (
     fingerprint INTEGER NOT NULL REFERENCES fingerprint (id) ON DELETE CASCADE,
     span        INTEGER NOT NULL,
     window      INTEGER NOT NULL,
     arm         TEXT    NOT NULL,
     counts      TEXT    NOT NULL,
     PRIMARY KEY (fingerprint, span, window, arm)
   ) STRICT;

   CREATE TABLE sketch (
     fingerprint INTEGER NOT NULL REFERENCES fingerprint (id) ON DELETE CASCADE,
     span        INTEGER NOT NULL,
     window      INTEGER NOT NULL,
     what        TEXT    NOT NULL,
     bytes       BLOB    NOT NULL,
     PRIMARY KEY (fingerprint, span, window, what)
   ) STRICT;

   CREATE TABLE cluster (
     fingerprint INTEGER NOT NULL REFERENCES fingerprint (id) ON DELETE CASCADE,
     id          TEXT    NOT NULL,
     kind        TEXT    NOT NULL,
     pattern     TEXT    NOT NULL,
     count       INTEGER NOT NULL,
     first_seen  INTEGER NOT NULL,
     last_seen   INTEGER NOT NULL,
     persistent  INTEGER NOT NULL,
     race        INTEGER NOT NULL,
     noise       INTEGER NOT NULL,
     PRIMARY KEY (fingerprint, id)
   ) STRICT;
   CREATE INDEX cluster_by_id ON cluster (id);

   CREATE TABLE example (
     seq         INTEGER PRIMARY KEY,
     fingerprint INTEGER NOT NULL,
     cluster     TEXT    NOT NULL,
     at          INTEGER NOT NULL,
     bytes       INTEGER NOT NULL,
     example     TEXT    NOT NULL,
     FOREIGN KEY (fingerprint, cluster) REFERENCES cluster (fingerprint, id) ON DELETE CASCADE
   ) STRICT;
   CREATE INDEX example_by_cluster ON example (fingerprint, cluster, at, seq);
   CREATE INDEX example_by_age ON example (at, seq, bytes);

   CREATE TABLE judgement (
     id        TEXT NOT NULL PRIMARY KEY,
     judgement TEXT NOT NULL
   ) STRICT;

   CREATE TABLE lost (
     window  INTEGER PRIMARY KEY,
     batches INTEGER NOT NULL
   ) STRICT;`,

  `CREATE TABLE arm (
     chapter  TEXT    NOT NULL,
     route    TEXT    NOT NULL,
     arm      TEXT    NOT NULL,
     requests INTEGER NOT NULL,
     failures INTEGER NOT NULL,
     latency  TEXT    NOT NULL,
     recorded INTEGER NOT NULL,
     PRIMARY KEY (chapter, route, arm)
   ) STRICT;`,
];

export const evidence: DatabaseKind = {
  /** `STGE`. */
  applicationId: 0x53544745,
  migrations,
  // A power cut may cost the last batches: nothing that anyone was told is among them.
  synchronous: 'NORMAL',
  // It may be large; damage is told when it is met.
  checkedWhole: false,
  shrinks: true,
  called: 'evidence',
  fullName: "strangler's evidence",
  section: 'state:',
  withoutDriver: 'say "state: memory" in routes.yaml',
  elsewhere: 'move it away, and evidence begins anew',
  afterDamage: 'move it away together with its -wal and -shm, and evidence begins anew',
  onceGone: 'evidence begins anew in its place',
};
