/**
 * docs/cli.md is held against the program both ways, and its examples are run. After a change that is meant:
 * `UPDATE_DOCS=1 npx vitest run test/cli/docs.test.ts` writes what they print now into the page.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProgram } from '../../src/cli/program.ts';
import { processTerminal } from '../../src/cli/terminal.ts';
import { freePort } from '../support/free-port.ts';
import { type Folder, folder } from './strangler.ts';

const pageUrl = new URL('../../docs/cli.md', import.meta.url);
const page = readFileSync(pageUrl, 'utf8');
const program = createProgram(processTerminal());

/** The text under each `## ` heading. */
const sections = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((section): [string, string] => {
      const end = section.indexOf('\n');
      return [section.slice(0, end), section.slice(end)];
    }),
);

function headingOf(command: Command): string {
  const words = command.registeredArguments.map((argument) =>
    argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
  );
  return [nameOf(command), ...words].join(' ');
}

/** With the commands that it belongs to: `strangler shadow calibrate`. */
function nameOf(command: Command): string {
  return command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;
}

/** Every command that does something by itself; one without arguments that has others below only holds them. */
function commandsIn(command: Command): Command[] {
  const below = command.commands.flatMap((inner) => [inner, ...commandsIn(inner)]);
  return below.filter((inner) => inner.registeredArguments.length > 0 || inner.commands.length === 0);
}

const commands = commandsIn(program);

/** The flags in the first column of a section's tables. */
function documentedFlags(section: string): string[] {
  return [...section.matchAll(/^\| `(-[^`]*)` \|/gm)].map(([, flags]) => flags!);
}

describe('docs/cli.md', () => {
  it('has a heading for every command with its arguments, and for no other', () => {
    const documented = [...sections.keys()].filter((heading) => heading.startsWith('strangler '));
    expect(documented.toSorted()).toEqual(commands.map(headingOf).toSorted());
  });

  it.each(commands.map((command): [string, Command] => [nameOf(command), command]))(
    'has every option of %s, and no other',
    (_name, command) => {
      const flags = command.options.map((option) => option.flags);
      const common = documentedFlags(sections.get('Every command')!).filter((flag) => flag !== '-h, --help');
      expect(flags).toEqual(expect.arrayContaining(common));
      const own = flags.filter((flag) => !common.includes(flag));
      expect(documentedFlags(sections.get(headingOf(command))!).toSorted()).toEqual(own.toSorted());
    },
  );
});

describe('the examples of docs/cli.md', () => {
  let f: Folder;
  let port: number;

  beforeAll(async () => {
    f = await folder();
    port = await freePort();
    await f.write(/```yaml\n(.*?)```/s.exec(page)![1]!.replaceAll('9090', String(port)));
  });

  afterAll(() => f.remove());

  it('print what the page says', async () => {
    const printed = await replaceAsync(page, /```console\n(.*?)```/gs, async (block) => {
      const shown: string[] = [];
      for (const [line, command] of block.matchAll(/^\$ strangler (.*)$/gm)) {
        const { out, err } = await f.run(...shellWords(command!));
        shown.push(
          line,
          ...timeless(out + err, port)
            .trimEnd()
            .split('\n'),
          '',
        );
      }
      return `\`\`\`console\n${shown.join('\n').trimEnd()}\n\`\`\``;
    });
    if (process.env.UPDATE_DOCS === '1') writeFileSync(pageUrl, printed);
    else expect(printed).toBe(page);
  });
});

function shellWords(command: string): string[] {
  return [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
}

/** What differs from run to run, as the page writes it. */
function timeless(text: string, port: number): string {
  return text.replaceAll(String(port), '9090').replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ/g, '2026-01-31 09:30:00Z');
}

async function replaceAsync(
  text: string,
  pattern: RegExp,
  replace: (block: string) => Promise<string>,
): Promise<string> {
  let result = '';
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    result += text.slice(from, match.index) + (await replace(match[0]));
    from = match.index + match[0].length;
  }
  return result + text.slice(from);
}
