// Puts this package's own command where npx looks first, so that `npx strangler` in a clone runs the clone. Left to
// itself, npx would install the package into its cache, or ask the registry for one named "strangler".
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../node_modules/.bin/', import.meta.url));
mkdirSync(folder, { recursive: true });
rmSync(`${folder}strangler`, { force: true });
symlinkSync('../../bin/strangler.js', `${folder}strangler`);
