import { once } from 'node:events';
import { createServer } from 'node:net';
import { type PortName, type Ports, portNames, portVariables } from './members.ts';

const host = '127.0.0.1';

/** The port itself, or a free one for 0; undefined when somebody else listens there. */
async function take(port: number): Promise<{ port: number; giveBack(): Promise<unknown> } | undefined> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined;
    throw error;
  }
  const { port: taken } = server.address() as { port: number };
  return { port: taken, giveBack: () => once(server.close(), 'close') };
}

/**
 * Looks before anything is started, and at all of them: whoever has three ports taken hears of three, once.
 * All are held until all are known, so that no free port is given out twice.
 */
export async function settlePorts(wanted: Ports): Promise<{ ports: Ports; problems: readonly string[] }> {
  const taken = await Promise.all(portNames.map(async (name) => [name, await take(wanted[name])] as const));
  const problems: string[] = [];
  const ports: Record<PortName, number> = { ...wanted };
  for (const [name, place] of taken) {
    if (place) ports[name] = place.port;
    else problems.push(takenPort(name, wanted[name]));
  }
  await Promise.all(taken.map(([, place]) => place?.giveBack()));
  return { ports, problems };
}

const takenPort = (name: PortName, port: number): string =>
  `port ${port} is taken: choose another with --${name} or ${portVariables[name]}=… (0: any free one)`;
