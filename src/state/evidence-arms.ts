/** What arms did in chapters, in the evidence file. Everything here is to be called within a transaction. */
import type { Database } from 'better-sqlite3';
import type { Arm } from '../domain/evidence.ts';
import { getOrAdd } from '../domain/get-or-add.ts';
import {
  addToArm,
  type ChapterCount,
  type ChapterEvidence,
  emptyArm,
  emptyChapter,
} from '../domain/rollout/arm-counts.ts';
import type { ArmFigures } from '../domain/rollout/model.ts';
import type { ArmsQuery } from '../ports.ts';

interface Row {
  readonly chapter: string;
  readonly route: string;
  readonly arm: Arm;
  readonly requests: number;
  readonly failures: number;
  readonly latency: string;
}

export function addArms(database: Database, counts: readonly ChapterCount[], now: number): void {
  const find = database.prepare<unknown[], Row>('SELECT * FROM arm WHERE chapter = ? AND route = ? AND arm = ?');
  const put = database.prepare('INSERT OR REPLACE INTO arm VALUES (?, ?, ?, ?, ?, ?, ?)');
  for (const count of counts) {
    const { chapter, route, arm } = count;
    const there = find.get(chapter, route, arm);
    const { requests, failures, latency } = addToArm(there === undefined ? emptyArm : figuresOf(there), count);
    put.run(chapter, route, arm, requests, failures, JSON.stringify(latency), now);
  }
}

export function readArms(database: Database, query: ArmsQuery, from: number): readonly ChapterEvidence[] {
  const rows = database.prepare<unknown[], Row>(
    'SELECT * FROM arm WHERE chapter >= ? AND chapter <= ? AND recorded > ? ORDER BY rowid',
  );
  // Names are plain ASCII: nothing that begins with one comes after it and the last character of all.
  const spans =
    'chapters' in query ? query.chapters.map((one) => [one, one]) : [[query.beginning, `${query.beginning}\u{10ffff}`]];
  const found = new Map<string, ChapterEvidence>();
  for (const row of spans.flatMap((span) => rows.all(...span, from))) {
    const key = JSON.stringify([row.chapter, row.route]);
    const there = getOrAdd(found, key, () => emptyChapter(row.chapter, row.route));
    found.set(key, { ...there, [row.arm]: figuresOf(row) });
  }
  return [...found.values()];
}

export function forgetArms(database: Database, oldest: number): void {
  database.prepare('DELETE FROM arm WHERE recorded <= ?').run(oldest);
}

function figuresOf({ requests, failures, latency }: Row): ArmFigures {
  return { requests, failures, latency: JSON.parse(latency) as readonly number[] };
}
