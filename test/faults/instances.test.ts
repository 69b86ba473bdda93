/** Several instances as processes of their own, which die, freeze and come, under load. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { ask, startLoad } from './load.ts';
import { eventually, route, stage } from './stage.ts';

const program = `
  const server = require('node:http').createServer((_, response) => response.end('orders'));
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));
`;

interface InstanceProcess {
  readonly child: ChildProcess;
  readonly url: string;
}

async function instanceProcess(): Promise<InstanceProcess> {
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [port] = await once(child.stdout!, 'data');
  return { child, url: `http://127.0.0.1:${String(port).trim()}` };
}

it('serves every caller while instances are killed, frozen and replaced, and says what is known of each', async () => {
  const at = await stage();
  const [one, two, three, four] = await Promise.all([1, 2, 3, 4].map(instanceProcess));
  const list = join(at.folder, 'orders.txt');
  const write = (...instances: readonly InstanceProcess[]): void => {
    writeFileSync(`${list}.new`, ['# orders', ...instances.map(({ url }) => url)].join('\n'));
    renameSync(`${list}.new`, list);
  };
  write(one!, two!, three!);
  const policies = 'ejection: { most: 40%, time: 60s }, timeout: { response: 400ms }, circuit: off, bulkhead: off';
  const services = `services: { orders: { discover: { file: orders.txt }, ${policies} } }`;
  await at.write(at.yaml([route('read', '/read', 100)]).replace(/^services: .*$/m, services));
  const proxy = await at.start('--workers', '2');
  const up = async ({ url }: InstanceProcess): Promise<string | undefined> => {
    const { body } = await ask(new URL('/metrics', proxy.admin));
    return body.split(`strangler_instance_up{target="orders",instance="${url}"} `)[1]?.split('\n')[0];
  };
  const load = startLoad(proxy.url, ['/read'], 8);
  await load.further(200);

  one!.child.kill('SIGKILL');
  // Each worker judges for itself, by what it was answered; one that has few callers takes its time.
  await eventually(() => up(one!)).toMatch(/^0/);
  await load.further(200);
  const { out } = await at.run('status');
  expect(out).toMatch(new RegExp(`^orders +${one!.url} +\\d+ +← left alone(?: by 1 of 2 workers)?: ejected$`, 'm'));
  expect(out).toMatch(new RegExp(`^orders +${two!.url} +\\d+$`, 'm'));

  write(two!, three!, four!);
  await eventually(() => up(four!)).toBe('1');
  await load.further(200);
  await eventually(() => up(one!)).toBe(undefined);

  writeFileSync(list, 'nonsense');
  const status = async (): Promise<string> => (await at.run('status')).out;
  await eventually(status).toMatch(/^orders +its instances stay what they were: .*orders\.txt: line 1 is not a URL/m);

  two!.child.kill('SIGSTOP');
  await eventually(() => up(two!)).toMatch(/^0/);
  await load.further(200);
  const { instances } = JSON.parse((await at.run('status', '--json')).out);
  expect(instances).toContainEqual(
    expect.objectContaining({ target: 'orders', instance: two!.url, processes: 2, why: null, unhealthy: 0 }),
  );

  const { failures } = await load.stop();
  expect(failures).toEqual([]);
  expect(proxy.log.filter(({ event }) => event === 'discovery.changed')).toMatchObject(
    Array(2).fill({ target: 'orders', added: [four!.url], gone: [one!.url], instances: 3 }),
  );
});
