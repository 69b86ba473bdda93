import { describe, expect, it } from 'vitest';
import { progressLine, progressReporter } from '../../src/cli/shadow-progress.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { durationText } from '../../src/cli/words.ts';

function terminal(interactive: boolean) {
  const shown: (string | null)[] = [];
  const remarks: string[] = [];
  const fake: Terminal = {
    env: {},
    interactive,
    width: null,
    print: () => {},
    printJson: () => {},
    printJsonLine: () => {},
    style: (_style, text) => text,
    remark: (line) => void remarks.push(line),
    progress: (line) => void shown.push(line),
  };
  return { fake, shown, remarks };
}

describe('the progress of a calibration', () => {
  it.each([
    [0, '░░░░░░░░░░░░░░░░░░░░░░░░'],
    [99, '███████████░░░░░░░░░░░░░'],
    [200, '████████████████████████'],
    [230, '████████████████████████'],
  ])('is full at the last pair, and not before: %d', (pairs, bar) => {
    expect(progressLine('order-read', pairs, 200, 72_000)).toBe(
      `order-read  ${bar}  ${pairs} of 200 pairs  1m 12s left, Ctrl-C ends it`,
    );
  });

  it('moves on a terminal', () => {
    const { fake, shown, remarks } = terminal(true);
    const reporter = progressReporter('a', 10, 0, fake);
    reporter.tell(0, 9_000, 1_000);
    reporter.tell(5, 8_000, 2_000);
    expect(shown.map((line) => /\d+ of 10/.exec(line ?? '')?.[0])).toEqual(['0 of 10', '5 of 10']);
    expect(remarks).toEqual([]);
  });

  it('is a line every ten seconds where nobody watches', () => {
    const { fake, shown, remarks } = terminal(false);
    const reporter = progressReporter('a', 100, 0, fake);
    for (let second = 1; second <= 25; second++) reporter.tell(second, 60_000 - second * 1_000, second * 1_000);
    expect(remarks).toEqual(['10 of 100 pairs, 50s left', '20 of 100 pairs, 40s left']);
    expect(shown).toEqual([]);
  });

  it('says once why there is nothing to tell', async () => {
    const { fake, remarks } = terminal(true);
    const reporter = progressReporter('a', 100, 0, fake);
    await reporter.silence(async () => 'no proxy');
    await reporter.silence(async () => 'no proxy');
    expect(remarks).toEqual(['no proxy']);
  });

  it.each([
    [400, '0s'],
    [59_400, '59s'],
    [60_000, '1m'],
    [72_000, '1m 12s'],
    [7_500_000, '2h 5m'],
    [86_400_000, '24h'],
  ])('tells %d ms as %s', (milliseconds, text) => {
    expect(durationText(milliseconds)).toBe(text);
  });
});
