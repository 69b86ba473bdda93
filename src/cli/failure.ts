/** An answer of "no", in lines for the operator. Exit code 1; 2 is for a command that was put wrongly. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly exitCode: 1 | 2;

  constructor(lines: string | readonly string[], exitCode: 1 | 2 = 1) {
    super(typeof lines === 'string' ? lines : lines.join('\n'));
    this.exitCode = exitCode;
  }
}
