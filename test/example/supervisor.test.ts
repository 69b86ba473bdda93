import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { startChild } from '../../example/supervisor/child.ts';
import { startCompany } from '../../example/supervisor/company.ts';
import { readable } from '../../example/supervisor/log-line.ts';
import {
  defaultPorts,
  type Member,
  membersOf,
  type Places,
  type Ports,
  portNames,
} from '../../example/supervisor/members.ts';
import { paintFor } from '../../example/supervisor/paint.ts';
import { settlePorts } from '../../example/supervisor/ports.ts';
import { summary } from '../../example/supervisor/summary.ts';
import { isAlive } from './support/processes.ts';

/** A member that does what `program` says; it is written on the spot, so that a test shows all of it. */
const member = (name: string, program: string): Member => ({
  name,
  command: ['-e', program],
  env: {},
  ready: 'says-so',
});
const ready = `process.send({ type: 'ready', url: '' });`;
const polite = `process.on('SIGTERM', () => { console.error('down'); process.exit(0); }); console.error('up'); ${ready} setInterval(() => {}, 1000);`;

function listener() {
  const lines: string[] = [];
  return { lines, say: (name: string, line: string) => void lines.push(`${name}: ${line}`) };
}

describe('a company', () => {
  it('starts row by row, each when the one before is ready, and stops the other way round', async () => {
    const { lines, say } = listener();
    const company = startCompany([[member('a', polite)], [member('b', polite)], [member('c', polite)]], say);
    await company.ready;
    await company.stop();
    expect(lines).toEqual(['a: up', 'b: up', 'c: up', 'c: down', 'b: down', 'a: down']);
  });

  it('is stopped when one of it can’t start, and says which and what its last words were', async () => {
    const { lines, say } = listener();
    const failing = member('b', `console.error('no database'); process.exit(3);`);
    const company = startCompany([[member('a', polite)], [failing]], say);
    await expect(company.ready).rejects.toThrow('b exited with code 3');
    expect(lines).toEqual(['a: up', 'b: no database', 'a: down']);
  });

  it('says who was lost, and how', async () => {
    const doomed = `process.send({ type: 'ready', url: '' }, () => process.kill(process.pid, 'SIGKILL'));`;
    const company = startCompany([[member('a', polite), member('b', doomed)]], () => {});
    await company.ready;
    expect(await company.lost).toBe('b was killed by SIGKILL');
    await company.stop();
  });

  it('goes on without a member that may die, and says that it did', async () => {
    const doomed = `process.send({ type: 'ready', url: '' }, () => setTimeout(() => process.kill(process.pid, 'SIGKILL'), 50));`;
    const lines: string[] = [];
    const company = startCompany([[member('a', polite), { ...member('b', doomed), mayDie: true }]], (name, line) => {
      lines.push(`${name}: ${line}`);
    });
    await company.ready;
    await expect.poll(() => lines.join()).toContain('b: was killed by SIGKILL; the others go on.');
    expect(await Promise.race([company.lost, 'nobody'])).toBe('nobody');
    await company.stop();
    expect(lines.at(-1)).toBe('a: down');
  });

  it('can be stopped before it is complete', async () => {
    const company = startCompany([[member('a', 'setInterval(() => {}, 1000)')], [member('b', polite)]], () => {});
    const never = expect(company.ready).rejects.toThrow('a was killed by SIGTERM');
    await company.stop();
    await never;
  });
});

describe('a child', () => {
  it('that doesn’t stop when asked is made to, and that is said', async () => {
    const { lines, say } = listener();
    const deaf = member('deaf', `process.on('SIGTERM', () => {}); ${ready} setInterval(() => {}, 1000)`);
    const child = startChild(deaf, say);
    await child.ready;
    await child.stop(50);
    expect(await child.ended).toBe('was killed by SIGKILL');
    expect(lines).toEqual(['deaf: did not stop within 0.05 seconds and was killed']);
    expect(isAlive(child.pid!)).toBe(false);
  });
});

describe('ports', () => {
  const any = Object.fromEntries(portNames.map((name) => [name, 0])) as unknown as Ports;

  it('are different free ones where any will do', async () => {
    const { ports, problems } = await settlePorts(any);
    expect(problems).toEqual([]);
    expect(new Set(Object.values(ports)).size).toBe(portNames.length);
    expect(Object.values(ports).every((port) => port > 0)).toBe(true);
  });

  it('that are taken are named, all of them, with the way out', async () => {
    const holders = await Promise.all(
      [0, 0].map(
        () =>
          new Promise<ReturnType<typeof createServer>>((resolve) => {
            const server = createServer().listen(0, '127.0.0.1', () => resolve(server));
          }),
      ),
    );
    const [first, second] = holders.map((holder) => (holder.address() as { port: number }).port);
    try {
      const { problems } = await settlePorts({ ...any, port: first!, 'orders-port': second! });
      expect(problems).toEqual([
        `port ${first} is taken: choose another with --port or PORT=… (0: any free one)`,
        `port ${second} is taken: choose another with --orders-port or ORDERS_PORT=… (0: any free one)`,
      ]);
    } finally {
      for (const holder of holders) holder.close();
    }
  });
});

describe('what is told', () => {
  const places: Places = {
    root: '/shop',
    routes: `${process.cwd()}/routes.yaml`,
    data: '/shop/data',
    ports: defaultPorts,
    exportToken: 'a-token',
    bus: 'sqlite:/shop/events.db',
    defects: false,
  };

  it('has its columns under each other, and no colours where nobody looks', () => {
    const text = summary(places, paintFor({ isTTY: false }));
    expect(text).not.toContain('\u001b');
    const columns = text
      .split('\n')
      .filter((line) => line.includes('http://127.0.0.1:') && !line.includes('curl'))
      .map((line) => [line.indexOf('http'), line.search(/:\d+ +\S/) > 0]);
    expect(new Set(columns.map(([at]) => at)).size).toBe(1);
    expect(columns).toHaveLength(7);
    expect(text).toContain('\n  npx strangler shift orders 25\n');
    expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  it('names the defects where they are on, and only there', () => {
    const plain = paintFor({ isTTY: false });
    expect(summary(places, plain)).not.toContain('defects');
    const told = summary({ ...places, defects: true }, plain);
    expect(told).toContain('The orders service has two defects, on purpose');
    expect(told.split('\n').filter((line) => line.length > 80)).toEqual([]);
    const environments = (defects: boolean) =>
      membersOf({ ...places, defects })
        .flat()
        .map(({ name, env }) => [name, env.ORDERS_DEFECTS]);
    expect(environments(true)).toContainEqual(['orders', 'on']);
    // Said either way: what the terminal's own environment holds must not decide it.
    expect(environments(false)).toContainEqual(['orders', 'off']);
  });

  it('of a structured log is its message', () => {
    expect(readable('{"level":"warn","msg":"it went wrong"}')).toBe('! it went wrong');
    expect(readable('{"level":"info","msg":"it went well"}')).toBe('it went well');
    expect(readable('{not json')).toBe('{not json');
    expect(readable('plain')).toBe('plain');
  });
});
