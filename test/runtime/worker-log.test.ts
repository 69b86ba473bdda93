import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const script = '/usr/bin/script';
const main = join(import.meta.dirname, '../../bin/strangler.js');

/** A terminal is what makes the difference, and `script` lends one. */
test.skipIf(!existsSync(script))('workers write their access lines as start --json wants them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'strangler-worker-log-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const text = 'version: 1\nlisten: { port: 0 }\nadmin: { port: 0 }\nstate: memory\naccessLog: true\n';
  await writeFile(join(folder, 'routes.yaml'), `${text}legacy: { url: "http://127.0.0.1:1" }\n`);
  const command = `exec '${process.execPath}' '${main}' start --json --workers 2`;
  const child = spawn(script, ['-qefc', command, '/dev/null'], { cwd: folder, stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill());

  let shown = '';
  let asked = false;
  const line = await new Promise<string>((resolve, reject) => {
    child.once('exit', () => reject(new Error(shown)));
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      shown += chunk;
      const url = /listening on (http:[^, ]+),/.exec(shown)?.[1];
      if (url !== undefined && !asked) {
        asked = true;
        fetch(`${url}/page`).catch(reject);
      }
      const told = shown.split('\n').find((each) => each.includes('/page'));
      if (told !== undefined) resolve(told);
    });
  });

  expect(JSON.parse(line)).toMatchObject({ method: 'GET', path: '/page', status: 502 });
});
