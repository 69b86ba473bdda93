/** `npm run example:crash`: checkouts while processes are killed, and whether the books are right afterwards. */
import { setMaxListeners } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { audit } from './crash/audit.ts';
import { table } from './crash/figures.ts';
import { runCrash } from './crash/run.ts';
import { openWorld } from './crash/world.ts';
import { readOptions, wholeNumber } from './process/options.ts';

const program = 'npm run example:crash --';
const options = readOptions(program, {
  checkouts: '2000',
  seed: '1',
  bus: 'sqlite',
  // Empty: one for every forty checkouts, and each process once at least.
  kills: '',
  shoppers: '8',
});
const checkouts = wholeNumber(program, 'checkouts', options.checkouts, 1);
const seed = wholeNumber(program, 'seed', options.seed, 0);
const shoppers = wholeNumber(program, 'shoppers', options.shoppers, 1);
const kills = options.kills === '' ? null : wholeNumber(program, 'kills', options.kills, 0);
if (options.bus !== 'sqlite' && options.bus !== 'redis') {
  console.error(`${program}: --bus is sqlite or redis, not “${options.bus}”`);
  process.exit(2);
}

const stopping = new AbortController();
setMaxListeners(0, stopping.signal);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'strangler-crash-'));
const world = await openWorld(root, folder, options.bus).catch((error: Error) => {
  console.error(`${program}: ${error.message} (CRASH_LOG=1 tells what the processes say)`);
  rmSync(folder, { recursive: true, force: true });
  process.exit(1);
});
let problems: readonly string[] = ['it did not come to its end'];
try {
  const story = await runCrash(world, { checkouts, seed, shoppers, kills, signal: stopping.signal });
  const [groups, told] = [await world.standings(), await world.told()];
  await world.stop();
  const found = audit(world, story, { groups, told });
  problems = found.problems;
  console.log(table(story, found.counts));
} catch (error) {
  if (!stopping.signal.aborted) throw error;
} finally {
  await world.stop();
  // What is wrong can be looked at; what is right leaves nothing behind.
  if (problems.length === 0 || stopping.signal.aborted) rmSync(folder, { recursive: true, force: true });
}
if (stopping.signal.aborted) process.exitCode = 130;
else if (problems.length > 0) {
  console.error(
    `\nThe books are wrong (they are kept in ${folder}):\n${problems.map((line) => `  ${line}`).join('\n')}`,
  );
  process.exitCode = 1;
} else console.log('\nThe books are right.');
