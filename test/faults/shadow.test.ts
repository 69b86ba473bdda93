/** A service that is ill while it is shadowed: its callers are legacy's, and none of them may notice. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';
import { LoopGovernor } from '../../src/shadow/governor.ts';
import { type MirroredFront, mirroredFront } from '../shadow/mirrored-front.ts';
import { targetSettings } from '../support/proxy.ts';
import { startLoad } from './load.ts';
import { eventually } from './stage.ts';

/** What a service does with each connection, as the body of a function of `socket`. */
const illnesses = {
  'is well': 'socket.on("data", () => socket.write("HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok"))',
  hangs: 'socket.on("data", () => {})',
  'does not read': '',
  'ends its side at once': 'socket.end()',
  'ends its side once it was asked': 'socket.once("data", () => socket.end())',
  'ends its side in the middle':
    'socket.once("data", () => socket.end("HTTP/1.1 200 OK\\r\\nContent-Length: 9\\r\\n\\r\\nhalf"))',
  'resets at once': 'socket.resetAndDestroy()',
  'resets once it was asked': 'socket.once("data", () => socket.resetAndDestroy())',
  'says garbage': 'socket.write(require("crypto").randomBytes(5000))',
  'answers twice':
    'socket.on("data", () => socket.write("HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok".repeat(2)))',
  'answers byte by byte':
    'socket.once("data", () => { socket.write("HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n"); setInterval(() => socket.write("1\\r\\nx\\r\\n"), 5); })',
  'floods with 1 GiB of chunks':
    'socket.once("data", () => { socket.write("HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n"); const piece = Buffer.from("10000\\r\\n" + "x".repeat(65536) + "\\r\\n"); let left = 16384; const more = () => { while (left-- > 0 && socket.write(piece)); }; socket.on("drain", more); more(); })',
  'floods with one-byte chunks':
    'socket.once("data", () => { socket.write("HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n"); const piece = "1\\r\\nx\\r\\n".repeat(10000); const more = () => { while (socket.write(piece)); }; socket.on("drain", more); more(); })',
  'floods with headers':
    'socket.once("data", () => { socket.write("HTTP/1.1 200 OK\\r\\n"); const piece = "X-More: and more\\r\\n".repeat(4000); const more = () => { while (socket.write(piece)); }; socket.on("drain", more); more(); })',
};

interface Service {
  readonly process: ChildProcess;
  readonly port: number;
}

async function startService(illness: string, port = 0): Promise<Service> {
  const program = `const server = require('net').createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {}); ${illness} });
    server.listen(${port}, '127.0.0.1', () => console.log(server.address().port));`;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = await once(child.stdout!, 'data');
  return { process: child, port: Number(line) };
}

const answer = 'legacy '.repeat(300);

async function frontBefore(service: Service): Promise<MirroredFront> {
  return mirroredFront({
    governor: new LoopGovernor(),
    onLegacy: (exchange) => exchange.reply(200, answer),
    services: [targetSettings('orders', service.port)],
    shadow: { timeout: 500, noise: 10 },
  });
}

/** How many requests have ended, however they did. */
const endings = ({ endings: { pairs, skipped, serviceFailed } }: MirroredFront) =>
  pairs.length + skipped.length + serviceFailed.length;

async function expectUnharmed(front: MirroredFront, during: () => Promise<void> = async () => {}): Promise<void> {
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }, 20);
  const load = startLoad(front.proxy.url, ['/a', '/b?c=d'], 16, 1);
  await load.further(300);
  await during();
  await load.further(600);
  const { answered, failures, bodies } = await load.stop();
  clearInterval(watch);
  expect(failures).toEqual([]);
  expect([...bodies]).toEqual([[answer, answered]]);
  await eventually(() => endings(front), 'every request ends in one way').toBe(answered);
  expect(most).toBeLessThan(48 * 1024 * 1024);
}

it.each(Object.entries(illnesses))('a service that %s is nothing to legacy’s callers', async (name, illness) => {
  const front = await frontBefore(await startService(illness));
  const circuitOpened = () => front.endings.skipped.some(({ reason }) => reason === 'circuit-open');
  const isTakenForWell = name === 'is well' || name === 'answers twice';
  await expectUnharmed(front, async () => {
    if (!isTakenForWell) await eventually(circuitOpened, 'the circuit of the copies opens').toBe(true);
  });
  const { pairs, serviceFailed } = front.endings;
  if (name === 'is well') expect(serviceFailed).toEqual([]);
  else if (name.startsWith('floods with 1 GiB')) expect(pairs.every(({ service }) => !service!.whole)).toBe(true);
  else if (name !== 'answers twice' && !name.startsWith('floods')) expect(pairs).toEqual([]);
  if (name === 'answers twice') expect(circuitOpened()).toBe(false);
});

it('a service that is killed and comes back is nothing to legacy’s callers', async () => {
  const service = await startService(illnesses['is well']);
  const front = await frontBefore(service);
  await expectUnharmed(front, async () => {
    service.process.kill('SIGKILL');
    await once(service.process, 'exit');
    await eventually(() => front.endings.skipped.some(({ reason }) => reason === 'circuit-open')).toBe(true);
    await startService(illnesses['is well'], service.port);
    const compared = front.endings.pairs.length;
    front.now += 5_000;
    await eventually(() => front.endings.pairs.length).toBeGreaterThan(compared);
  });
  expect(front.endings.serviceFailed.length).toBeGreaterThan(0);
});

it('a service that fails the callers whom it answers costs none of them an answer, and each is counted', async () => {
  const service = await startService(illnesses['is well']);
  const front = await frontBefore(service);
  front.apply({ live: 100 });
  service.process.kill('SIGKILL');
  await once(service.process, 'exit');
  for (const illness of [illnesses['resets once it was asked'], illnesses['ends its side at once']]) {
    const ill = await startService(illness, service.port);
    const before = endings(front);
    const load = startLoad(front.proxy.url, ['/a'], 8, 1);
    await load.further(100);
    const { answered, failures, bodies } = await load.stop();
    expect(failures).toEqual([]);
    expect([...bodies]).toEqual([[answer, answered]]);
    await eventually(() => endings(front) - before).toBe(answered);
    ill.process.kill('SIGKILL');
    await once(ill.process, 'exit');
  }
  expect(front.endings.pairs).toEqual([]);
});
