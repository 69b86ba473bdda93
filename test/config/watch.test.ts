import { EventEmitter, once } from 'node:events';
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Loaded, loadSettings } from '../../src/config/load.ts';
import { type WatchOptions, watchSettings } from '../../src/config/watch.ts';
import { folder, routesFile } from './folder.ts';

/** A valid file, told from others by its port. */
const routes = (port: number): string => `legacy: { url: "http://127.0.0.1:${port}" }\n`;

/** What a report says, in a word: the port, or that the file is invalid. */
const word = (loaded: Loaded): number | 'invalid' => (loaded.ok ? loaded.settings.legacy.urls[0]!.port : 'invalid');

class Reports {
  readonly words: (number | 'invalid')[] = [];
  readonly #arrived = new EventEmitter();

  add(loaded: Loaded): void {
    this.words.push(word(loaded));
    this.#arrived.emit('report');
  }

  /** Waits for a report that says this; the test's own time limit is the bound. */
  async until(wanted: number | 'invalid'): Promise<void> {
    while (this.words.at(-1) !== wanted) await once(this.#arrived, 'report');
  }
}

async function watching(file: string, options: Partial<WatchOptions> = {}): Promise<Reports> {
  const reports = new Reports();
  const since = await loadSettings(file, {});
  const watch = watchSettings(file, (loaded) => reports.add(loaded), { env: {}, since, ...options });
  onTestFinished(() => watch.close());
  return reports;
}

/** Each writes a new content in the way that some editor or tool does. */
const saves: Record<string, (file: string, text: string) => void> = {
  'in place': (file, text) => writeFileSync(file, text),
  'in place, in two halves': (file, text) => {
    const descriptor = openSync(file, 'w');
    writeSync(descriptor, text.slice(0, 15));
    writeSync(descriptor, text.slice(15));
    closeSync(descriptor);
  },
  'by renaming a new file over it, as VS Code and sed -i do': (file, text) => {
    writeFileSync(`${file}.tmp`, text);
    renameSync(`${file}.tmp`, file);
  },
  'by renaming it away and writing anew, as vim does': (file, text) => {
    renameSync(file, `${file}~`);
    writeFileSync(file, text);
    unlinkSync(`${file}~`);
  },
  'by deleting and writing anew': (file, text) => {
    rmSync(file);
    writeFileSync(file, text);
  },
};

describe('watching routes.yaml', () => {
  it.each(Object.entries(saves))('reports a save %s', async (_, save) => {
    const file = routesFile(routes(1));
    const reports = await watching(file);
    save(file, routes(2));
    await reports.until(2);
    save(file, routes(3));
    await reports.until(3);
    expect(reports.words).toEqual([2, 3]);
  });

  it('reports a ConfigMap whose ..data link is swapped', async () => {
    const place = folder();
    const publish = (version: string, text: string) => {
      mkdirSync(join(place, version));
      writeFileSync(join(place, version, 'routes.yaml'), text);
      symlinkSync(version, join(place, '..data_tmp'));
      renameSync(join(place, '..data_tmp'), join(place, '..data'));
    };
    publish('..v1', routes(1));
    symlinkSync('..data/routes.yaml', join(place, 'routes.yaml'));
    const reports = await watching(join(place, 'routes.yaml'));
    publish('..v2', routes(2));
    await reports.until(2);
    rmSync(join(place, '..v1'), { recursive: true });
    publish('..v3', routes(3));
    await reports.until(3);
    expect(reports.words).toEqual([2, 3]);
  });

  it('reports a change behind a link to another folder, where no directory event comes from', async () => {
    const file = routesFile(routes(1));
    const link = join(folder(), 'routes.yaml');
    symlinkSync(file, link);
    const reports = await watching(link);
    writeFileSync(file, routes(2));
    await reports.until(2);
  });

  it('reports the last of many quick saves last, and no content twice', async () => {
    const file = routesFile(routes(1));
    const reports = await watching(file);
    for (let port = 2; port <= 60; port++) {
      saves[port % 2 === 0 ? 'in place' : 'by renaming a new file over it, as VS Code and sed -i do']!(
        file,
        routes(port),
      );
      await new Promise(setImmediate);
    }
    await reports.until(60);
    expect(reports.words).not.toContain('invalid');
    expect(new Set(reports.words).size).toBe(reports.words.length);
  });

  it('reports an invalid file once, and the way back from it', async () => {
    const file = routesFile(routes(1));
    const reports = await watching(file);
    writeFileSync(file, 'legacy: {\n');
    await reports.until('invalid');
    writeFileSync(file, routes(1));
    await reports.until(1);
    expect(reports.words).toEqual(['invalid', 1]);
  });

  it('waits for the other half of a save', async () => {
    const file = routesFile(routes(1));
    const reports = await watching(file);
    writeFileSync(file, 'legacy: { url: ');
    // Longer than two looks of a watch that reports what it sees at once.
    for (const rest of ['"http:', '//127.0.0.1', ':2" ', '}\n']) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      appendFileSync(file, rest);
    }
    await reports.until(2);
    expect(reports.words).toEqual([2]);
  });

  it('reports a deletion, and the file when it is back', async () => {
    const file = routesFile(routes(1));
    const reports = await watching(file);
    rmSync(file);
    await reports.until('invalid');
    writeFileSync(file, routes(1));
    await reports.until(1);
    expect(reports.words).toEqual(['invalid', 1]);
  });

  it('survives the whole folder being replaced', async () => {
    const place = join(folder(), 'config');
    mkdirSync(place);
    const file = join(place, 'routes.yaml');
    writeFileSync(file, routes(1));
    const reports = await watching(file);
    renameSync(place, `${place}-old`);
    mkdirSync(place);
    writeFileSync(file, routes(2));
    await reports.until(2);
    writeFileSync(file, routes(3));
    await reports.until(3);
  });

  it('reports nothing for a save that changes nothing, and for other files', async () => {
    const file = routesFile(routes(1));
    const reports = await watching(file);
    for (const save of Object.values(saves)) save(file, routes(1));
    writeFileSync(join(dirname(file), 'notes.txt'), 'notes');
    writeFileSync(file, routes(2));
    await reports.until(2);
    expect(reports.words).toEqual([2]);
  });

  it('reports what changed between loading and watching', async () => {
    const file = routesFile(routes(1));
    const since = await loadSettings(file, {});
    writeFileSync(file, routes(2));
    const reports = await watching(file, { since });
    await reports.until(2);
  });

  it('reports a changed certificate', async () => {
    const place = folder();
    const file = join(place, 'routes.yaml');
    writeFileSync(join(place, 'ca.pem'), rootCertificates[0]!);
    writeFileSync(file, 'legacy: { url: "https://a:1", tls: { ca: ca.pem } }\n');
    const seen: (string | null)[] = [];
    const arrived = new EventEmitter();
    const since = await loadSettings(file, {});
    const onChange = (loaded: Loaded) => {
      seen.push(loaded.ok ? loaded.settings.legacy.tls.ca : null);
      arrived.emit('report');
    };
    const watch = watchSettings(file, onChange, { env: {}, since });
    onTestFinished(() => watch.close());
    const report = once(arrived, 'report');
    writeFileSync(join(place, 'ca.pem'), rootCertificates[1]!);
    await report;
    expect(seen).toEqual([rootCertificates[1]]);
  });

  it('never reports while a report is being dealt with, and then reports the newest', async () => {
    const file = routesFile(routes(1));
    const since = await loadSettings(file, {});
    const arrived = new EventEmitter();
    let underWay = 0;
    let most = 0;
    const words: (number | 'invalid')[] = [];
    const onChange = async (loaded: Loaded) => {
      most = Math.max(most, ++underWay);
      words.push(word(loaded));
      if (words.length === 1) {
        for (const port of [3, 4, 5]) saves['in place']!(file, routes(port));
        await new Promise((resolve) => setTimeout(resolve, 400));
      }
      underWay--;
      arrived.emit('report');
    };
    const watch = watchSettings(file, onChange, { env: {}, since });
    onTestFinished(() => watch.close());
    writeFileSync(file, routes(2));
    while (words.at(-1) !== 5) await once(arrived, 'report');
    expect(words).toEqual([2, 5]);
    expect(most).toBe(1);
  });

  it('goes on after a report that could not be dealt with, and says so', async () => {
    const file = routesFile(routes(1));
    const since = await loadSettings(file, {});
    const arrived = new EventEmitter();
    const onChange = (loaded: Loaded) => {
      if (word(loaded) === 2) throw new Error('cannot deal with 2');
      arrived.emit('report', word(loaded));
    };
    const watch = watchSettings(file, onChange, { env: {}, since });
    onTestFinished(() => watch.close());
    const warned = once(process, 'warning');
    writeFileSync(file, routes(2));
    expect(String((await warned)[0])).toContain('cannot deal with 2');
    const report = once(arrived, 'report');
    writeFileSync(file, routes(3));
    expect(await report).toEqual([3]);
  });

  it('is silent once it is closed', async () => {
    const file = routesFile(routes(1));
    const since = await loadSettings(file, {});
    const closed: number[] = [];
    const watch = watchSettings(file, () => void closed.push(1), { env: {}, since });
    const reports = await watching(file);
    watch.close();
    writeFileSync(file, routes(2));
    await reports.until(2);
    expect(closed).toEqual([]);
    expect(readFileSync(file, 'utf8')).toBe(routes(2));
  });
});
