/** strangler as a library: see docs/embedding.md. */
export type { ClusterRecord, Judgement, RouteEvidence, Tally } from './domain/evidence.ts';
export type { HistoryEntry, Outcome, Refusal } from './domain/live.ts';
export type { RolloutStatus } from './domain/rollout/status.ts';
export type { SteerAction } from './domain/rollout/steer.ts';
export type { RouteStatus } from './domain/status.ts';
export { type Strangler, type StranglerOptions, strangler } from './embedded.ts';
export type { AccessLine, DomainEvent, EvidenceQuery } from './ports.ts';
export { UpgradableMessage } from './proxy/upgradable.ts';
export { StartError } from './runtime/start-error.ts';
