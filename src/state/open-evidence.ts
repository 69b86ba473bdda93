import type { StateLocation } from '../domain/settings.ts';
import type { EvidenceSettings } from '../domain/shadow.ts';
import type { Clock, Evidence } from '../ports.ts';
import { memoryEvidence } from './memory-evidence.ts';
import { openSqliteEvidence } from './sqlite-evidence.ts';

/**
 * Opens the evidence that belongs to a state. Never rejects: what can't be used costs evidence, and must not keep a
 * proxy from starting. `worker` is for those who run these files as TypeScript.
 */
export async function openEvidence(
  location: StateLocation,
  limits: EvidenceSettings,
  clock: Clock,
  worker?: URL,
): Promise<Evidence> {
  switch (location.kind) {
    case 'memory':
      return memoryEvidence(limits, clock);
    case 'sqlite':
      return openSqliteEvidence({ path: evidencePath(location.path), limits, clock, ...(worker && { worker }) });
  }
}

/** `state.db` → `state.evidence.db`, beside it. */
export function evidencePath(statePath: string): string {
  return `${statePath.replace(/\.db$/, '')}.evidence.db`;
}
