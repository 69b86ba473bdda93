import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** A redis-server of our own, which keeps what it is told as operators would have it. */
export async function startRedis(port: number, folder: string): Promise<{ url: string; stop(): Promise<void> }> {
  const words = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'yes'];
  const child = spawn('redis-server', words, { stdio: 'ignore' });
  const end = (): void => void child.kill('SIGKILL');
  process.on('exit', end);
  for (let tries = 0; !(await answers(port)); tries++) {
    if (tries > 500) throw new Error('redis-server does not answer');
    await wait(10);
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    async stop() {
      process.off('exit', end);
      end();
      await once(child, 'exit');
    },
  };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
