import { onTestFinished } from 'vitest';
import type { TargetSettings } from '../../../src/domain/settings.ts';
import { Pool } from '../../../src/target/wire/pool.ts';
import { Sweep } from '../../../src/target/wire/sweep.ts';
import { instanceUrl, targetSettings } from '../../support/proxy.ts';
import { type Exchange, RawTarget } from '../../support/raw-target.ts';

/** A pool to a raw target; both are gone when the test is. */
export async function poolTo(handler?: (exchange: Exchange) => void, settings: Partial<TargetSettings> = {}) {
  const target = await RawTarget.start(handler);
  const { pool, misbehaved } = poolToPort(target.port, settings);
  onTestFinished(() => target.close());
  return { pool, target, misbehaved };
}

export function poolToPort(port: number, settings: Partial<TargetSettings> = {}) {
  const sweep = new Sweep();
  const misbehaved: string[] = [];
  const outcomes = { failures: 0, onFailure: () => {} };
  const pool = new Pool(instanceUrl(port), targetSettings('legacy', port, settings), sweep, outcomes, (what) =>
    misbehaved.push(what),
  );
  onTestFinished(() => {
    pool.destroy();
    sweep.close();
  });
  return { pool, misbehaved };
}

export const wait = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/** Looks at `condition` between turns of the event loop, at most for some seconds. */
export async function eventually(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 1_000 && !condition(); i++) await wait(5);
  if (!condition()) throw new Error('it did not come about within 5 s');
}
