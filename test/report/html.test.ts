/** The page in a real browser: what was sent to be shown is shown, and does nothing. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Example, RouteEvidence } from '../../src/domain/evidence.ts';
import { htmlReport } from '../../src/report/html/page.ts';
import { junitReport } from '../../src/report/junit.ts';
import { describeWith, program } from '../e2e/stage/programs.ts';
import { aCluster, anEvidence, anExample, aTally, aTroubledHour, dawn } from './an-evidence.ts';
import { hostile, reported } from './reported.ts';

const browserProgram = program('chromium', 'apt-get install chromium');

/** Every text of the evidence is what somebody sent to do harm. */
function hostileEvidence(canary: string): RouteEvidence {
  const texts = [
    ...hostile.map((text) => text.replaceAll('http://127.0.0.1:9/', canary)),
    `<script src="${canary}s.js"></script>`,
    `<img src="${canary}i.png"><video autoplay src="${canary}v"></video><object data="${canary}o"></object>`,
    `</style><style>*{background:url(${canary}b.png)}@font-face{font-family:x;src:url(${canary}f)}`,
    `<form action="${canary}f"><button autofocus onfocus="fetch('${canary}')">x</button></form>`,
    'x'.repeat(300_000),
    '\u0627\u0644\u0633\u0644\u0627\u0645 \u05e9\u05dc\u05d5\u05dd',
  ];
  const example = (text: string, index: number): Example => {
    const { request, legacy, service } = anExample();
    const json = index % 2 === 0;
    const body = (more: string): string => (json ? JSON.stringify({ [text]: text, more }) : `${text}\n${more}`);
    return anExample({
      request: { ...request, method: text.slice(0, 40), url: `/${text}`, headers: [text, text], traceparent: text },
      legacy: { ...legacy, headers: [text, text], body: body(text) },
      service: { ...service, headers: [text, `${text}!`], body: body('other') },
      mismatches: [{ kind: 'value', path: text, pattern: text, legacy: text, service: JSON.stringify(text) }],
    });
  };
  const clusters = texts.map((text, index) =>
    aCluster('value', text, {
      count: 10 + index,
      examples: [example(text, index)],
      judgement:
        index % 3 === 0
          ? { word: 'ignored', at: dawn, until: dawn + 1, who: text.slice(0, 400), reason: text.slice(0, 400) }
          : null,
    }),
  );
  return anEvidence({
    route: hostile[0]!,
    service: hostile[1]!,
    tallies: [aTally({ compared: 1000, combinations: { [clusters[0]!.id]: 40 } })],
    clusters,
  });
}

