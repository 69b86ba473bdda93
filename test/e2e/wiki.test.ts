import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { apache, apacheModules } from './stage/apache.ts';
import type { Served } from './stage/child.ts';
import { dokuwiki, php, startWiki } from './stage/dokuwiki.ts';
import { type Front, inFrontOf } from './stage/front.ts';
import { makePlace, type Place } from './stage/place.ts';
import { describeWith, program } from './stage/programs.ts';

const browserProgram = program('chromium', 'apt-get install chromium');

/** What a visit left behind, in the browser and on the wire. */
interface Visit {
  readonly pages: string[];
  readonly cookies: object[];
  readonly answers: string[];
  readonly broken: string[];
  readonly upload: Buffer;
}

describeWith([apache, apacheModules, dokuwiki, php, browserProgram], 'a browser and a wiki', () => {
  const shelves: Place[] = [];
  const servers: Served[] = [];
  const payload = randomBytes(300_000);
  let browser: Browser;
  let front: Front;

  beforeAll(async () => {
    // Two wikis that begin alike, so that each visit finds the same.
    for (const name of ['direct', 'proxied']) {
      const place = makePlace(`wiki-${name}`);
      shelves.push(place);
      servers.push(await startWiki(place));
    }
    front = await inFrontOf(servers[1]!.port);
    browser = await chromium.launch({ executablePath: browserProgram.path!, args: ['--no-sandbox'] });
  });

  afterAll(async () => {
    await browser?.close();
    await front?.close();
    await Promise.all(servers.map((server) => server.stop()));
    for (const place of shelves) place.remove();
  });

  test('reads, logs in, edits, uploads and logs out as without the proxy', { timeout: 120_000 }, async () => {
    const direct = await visit(servers[0]!.url);
    const proxied = await visit(front.url);
    expect(direct.broken).toEqual([]);
    expect(direct.pages[2]).toContain('Ann Example');
    expect(direct.pages[3]).toContain('<strong>Ünal</strong>');
    expect(direct.cookies.length).toBeGreaterThan(1);
    expect(direct.answers.filter((answer) => / 30[23] /.test(answer)).length).toBeGreaterThan(0);
    expect(direct.upload.equals(payload)).toBe(true);
    expect(proxied).toEqual(direct);
  });

  async function visit(base: string): Promise<Visit> {
    const context = await browser.newContext({ viewport: { width: 1200, height: 900 } });
    const page = await context.newPage();
    const answers = new Set<string>();
    const broken: string[] = [];
    page.on('response', (response) => {
      const { pathname } = new URL(response.url());
      const type = response.headers()['content-type'] ?? '-';
      answers.add(`${response.request().method()} ${pathname} ${response.status()} ${type}`);
    });
    page.on('requestfailed', (request) => broken.push(`${request.method()} ${request.url()}`));
    page.on('pageerror', (error) => broken.push(error.message));
    const pages: string[] = [];
    const keep = async (): Promise<void> => {
      pages.push(await settled(page));
    };

    await page.goto(`${base}/wiki/doku.php`);
    await keep();
    await page.getByRole('link', { name: 'Log In' }).first().click();
    await page.locator('#dw__login input[name=u]').fill('ann');
    await page.locator('#dw__login input[name=p]').fill('wrong');
    await page.locator('#dw__login button[type=submit]').click();
    await keep();
    await page.locator('#dw__login input[name=u]').fill('ann');
    await page.locator('#dw__login input[name=p]').fill('secret');
    await page.locator('#dw__login button[type=submit]').click();
    await page.getByText('Ann Example').first().waitFor();
    await keep();

    await page.goto(`${base}/wiki/doku.php?id=ships:fleet&do=edit`);
    await page.locator('#wiki__text').fill('====== Flotte ======\n\nDrei Schiffe: **Ünal**, //Ærø//, [[start]].\n');
    await page.locator('#edbtn__preview').click();
    await page.locator('.preview h1').waitFor();
    await page.locator('#edbtn__save').click();
    await page.locator('h1#flotte').waitFor();
    await keep();
    const cookies = (await context.cookies()).map(({ value: _, expires, ...rest }) => ({
      ...rest,
      session: expires === -1,
    }));

    await page.goto(`${base}/wiki/doku.php?id=start&do=media&ns=&tab_files=upload`);
    await page.locator('#mediamanager__uploader input[type=file]').first().setInputFiles(uploadFile());
    await page.locator('#mediamanager__upload_button').click();
    await page.locator('.qq-upload-success, .file-uploader .success').first().waitFor();
    const { upload } = {
      upload: await (await context.request.get(`${base}/wiki/lib/exe/fetch.php?media=cargo.zip`)).body(),
    };

    await page.goto(`${base}/wiki/doku.php?id=start`);
    await page.getByRole('link', { name: 'Log Out' }).first().click();
    await page.getByRole('link', { name: 'Log In' }).first().waitFor();
    await keep();
    await context.close();
    return { pages, cookies, answers: [...answers].sort(), broken, upload };
  }

  function uploadFile(): string {
    const path = shelves[0]!.of('cargo.zip');
    writeFileSync(path, payload);
    return path;
  }

  /** The document as it stands once all has arrived, without what names a place, a moment or a session. */
  async function settled(page: Page): Promise<string> {
    await page.waitForLoadState('networkidle');
    return (
      (await page.content())
        .replaceAll(new URL(page.url()).host, 'host')
        .replace(/("sectok" value="|sectok=)[0-9a-f]+/g, '$1')
        // In a script its slashes are escaped. The seed changes with the age of the wiki's configuration.
        .replace(/\d{4}\\?\/\d\d\\?\/\d\d \d\d:\d\d/g, 'moment')
        .replace(/tseed=[0-9a-f]+/g, 'tseed')
        .replace(/\b1[0-9]{9}\b/g, 'second')
    );
  }
});
