/** What the primary and its workers say to each other over the cluster's channel. */
import type { EvidenceBatch } from '../domain/evidence.ts';
import type { LiveRoute } from '../domain/live.ts';
import type { ArmCount } from '../domain/rollout/arm-counts.ts';
import type { ListenSettings, Settings } from '../domain/settings.ts';
import type { ProcessFigures } from '../events/metrics.ts';
import type { HandedOver } from '../outbox/handing.ts';
import type { DomainEvent } from '../ports.ts';
import type { Drained, Listening } from './front.ts';

export type ToWorker =
  | { readonly type: 'apply'; readonly settings: Settings | null; readonly live: readonly LiveRoute[] }
  | { readonly type: 'listen'; readonly at: ListenSettings }
  | { readonly type: 'figures'; readonly question: number }
  | { readonly type: 'drain'; readonly ms: number };

export type FromWorker =
  /** Its modules are loaded: it listens to the channel. */
  | { readonly type: 'ready' }
  | { readonly type: 'listening'; readonly listening: Listening }
  | { readonly type: 'not-listening'; readonly code: string | undefined; readonly message: string }
  | { readonly type: 'figures'; readonly question: number; readonly figures: ProcessFigures }
  | { readonly type: 'drained'; readonly drained: Drained; readonly figures: ProcessFigures }
  | { readonly type: 'event'; readonly event: DomainEvent }
  | { readonly type: 'evidence'; readonly batch: EvidenceBatch }
  /** By a worker without an outbox of its own: the state is in the primary's memory. */
  | { readonly type: 'handed-over'; readonly what: HandedOver }
  | { readonly type: 'arms'; readonly counts: readonly ArmCount[] };
