import { expect, it } from 'vitest';
import { ask, startLoad } from './load.ts';
import { eventually, stage } from './stage.ts';

const callers = 400;

it.each([[[]], [['--workers', '2']]])('outlives 400 callers with 256 file descriptors %j', async (args) => {
  const at = await stage();
  at.legacy.answer = (_request, response) => setTimeout(() => response.end('legacy'), 50);
  await at.write(at.yaml([]));
  const proxy = await at.startUnder('ulimit -n 256', ...args);
  const load = startLoad(proxy.url, ['/'], callers, 10);
  await load.further(callers * 4);
  const { failures } = await load.stop();
  // Else there were descriptors enough, and nothing was tried.
  expect(failures.length).toBeGreaterThan(0);

  const wellAgain = async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(new URL('/', proxy.url))));
    return answers.map(({ body }) => body);
  };
  await eventually(() => wellAgain().catch(String)).toEqual(Array(20).fill('legacy'));
  await eventually(async () => (await ask(new URL('/metrics', proxy.admin))).body).toMatch(
    /^strangler_config_valid 1$/m,
  );
  expect(await proxy.stop()).toBe(0);
});
