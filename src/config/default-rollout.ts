import type { RolloutSettings } from '../domain/rollout/model.ts';
import { rollout } from './rollout-schema.ts';
import { settleRollout } from './settle.ts';

/** What `rollout: {}` means. */
export function defaultRollout(isShadowed: boolean): RolloutSettings {
  return settleRollout(rollout.parse({}), isShadowed);
}
