/** What commands read evidence by, and what they decide through: the file itself, or the proxy that has it in memory. */
import { existsSync } from 'node:fs';
import type { Judgement, RouteEvidence } from '../domain/evidence.ts';
import type { Settings } from '../domain/settings.ts';
import { defaultEvidence } from '../domain/shadow.ts';
import type { Evidence, EvidenceQuery } from '../ports.ts';
import { evidencePath, openEvidence } from '../state/open-evidence.ts';
import { adminClient } from './admin-client.ts';
import { Failure } from './failure.ts';

export interface EvidenceControl {
  /** What it speaks to, in words. */
  readonly by: string;
  read(query: EvidenceQuery): Promise<readonly RouteEvidence[]>;
  /** Decides about clusters by their ids, `null` takes a decision back. Returns the ids that are known. */
  judge(ids: readonly string[], judgement: Judgement | null): Promise<readonly string[]>;
  /** Forgets the evidence of these routes, of all for `null`. Returns the routes that had any. */
  reset(routes: readonly string[] | null): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** `evidence` is what routes.yaml says of it; without, the usual bounds. */
type Doors = Pick<Settings, 'state' | 'admin'> & Partial<Pick<Settings, 'evidence'>>;

/** Leaves no file behind where nothing was recorded yet. `null`: there is none. Every method throws a {@link Failure}. */
export async function openEvidenceControl(doors: Doors): Promise<EvidenceControl | null> {
  const { state, admin, evidence: limits = defaultEvidence } = doors;
  if (state.kind === 'memory') {
    const client = adminClient(admin);
    return { by: `the admin API at ${client.url}`, ...client.evidence, close: async () => {} };
  }
  const path = evidencePath(state.path);
  if (!existsSync(path)) return null;
  return inWords(`the evidence ${path}`, await openEvidence(state, limits, { now: Date.now }));
}

function inWords(by: string, evidence: Evidence): EvidenceControl {
  const fail = (error: Error): never => {
    throw new Failure(error.message);
  };
  return {
    by,
    read: (query) => evidence.read(query).catch(fail),
    judge: (ids, judgement) => evidence.judge(ids, judgement).catch(fail),
    reset: (routes) => evidence.reset(routes).catch(fail),
    close: () => evidence.close(),
  };
}
