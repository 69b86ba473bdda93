import { type Tally, whole } from './tally.ts';

export interface Progress {
  show(tally: Pick<Tally, 'done' | 'rate'>): void;
  end(): void;
}

const width = 30;
const between = 100;

/** A bar that moves where somebody looks; a line for every tenth where the output goes into a file or a pipe. */
export function progressOn(stream: NodeJS.WriteStream, total: number): Progress {
  return stream.isTTY === true ? bar(stream, total) : lines(stream, total);
}

function bar(stream: NodeJS.WriteStream, total: number): Progress {
  let drawnAt = Number.NEGATIVE_INFINITY;
  return {
    show(tally) {
      const now = performance.now();
      if (now - drawnAt < between && tally.done < total) return;
      drawnAt = now;
      const filled = Math.round((tally.done / total) * width);
      const drawn = '█'.repeat(filled) + '░'.repeat(width - filled);
      stream.write(`\r${drawn} ${whole(tally.done)} of ${whole(total)}, ${whole(tally.rate)} a second\u001b[K`);
    },
    end: () => void stream.write('\r\u001b[K'),
  };
}

function lines(stream: NodeJS.WritableStream, total: number): Progress {
  let tenths = 0;
  return {
    show({ done }) {
      const reached = Math.floor((done * 10) / total);
      if (reached === tenths) return;
      tenths = reached;
      stream.write(`${whole(done)} of ${whole(total)} requests\n`);
    },
    end() {},
  };
}
