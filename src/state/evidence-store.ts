import { existsSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import type { EvidenceBatch, Judgement, RouteEvidence } from '../domain/evidence.ts';
import type { ChapterEvidence } from '../domain/rollout/arm-counts.ts';
import type { EvidenceSettings } from '../domain/shadow.ts';
import type { ArmsQuery, EvidenceQuery } from '../ports.ts';
import { SqliteFile } from '../sqlite/file.ts';
import { readArms } from './evidence-arms.ts';
import { forgettingSteps, resetRoutes } from './evidence-forget.ts';
import { knownClusters, readEvidence } from './evidence-read.ts';
import { evidence } from './evidence-schema.ts';
import { recordBatch } from './evidence-write.ts';

/**
 * Evidence on SQLite, in the thread that may wait for a disk. A file that can't be used fails what is asked of it, and
 * nothing else: it is opened again for the next question.
 */
export class EvidenceStore {
  readonly #path: string;
  readonly #busyTimeout: number;
  #limits: EvidenceSettings;
  #file: SqliteFile | null = null;

  constructor(path: string, limits: EvidenceSettings, busyTimeout: number) {
    this.#path = path;
    this.#limits = limits;
    this.#busyTimeout = busyTimeout;
  }

  record(batch: EvidenceBatch, now: number): void {
    this.#change((database) => recordBatch(database, batch, this.#limits, now));
  }

  read(query: EvidenceQuery, now: number): readonly RouteEvidence[] {
    return this.#use((database) => database.transaction(() => readEvidence(database, query, this.#limits, now))());
  }

  arms(query: ArmsQuery, now: number): readonly ChapterEvidence[] {
    return this.#use((database) => readArms(database, query, now - this.#limits.keep));
  }

  judge(ids: readonly string[], judgement: Judgement | null): readonly string[] {
    return this.#change((database) => {
      const known = knownClusters(database, ids);
      const put = database.prepare('INSERT OR REPLACE INTO judgement VALUES (?, ?)');
      const remove = database.prepare('DELETE FROM judgement WHERE id = ?');
      for (const id of known) judgement === null ? remove.run(id) : put.run(id, JSON.stringify(judgement));
      return known;
    });
  }

  reset(routes: readonly string[] | null, now: number): readonly string[] {
    return this.#change((database) => resetRoutes(database, routes, now));
  }

  limit(limits: EvidenceSettings): void {
    this.#limits = limits;
  }

  /** Forgets what lies outside of the bounds; `pause` lets others in between two steps. */
  async prune(now: number, pause: () => Promise<void>): Promise<void> {
    // To look for what is too old must not make a file where nothing was ever recorded.
    if (this.#file === null && !existsSync(this.#path)) return;
    const steps = this.#use(forgettingSteps(this.#limits, now));
    for (const step of steps) {
      while (this.#change(step)) await pause();
      await pause();
    }
    this.#use((database) => database.pragma('incremental_vacuum(1000)'));
  }

  close(): void {
    this.#letGo();
  }

  #change<T>(work: (database: Database) => T): T {
    return this.#use((database) => database.transaction(() => work(database)).immediate());
  }

  /** SQLite looks only when it opens a file whether it is sound and may be written. */
  #use<T>(work: (database: Database) => T): T {
    try {
      this.#file ??= new SqliteFile(this.#path, evidence, this.#busyTimeout);
      return this.#file.use(work);
    } catch (error) {
      this.#letGo();
      throw error;
    }
  }

  #letGo(): void {
    const file = this.#file;
    this.#file = null;
    try {
      file?.close();
    } catch {
      // What can't even be closed is not used again.
    }
  }
}
