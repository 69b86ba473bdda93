/** How far something has come that is counted. */
export interface Reached {
  readonly done: number;
  /** A second. */
  readonly rate: number;
}

export interface Progress {
  show(reached: Reached): void;
  end(): void;
}

const width = 30;
const between = 100;

/** A bar that moves where somebody looks; a line for every tenth where the output goes into a file or a pipe. */
export function progressOn(stream: NodeJS.WriteStream, total: number, what = 'requests'): Progress {
  return stream.isTTY === true ? bar(stream, total, what) : lines(stream, total, what);
}

export const whole = (count: number): string => Math.round(count).toLocaleString('en');

/** `7 s`, `12 min`, `3 h`. */
export function roughly(seconds: number): string {
  if (seconds < 100) return `${Math.ceil(seconds)} s`;
  return seconds < 6_000 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`;
}

function bar(stream: NodeJS.WriteStream, total: number, what: string): Progress {
  let drawnAt = Number.NEGATIVE_INFINITY;
  return {
    show({ done, rate }) {
      const now = performance.now();
      if (now - drawnAt < between && done < total) return;
      drawnAt = now;
      const filled = total === 0 ? width : Math.min(width, Math.round((done / total) * width));
      const drawn = '█'.repeat(filled) + '░'.repeat(width - filled);
      const left = rate > 0 && done < total ? `, ${roughly((total - done) / rate)} left` : '';
      stream.write(`\r${drawn} ${whole(done)} of ${whole(total)} ${what}, ${whole(rate)} a second${left}\u001b[K`);
    },
    end: () => void stream.write('\r\u001b[K'),
  };
}

function lines(stream: NodeJS.WritableStream, total: number, what: string): Progress {
  let tenths = 0;
  return {
    show({ done }) {
      const reached = total === 0 ? 10 : Math.floor((done * 10) / total);
      if (reached === tenths) return;
      tenths = reached;
      stream.write(`${whole(done)} of ${whole(total)} ${what}\n`);
    },
    end() {},
  };
}
