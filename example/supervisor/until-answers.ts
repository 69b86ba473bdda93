import { setTimeout as sleep } from 'node:timers/promises';

const between = 50;

/** Asks until the answer is a good one; only `signal` ends it sooner. */
export async function untilAnswers(url: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const answer = await fetch(url, { signal }).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.ok) return;
    await sleep(between, undefined, { signal });
  }
}
