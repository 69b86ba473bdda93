import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { freePort } from '../../support/free-port.ts';
import { type Served, serve, succeed } from './child.ts';
import type { Place } from './place.ts';
import { file, program } from './programs.ts';

export const apache = program('apache2', 'apt-get install apache2-bin');
const modules = '/usr/lib/apache2/modules';
export const apacheModules = file(`${modules}/mod_dav_fs.so`, 'apt-get install apache2-bin');

/** What Apache's children run as when the tests run as root, which they refuse to be. */
const asRoot = process.getuid?.() === 0;

const loaded = [
  'mpm_event',
  'authn_core',
  'authn_file',
  'authz_core',
  'authz_user',
  'auth_basic',
  'mime',
  'dir',
  'env',
  'alias',
  'actions',
  'setenvif',
  'headers',
  'filter',
  'deflate',
  'cgid',
  'dav',
  'dav_fs',
  'dav_lock',
];

/** Starts Apache on a free port with `place` as its only home; `sites` is added to its configuration. */
export async function startApache(place: Place, sites: string): Promise<Served> {
  const port = await freePort();
  for (const folder of ['htdocs', 'var']) mkdirSync(place.of(folder), { recursive: true });
  const configuration = place.of('apache.conf');
  writeFileSync(
    configuration,
    [
      `ServerRoot ${place.path}`,
      'ServerName 127.0.0.1',
      `Listen 127.0.0.1:${port}`,
      `PidFile ${place.of('var', 'apache.pid')}`,
      `ErrorLog ${place.of('var', 'error.log')}`,
      `DefaultRuntimeDir ${place.of('var')}`,
      'StartServers 1',
      ...(asRoot ? ['User www-data', 'Group www-data'] : []),
      ...loaded.map((name) => `LoadModule ${name}_module ${modules}/mod_${name}.so`),
      `ScriptSock ${place.of('var', 'cgi.sock')}`,
      `DavLockDB ${place.of('var', 'dav-lock')}`,
      `DocumentRoot ${place.of('htdocs')}`,
      'TypesConfig /etc/mime.types',
      '<Directory />\n  Require all granted\n</Directory>',
      sites,
      '',
    ].join('\n'),
  );
  chmodSync(place.path, 0o755);
  if (asRoot) await succeed('chown', ['-R', 'www-data:www-data', place.path]);
  return serve(port, apache.path!, ['-f', configuration, '-DFOREGROUND']);
}
