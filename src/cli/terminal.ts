import { styleText } from 'node:util';
import { printable } from '../domain/printable.ts';

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow';

/** Where a command speaks. Everything shown passes {@link Terminal.print}, so that nothing slips by unclean. */
export interface Terminal {
  readonly env: NodeJS.ProcessEnv;
  /** One line of the result. */
  print(line?: string): void;
  /** One line beside the result: on standard error. */
  remark(line: string): void;
  /** The columns of the terminal that shows the result; `null` where it is none. */
  readonly width: number | null;
  /** Whether anybody sees {@link Terminal.progress}. */
  readonly interactive: boolean;
  /** One line on standard error that takes the place of the one before; `null` takes it away. */
  progress(line: string | null): void;
  /** The result for a program. */
  printJson(value: unknown): void;
  /** One of many results, on a line of its own. */
  printJsonLine(value: unknown): void;
  /** Styled on a terminal, plain anywhere else. What is styled is cleaned first. */
  style(style: Style, text: string): string;
}

export function processTerminal(): Terminal {
  const { env, stdout, stderr } = process;
  const interactive = stderr.isTTY === true;
  const coloured = (env.NO_COLOR ?? '') === '' && stdout.isTTY === true;
  return {
    env,
    width: stdout.isTTY === true ? stdout.columns || 80 : null,
    interactive,
    print: (line = '') => void stdout.write(`${coloured ? cleanStyled(line) : printable(line)}\n`),
    remark: (line) => void stderr.write(`${printable(line)}\n`),
    progress(line) {
      if (!interactive) return;
      // As wide as the terminal at most: a line that wraps can't be taken back.
      const shown = line === null ? '' : printable(line).slice(0, (stderr.columns || 80) - 1);
      stderr.write(`\r\u001b[K${shown}`);
    },
    printJson: (value) => void stdout.write(`${escapedJson(value, 2)}\n`),
    printJsonLine: (value) => void stdout.write(`${escapedJson(value, 0)}\n`),
    style: (style, text) => (coloured ? styleText(style, printable(text)) : text),
  };
}

/** Lets our own colours through and nothing else that a terminal would obey. */
function cleanStyled(line: string): string {
  return line
    .split(/(\u001b\[\d{1,2}m)/)
    .map((part, index) => (index % 2 === 1 ? part : printable(part)))
    .join('');
}

/** JSON escapes the C0 controls; what else a terminal obeys or is fooled by becomes an escape as well. */
function escapedJson(value: unknown, indent: number): string {
  return JSON.stringify(value, null, indent).replace(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (char) => {
      return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
    },
  );
}
