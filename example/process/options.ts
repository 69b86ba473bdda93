import { parseArgs } from 'node:util';

export type Options<Name extends string> = Readonly<Record<Name, string>>;

/** `--name value` for every name of `defaults`; `--help` says what there is, and anything else ends the process with the way to use it. */
export function readOptions<Name extends string>(
  program: string,
  defaults: Options<Name>,
  argv: readonly string[] = process.argv.slice(2),
): Options<Name> {
  const options = {
    ...Object.fromEntries(Object.keys(defaults).map((name) => [name, { type: 'string' as const }])),
    help: { type: 'boolean' as const },
  };
  const usage = Object.entries<string>(defaults)
    .map(([name, value]) => `  --${name} …${shown(value)}`)
    .join('\n');
  try {
    const { help, ...given } = parseArgs({ args: [...argv], options, strict: true }).values;
    if (help) {
      console.log(`${program} [options]\n\n${usage}`);
      process.exit(0);
    }
    return { ...defaults, ...given } as Options<Name>;
  } catch (error) {
    console.error(`${program}: ${(error as Error).message}\n${usage}`);
    process.exit(2);
  }
}

export interface Command<Name extends string, Flag extends string> {
  readonly values: Options<Name>;
  readonly flags: Readonly<Record<Flag, boolean>>;
  readonly words: readonly string[];
}

/** Besides `--name value` also `--flag`, and words of `allowed`: all of them when none is said. `--help` says what there is. */
export function readCommand<Name extends string, Flag extends string>(
  program: string,
  { about, values, flags, allowed }: CommandShape<Name, Flag>,
  argv: readonly string[] = process.argv.slice(2),
): Command<Name, Flag> {
  const usage = [
    `${program} ${allowed.length > 0 ? `[${allowed.join('|')}]… ` : ''}[options]`,
    '',
    ...about,
    '',
    ...Object.entries<Value>(values).map(([name, { means, value }]) => `  --${name} …  ${means}${shown(value)}`),
    ...Object.entries<string>(flags).map(([name, means]) => `  --${name}  ${means}`),
  ].join('\n');
  const options = {
    ...Object.fromEntries(Object.keys(values).map((name) => [name, { type: 'string' as const }])),
    ...Object.fromEntries([...Object.keys(flags), 'help'].map((name) => [name, { type: 'boolean' as const }])),
  };
  try {
    const given = parseArgs({ args: [...argv], options, strict: true, allowPositionals: true });
    if (given.values.help) {
      console.log(usage);
      process.exit(0);
    }
    const odd = given.positionals.find((word) => !allowed.includes(word));
    if (odd !== undefined) throw new Error(`there is no “${odd}”`);
    const said = (name: string, otherwise: string): string => (given.values[name] as string | undefined) ?? otherwise;
    return {
      values: Object.fromEntries(
        Object.entries<Value>(values).map(([name, { value }]) => [name, said(name, value)]),
      ) as Options<Name>,
      flags: Object.fromEntries(Object.keys(flags).map((name) => [name, given.values[name] === true])) as Record<
        Flag,
        boolean
      >,
      words: given.positionals.length > 0 ? [...new Set(given.positionals)] : allowed,
    };
  } catch (error) {
    console.error(`${program}: ${(error as Error).message}\n${usage}`);
    process.exit(2);
  }
}

export interface CommandShape<Name extends string, Flag extends string> {
  readonly about: readonly string[];
  /** By name what it means, and its default; '' for none. */
  readonly values: Readonly<Record<Name, Value>>;
  /** By name what it means. */
  readonly flags: Readonly<Record<Flag, string>>;
  readonly allowed: readonly string[];
}

interface Value {
  readonly means: string;
  readonly value: string;
}

const shown = (value: string): string => (value === '' ? '' : ` (default ${value})`);

export function portNumber(program: string, text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  console.error(`${program}: “${text}” is not a port; it has to be a number from 0 (any free one) to 65535`);
  process.exit(2);
}

export function onOrOff(program: string, text: string): boolean {
  if (text === 'on' || text === 'off') return text === 'on';
  console.error(`${program}: “${text}” is neither on nor off`);
  process.exit(2);
}

export function wholeNumber(program: string, name: string, text: string, least: number): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= least) return number;
  console.error(`${program}: --${name} has to be a whole number from ${least}, not “${text}”`);
  process.exit(2);
}

export function seconds(program: string, name: string, text: string): number {
  const number = Number(text);
  if (text !== '' && Number.isFinite(number) && number > 0 && number <= 86_400) return number;
  console.error(`${program}: --${name} has to be a number of seconds, not “${text}”`);
  process.exit(2);
}
