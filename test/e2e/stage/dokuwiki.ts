import { mkdirSync, writeFileSync } from 'node:fs';
import { startApache } from './apache.ts';
import type { Served } from './child.ts';
import type { Place } from './place.ts';
import { file, program } from './programs.ts';

const code = '/usr/share/dokuwiki';
export const dokuwiki = file(`${code}/doku.php`, 'apt-get install dokuwiki php8.2-cgi');
export const php = program('php-cgi', 'apt-get install php8.2-cgi php8.2-xml php8.2-gd php8.2-mbstring');

const dataFolders = [
  'attic',
  'cache',
  'index',
  'locks',
  'log',
  'media',
  'media_attic',
  'media_meta',
  'meta',
  'pages',
  'tmp',
];

/** A fresh wiki with one page and one editor, `ann` with the password `secret`. */
export function startWiki(place: Place): Promise<Served> {
  for (const folder of dataFolders) mkdirSync(place.of('data', folder), { recursive: true });
  for (const folder of ['conf', 'sessions']) mkdirSync(place.of(folder));
  writeFileSync(place.of('data', 'pages', 'start.txt'), '====== Welcome ======\n\nThe first page.\n');
  writeFileSync(
    place.of('conf', 'local.php'),
    [
      '<?php',
      "$conf['title'] = 'Wiki';",
      "$conf['useacl'] = 1;",
      "$conf['passcrypt'] = 'sha1';",
      "$conf['updatecheck'] = 0;",
      // Else the port becomes part of the cookie's name.
      "$conf['securecookie'] = 0;",
      `$conf['savedir'] = '${place.of('data')}';`,
      '',
    ].join('\n'),
  );
  // sha1 of "secret": DokuWiki knows a hash's kind by its look.
  writeFileSync(
    place.of('conf', 'users.auth.php'),
    'ann:e5e9fa1ba31ecd1ae84f75caaa474f3a663f05f4:Ann Example:ann@example.com:user\n',
  );
  writeFileSync(place.of('conf', 'acl.auth.php'), '*\t@ALL\t1\n*\t@user\t8\n');
  writeFileSync(place.of('before.php'), `<?php define('DOKU_CONF', '${place.of('conf')}/');\n`);
  writeFileSync(
    place.of('php.ini'),
    [
      `auto_prepend_file = ${place.of('before.php')}`,
      `session.save_path = ${place.of('sessions')}`,
      'error_reporting = 0',
      'upload_max_filesize = 8M',
      'post_max_size = 8M',
      '',
    ].join('\n'),
  );
  return startApache(
    place,
    [
      `Alias /wiki ${code}`,
      'ScriptAlias /php-bin/ /usr/bin/',
      'Action php-script /php-bin/php-cgi',
      `SetEnv PHPRC ${place.of('php.ini')}`,
      `<Directory ${code}>`,
      '  AddHandler php-script .php',
      '  DirectoryIndex doku.php',
      '  AllowOverride None',
      '</Directory>',
      'AddOutputFilterByType DEFLATE text/html text/css application/javascript',
    ].join('\n'),
  );
}
