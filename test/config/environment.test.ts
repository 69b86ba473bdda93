// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the references to the environment are what is tested.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interpolate } from '../../src/config/environment.ts';
import { problemsOf, settingsOf } from './reading.ts';

describe('a reference to the environment', () => {
  it.each([
    ['${HOST}', 'db'],
    ['http://${HOST}:${PORT}/', 'http://db:80/'],
    ['${MISSING:-fallback}', 'fallback'],
    ['${EMPTY:-fallback}', 'fallback'],
    ['${EMPTY}', ''],
    ['${HOST:-fallback}', 'db'],
    ['${MISSING:-}', ''],
    ['$${HOST}', '${HOST}'],
    ['$HOST {x} $', '$HOST {x} $'],
  ])('%s reads as %j', (written, text) => {
    expect(interpolate(written, { HOST: 'db', PORT: '80', EMPTY: '' })).toEqual({ text, wrong: [] });
  });

  it.each(['${}', '${1X}', '${A-b}', '${OPEN', '${A:b}'])('%s is refused', (written) => {
    expect(interpolate(written, { A: 'a', OPEN: 'o' }).wrong).toHaveLength(1);
  });

  it('names every variable that is not set, also those that look inherited', () => {
    const { wrong } = interpolate('${toString}${A}', {});
    expect(wrong.map((sentence) => /variable (\w+) is not set/.exec(sentence)?.[1])).toEqual(['toString', 'A']);
  });

  it('is read once: what a variable holds is not read again', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        expect(interpolate('<${A}>', { A: value, B: 'secret' }).text).toBe(`<${value}>`);
      }),
    );
    expect(interpolate('${A}', { A: '${B}', B: 'secret' }).text).toBe('${B}');
  });
});

describe('routes.yaml and the environment', () => {
  it('reads numbers, flags and text from it', () => {
    const settings = settingsOf(
      'legacy: { url: "${URL}" }\nlisten: { port: "${PORT}" }\ndebug: ${DEBUG:-true}\nadmin: { token: "${TOKEN}" }\n',
      { URL: 'http://old:3000', PORT: '9000', TOKEN: '123456789012345678' },
    );
    expect(settings.legacy.urls[0]?.authority).toBe('old:3000');
    expect(settings.listen.port).toBe(9000);
    expect(settings.debug).toBe(true);
    expect(settings.admin.token).toBe('123456789012345678');
  });

  it('can not be used to write YAML', () => {
    const settings = settingsOf('legacy: { url: http://a }\nadmin: { hosts: ["${S}"] }\n', {
      S: 'a"], port: 1 }\ndebug: true # ',
    });
    expect(settings.admin).toMatchObject({ hosts: ['a"], port: 1 }\ndebug: true # '], port: 9090 });
    expect(settings.debug).toBe(false);
  });

  it('says where a variable is missing, and nothing else about that value', () => {
    expect(problemsOf('legacy:\n  url: http://${OLD_HOST}:3000\n')).toEqual([
      '2:8  the environment variable OLD_HOST is not set (${OLD_HOST:-default} would give it a default)',
    ]);
  });
});
