import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import type { ValidFile } from '../config/load.ts';
import { formatProblem, loadSettings } from '../config/load.ts';
import { Failure } from './failure.ts';
import type { Terminal } from './terminal.ts';

/** What every command takes. */
export interface CommonOptions {
  readonly config: string;
  readonly json?: true;
}

const defaultFile = 'routes.yaml';

export function withCommonOptions(command: Command): Command {
  return command
    .option('-c, --config <file>', 'the routes.yaml to go by', defaultFile)
    .option('--json', 'print the result as JSON');
}

/** The settings, or every problem that they have. */
export async function mustLoad(file: string, { env }: Terminal): Promise<ValidFile> {
  const loaded = await loadSettings(file, env);
  if (loaded.ok) return loaded;
  throw new Failure([...loaded.problems.map(formatProblem), ...wayToTheFile(file)]);
}

/** Whoever is in the wrong folder needs another word than whoever mistyped a key. */
export function wayToTheFile(file: string): readonly string[] {
  return existsSync(file)
    ? []
    : ['go to the folder that has it, or name it with -c; docs/quick-start.md begins with one'];
}

/** A command line to copy; it names the file where this one had to. */
export function commandLine(command: string, file: string): string {
  return file === defaultFile
    ? command
    : `${command} -c ${/^[\w./@:+-]+$/.test(file) ? file : `'${file.replaceAll("'", "'\\''")}'`}`;
}