describeWith([browserProgram], 'the HTML report in a browser', () => {
  let browser: Browser;
  let folder: string;
  const requested: string[] = [];
  const server = createServer((request, response) => {
    requested.push(request.url!);
    response.end();
  });
  let canary: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'strangler-report-'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    canary = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    browser = await chromium.launch({ executablePath: browserProgram.path!, args: ['--no-sandbox'] });
  });

  afterAll(async () => {
    await browser?.close();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Opens a page, from its file or else as a server would send it, and gives back what it said and asked for. */
  async function opened(html: string, options: Parameters<Browser['newPage']>[0] = {}) {
    const page = await browser.newPage(options);
    const said: string[] = [];
    const asked: string[] = [];
    page.on('console', (message) => said.push(message.text()));
    page.on('pageerror', (error) => said.push(error.message));
    page.on('dialog', (dialog) => said.push(dialog.message()));
    page.on('request', (request) => asked.push(request.url()));
    const file = join(folder, 'report.html');
    writeFileSync(file, html);
    await page.goto(pathToFileURL(file).href, { waitUntil: 'load' });
    return { page, said, asked: () => asked.filter((url) => !url.startsWith('file:')) };
  }

  const openEverything = (page: Page) =>
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true");

  it('runs nothing and asks for nothing, whatever it shows', async () => {
    const { page, said, asked } = await opened(htmlReport(reported([hostileEvidence(canary), aTroubledHour()])));
    await openEverything(page);
    // Whatever waits for a pointer or for focus gets both.
    for (let i = 0; i < 40; i++) await page.keyboard.press('Tab');
    await page.mouse.wheel(0, 100_000);
    expect(await page.title()).toBe('Shadow report: 0 of 2 routes ready');
    const planted =
      'script, iframe, img, object, embed, video, form, button, base, link, [onload], [onerror], [onfocus], [onmouseover]';
    expect(
      await page.evaluate(`[...document.querySelectorAll(${JSON.stringify(planted)})].map((each) => each.outerHTML)`),
    ).toEqual([]);
    expect(await page.evaluate("document.querySelectorAll('meta[http-equiv]').length")).toBe(1);
    expect(await page.evaluate("document.querySelectorAll('style').length")).toBe(1);
    expect(await page.evaluate('document.querySelectorAll(\'a:not([href^="#"])\').length')).toBe(0);
    expect(said).toEqual([]);
    expect(asked()).toEqual([]);
    expect(requested).toEqual([]);
    expect(await page.evaluate('document.body.innerText')).toContain('<script>document.title="owned"</script>');
    await page.close();
  });

  it('would run and load nothing even if something got through: its policy forbids it', async () => {
    const html = htmlReport(reported([aTroubledHour()])).replace(
      '</main>',
      `<script>document.title='owned'</script><img src="${canary}x" onerror="document.title='owned'"></main>`,
    );
    const { page, said } = await opened(html);
    expect(await page.title()).toBe('Shadow report: 0 of 1 route ready');
    expect(said.join('\n')).toMatch(/Content Security Policy/);
    expect(requested).toEqual([]);
    await page.close();
  });

  it('is as little to a reader of XML: JUnit reports with the same in them stay well-formed', async () => {
    const page = await browser.newPage();
    const xml = junitReport(reported([hostileEvidence(canary), aTroubledHour()]), true);
    const script = `(() => {
      const read = new DOMParser().parseFromString(${JSON.stringify(xml)}, 'application/xml');
      return [read.querySelectorAll('parsererror').length, read.querySelectorAll('testcase').length, read.querySelectorAll('failure').length];
    })()`;
    expect(await page.evaluate(script)).toEqual([0, 2, 2]);
    await page.close();
  });

  it('lets no text reorder what stands around it', async () => {
    const html = htmlReport(reported([hostileEvidence(canary)]));
    expect(html).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    expect(html).toContain('\\u202egnp.exe');
  });

  it.each([
    ['desktop', 1200, 'light'],
    ['desktop', 1200, 'dark'],
    ['phone', 375, 'light'],
  ] as const)('fits a %s of %i pixels in %s colours, and is never wider', async (_name, width, colorScheme) => {
    const html = htmlReport(reported([aTroubledHour(), hostileEvidence(canary)]));
    const { page } = await opened(html, { viewport: { width, height: 800 }, colorScheme });
    await openEverything(page);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    await page.close();
  });

  it.each(['light', 'dark'] as const)('has enough contrast in %s colours for every word', async (colorScheme) => {
    const { page } = await opened(htmlReport(reported([aTroubledHour()])), { colorScheme });
    await openEverything(page);
    expect(await page.evaluate(faintWords)).toEqual([]);
    await page.close();
  });

  it('shows both sides of an example with the lines that differ marked, and says the plots in words', async () => {
    const { page } = await opened(htmlReport(reported([aTroubledHour()])));
    const marked =
      "[...document.querySelectorAll('.diff')[0].querySelectorAll('tr.differs')].map((row) => row.innerText)";
    const rows = (await page.evaluate(marked)) as string[];
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatch(/"total": 12\.5,[\s\S]*"total": 12\.49/);
    expect(rows[1]).toMatch(/"note": "thanks"/);
    const words = "[...document.querySelectorAll('svg[role=img]')].map((each) => each.getAttribute('aria-label'))";
    const [latency, matches] = (await page.evaluate(words)) as string[];
    expect(latency).toMatch(/legacy: half within 21 ms, 99 % within 9\d ms\. service: half within 7\.8 ms/);
    expect(matches).toMatch(/Lowest: 8\d\.\d % at 2026-01-31 09:33:00Z; newest: 100 %/);
    await page.close();
  });
});

/** Texts whose contrast with the nearest ground that is painted is below 4.5 : 1, as WCAG works it out. */
const faintWords = `(() => {
  const light = (rgb) => {
    const [r, g, b] = rgb.map((part) => (part /= 255) <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const colour = (text) => text.match(/[\\d.]+/g).map(Number);
  const ground = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const [r, g, b, a = 1] = colour(getComputedStyle(each).backgroundColor);
      if (a === 1) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (walker.currentNode.data.trim() === '' || element.getClientRects().length === 0) continue;
    const [one, other] = [light(colour(getComputedStyle(element).color).slice(0, 3)), light(ground(element))].sort((a, b) => b - a);
    const contrast = (one + 0.05) / (other + 0.05);
    if (contrast < 4.5) faint.push(walker.currentNode.data.trim() + ' ' + contrast.toFixed(2));
  }
  return faint;
})()`;
