import { program } from '../places.ts';
import { runToEnd } from '../processes.ts';
import { forgetPeak, peakMiB, residentMiB } from '../usage.ts';
import type { Finding, Scene } from './scene.ts';

/** How far the memory of the proxy rises while 1 GiB goes through it. */
export async function streams({ port, pid }: Scene): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const direction of ['down', 'up'] as const) {
    const before = residentMiB(pid);
    forgetPeak(pid);
    const args = [program('stream'), direction, String(port), String(2 ** 30)];
    await runToEnd({ file: process.execPath, args }, 120_000);
    const growth = Math.max(0, peakMiB(pid) - before);
    findings.push({ what: `memory growth while 1 GiB goes ${direction}`, figure: `${growth.toFixed(0)} MiB` });
  }
  return findings;
}
