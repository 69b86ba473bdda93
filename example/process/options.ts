import { parseArgs } from 'node:util';

export type Options<Name extends string> = Readonly<Record<Name, string>>;

/** `--name value` for every name of `defaults`; anything else ends the process with the way to use it. */
export function readOptions<Name extends string>(
  program: string,
  defaults: Options<Name>,
  argv: readonly string[] = process.argv.slice(2),
): Options<Name> {
  const options = Object.fromEntries(Object.keys(defaults).map((name) => [name, { type: 'string' as const }]));
  try {
    return { ...defaults, ...parseArgs({ args: [...argv], options, strict: true }).values } as Options<Name>;
  } catch (error) {
    const usage = Object.entries(defaults).map(([name, value]) => `  --${name}  (default ${value})`);
    console.error(`${program}: ${(error as Error).message}\n${usage.join('\n')}`);
    process.exit(2);
  }
}

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
