import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A fresh folder that is gone when the test is over. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'strangler-config-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A fresh folder with a routes.yaml in it; gives the file's path. */
export function routesFile(content: string | Uint8Array): string {
  const file = join(folder(), 'routes.yaml');
  writeFileSync(file, content);
  return file;
}
