import type { EvidenceBatch, Judgement, RouteEvidence } from '../domain/evidence.ts';
import type { ChapterEvidence } from '../domain/rollout/arm-counts.ts';
import type { EvidenceSettings } from '../domain/shadow.ts';
import type { ArmsQuery, EvidenceQuery } from '../ports.ts';
import { ReopenedFile } from '../sqlite/reopened.ts';
import { readArms } from './evidence-arms.ts';
import { forgettingSteps, resetRoutes } from './evidence-forget.ts';
import { knownClusters, readEvidence } from './evidence-read.ts';
import { evidence } from './evidence-schema.ts';
import { recordBatch } from './evidence-write.ts';

/** Evidence on SQLite, in the thread that may wait for a disk. */
export class EvidenceStore {
  readonly #file: ReopenedFile;
  #limits: EvidenceSettings;

  constructor(path: string, limits: EvidenceSettings, busyTimeout: number) {
    this.#file = new ReopenedFile(path, evidence, busyTimeout);
    this.#limits = limits;
  }

  record(batch: EvidenceBatch, now: number): void {
    this.#file.change((database) => recordBatch(database, batch, this.#limits, now));
  }

  read(query: EvidenceQuery, now: number): readonly RouteEvidence[] {
    return this.#file.use((database) => database.transaction(() => readEvidence(database, query, this.#limits, now))());
  }

  arms(query: ArmsQuery, now: number): readonly ChapterEvidence[] {
    return this.#file.use((database) => readArms(database, query, now - this.#limits.keep));
  }

  judge(ids: readonly string[], judgement: Judgement | null): readonly string[] {
    return this.#file.change((database) => {
      const known = knownClusters(database, ids);
      const put = database.prepare('INSERT OR REPLACE INTO judgement VALUES (?, ?)');
      const remove = database.prepare('DELETE FROM judgement WHERE id = ?');
      for (const id of known) judgement === null ? remove.run(id) : put.run(id, JSON.stringify(judgement));
      return known;
    });
  }

  reset(routes: readonly string[] | null, now: number): readonly string[] {
    return this.#file.change((database) => resetRoutes(database, routes, now));
  }

  limit(limits: EvidenceSettings): void {
    this.#limits = limits;
  }

  /** Forgets what lies outside of the bounds; `pause` lets others in between two steps. */
  async prune(now: number, pause: () => Promise<void>): Promise<void> {
    if (!this.#file.isThere) return;
    const steps = this.#file.use(forgettingSteps(this.#limits, now));
    for (const step of steps) {
      while (this.#file.change(step)) await pause();
      await pause();
    }
    this.#file.use((database) => database.pragma('incremental_vacuum(1000)'));
  }

  close(): void {
    this.#file.close();
  }
}
