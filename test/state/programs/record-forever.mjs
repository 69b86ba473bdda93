// Records one comparison after the other: `node record-forever.mjs PATH [COUNT]`. Prints how many were kept so far.
import { writeSync } from 'node:fs';
import { openSqliteEvidence } from '../../../dist/src/state/sqlite-evidence.js';

const [, , path, most = Number.POSITIVE_INFINITY] = process.argv;
const limits = { keep: 3_600_000_000, size: 1_000_000, examples: 20 };
const evidence = await openSqliteEvidence({ path, limits, clock: Date, busyTimeout: 5_000 });
const buckets = new Array(56).fill(1);
const answer = { status: 200, headers: [], body: '{}', left: null, milliseconds: 1 };
for (let kept = 1; kept <= most; kept++) {
  const at = Date.now();
  const tally = {
    route: 'order',
    fingerprint: 'f',
    service: 'orders',
    arm: 'legacy',
    window: at - (at % 60_000),
    eligible: 6,
    compared: 3,
    matched: 2,
    matchedByRules: 0,
    matchedLater: 0,
    serviceFailed: 1,
    skipped: { overloaded: 1, 'not-sampled': 1 },
    latency: { legacy: buckets, service: buckets },
    combinations: { aaaaaaaa: 1 },
    urls: [process.pid * 100_000 + kept],
    callers: [process.pid],
    noise: { pairs: 0, differing: {} },
  };
  const example = {
    at,
    arm: 'legacy',
    request: { method: 'GET', url: '/', headers: [], body: null, traceparent: '' },
    legacy: answer,
    service: answer,
    mismatches: [],
  };
  const cluster = {
    id: 'aaaaaaaa',
    route: 'order',
    fingerprint: 'f',
    kind: 'value',
    pattern: '$.total',
    count: 1,
    firstSeen: at,
    lastSeen: at,
    persistent: 0,
    race: 0,
    noise: 0,
    examples: [example],
  };
  await evidence.record({ tallies: [tally], clusters: [cluster] });
  // Past every buffer of this process, since it may not live to flush one.
  writeSync(1, `${kept}\n`);
}
await evidence.close();
