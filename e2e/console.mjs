// Walks through the console in a real browser: node console.mjs [--shots DIR] SEKISHO
// Starts the service on a log of guesses with hostile names, sets it up, and looks at every page that the navigation names,
// in both languages: no console error, nothing against the content policy, axe AA without a violation, no page too wide for a
// telephone, the same work without JavaScript and with the keyboard alone. Exit code 1 when something does not hold.
import { mkdir, mkdtemp, readFile, rm, writeFile, appendFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, given, launch, PASSWORD, serve, sshd as line, tally } from './service.mjs';

const require = createRequire(import.meta.url);
const axeSource = await readFile(require.resolve('axe-core/axe.min.js'), 'utf8');
const { shots, sekisho } = given('console.mjs');
if (shots) await mkdir(shots, { recursive: true });
const counted = tally();
const { expect, faults } = counted;
const HOSTILE = '<img/src=x/onerror=alert(1)>"\'`\u202e';

const folder = await mkdtemp(join(tmpdir(), 'sekisho-console-'));
const port = await freePort();
const log = join(folder, 'auth.log');
let text = '';
for (let n = 0; n < 30; n += 1) text += line(n, '203.0.113.9', 'Failed', 'root');
for (let n = 0; n < 20; n += 1) text += line(n, '198.51.100.7', 'Failed', `invalid user ${HOSTILE}${n}`);
for (let n = 0; n < 12; n += 1) text += line(n, '192.0.2.66', 'Failed', 'tanaka');
text += line(99, '192.0.2.66', 'Accepted', 'tanaka');
await writeFile(log, text);
const { service, code } = await serve(sekisho, folder, log, port);
const browser = await launch();
const base = `http://127.0.0.1:${port}`;

/** A window that notes whatever a page complains of, or asks for elsewhere. */
async function window(options) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const complaints = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(`script: ${error.message}`));
  page.on('dialog', (dialog) => { complaints.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on('request', (request) => {
    if (!request.url().startsWith(base)) complaints.push(`asks for ${request.url()}`);
  });
  return { context, page, complaints };
}

let cookies = null;

/** Signs in once; further windows take the session over: ten tries a minute are let through. */
async function signIn(page) {
  if (cookies) {
    await page.context().addCookies(cookies);
    await page.goto(`${base}/`);
    return;
  }
  await page.goto(`${base}/login`);
  await page.fill('#login', 'kanri');
  await page.fill('#password', PASSWORD);
  await Promise.all([page.waitForURL(`${base}/`), page.click('main button')]);
  cookies = await page.context().cookies();
}

/** Paths that the navigation names, and those of one case. */
async function paths(page) {
  await page.goto(`${base}/`);
  const named = await page.$$eval('nav a', (links) => links.map((link) => link.getAttribute('href')));
  await page.goto(`${base}/cases`);
  const cases = await page.$$eval('main a[href^="/cases/"]', (links) => links.map((link) => link.getAttribute('href')));
  const one = [...new Set(cases)].filter((path) => /^\/cases\/\d+$/.test(path));
  await page.goto(`${base}${one[0]}`);
  const inside = await page.$$eval('main a[href^="/cases/"]', (links) => links.map((link) => link.getAttribute('href')));
  const further = inside.filter((path) => path.startsWith(`${one[0]}/`) && !/\.\w+$|download/.test(path));
  return [...new Set([...named, ...one, ...further])];
}

async function look(lang, all) {
  // The content policy would keep axe itself out: complaints are gathered with it, axe runs in a window without it.
  const strict = await window();
  const loose = await window({ bypassCSP: true });
  const narrow = await window({ viewport: { width: 390, height: 844 } });
  for (const one of [strict, loose, narrow]) await signIn(one.page);
  for (const path of all) {
    const what = `${lang} ${path}`;
    const address = `${base}${path}${path.includes('?') ? '&' : '?'}lang=${lang}`;
    const begun = Date.now();
    const answer = await strict.page.goto(address);
    expect(`${what} answers`, answer.status() === 200, String(answer.status()));
    expect(`${what} is quick`, Date.now() - begun < 5_000, `${Date.now() - begun} ms`);
    expect(`${what} has its policy`, /default-src 'none'/.test(answer.headers()['content-security-policy'] ?? '')
      && !/unsafe-/.test(answer.headers()['content-security-policy']));
    expect(`${what} complains of nothing`, strict.complaints.length === 0, strict.complaints.splice(0).join('; '));
    expect(`${what} states its language`, await strict.page.getAttribute('html', 'lang') === lang);
    expect(`${what} has one first heading`, await strict.page.locator('h1').count() === 1);
    const words = await strict.page.innerText('body');
    expect(`${what} has all its words`, !/\[[a-z]+-[a-z-]+\]/.test(words), /\[[a-z]+-[a-z-]+\]/.exec(words)?.[0]);
    expect(`${what} lets no text turn its direction`, !words.includes('\u202e'));
    expect(`${what} runs nothing of the log`, await strict.page.locator('main img').count() === 0);
    if (shots) {
      await strict.page.screenshot({ path: `${shots}/${lang}${path.replace(/[^a-z0-9]/g, '-')}.png`, fullPage: true });
    }
    await loose.page.goto(address);
    await loose.page.evaluate(axeSource);
    const found = await loose.page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
    expect(`${what} passes axe`, found.violations.length === 0, found.violations
      .map((v) => `${v.id} x${v.nodes.length} at ${v.nodes[0].target.join(' ')}`).join('; '));
    await narrow.page.goto(address);
    const over = await narrow.page.evaluate(() => document.documentElement.scrollWidth - globalThis.innerWidth);
    expect(`${what} fits a narrow screen`, over <= 0, `${over} px too wide`);
  }
  for (const one of [strict, loose, narrow]) await one.context.close();
}

/** Sets up, without JavaScript. */
async function setUp() {
  const { context, page, complaints } = await window({ javaScriptEnabled: false });
  const closed = await page.goto(`${base}/cases`);
  expect('nothing is shown without a session', closed.url().endsWith('/login') || closed.url().endsWith('/setup'), closed.url());
  await page.goto(`${base}/setup`);
  if (shots) await page.screenshot({ path: `${shots}/setup.png`, fullPage: true });
  for (const [name, given] of [['code', code], ['login', 'kanri'], ['name', `関 ${HOSTILE}`], ['password', PASSWORD]]) {
    await page.fill(`#${name}`, given);
  }
  await Promise.all([page.waitForURL(`${base}/`), page.click('main button')]);
  for (let tries = 0; tries < 100; tries += 1) {
    await page.goto(`${base}/cases`);
    if (await page.locator('main a[href^="/cases/"]').count() >= 4) break;
    await new Promise((resolve) => { setTimeout(resolve, 200); });
  }
  expect('two attacks are two cases', await page.locator('main td a[href^="/cases/"]').count() >= 4);
  expect('set-up complains of nothing', complaints.length === 0, complaints.join('; '));
  await context.close();
}

/** Works on a case without JavaScript: acknowledges, moves it with a reason, writes a note. */
async function work() {
  const { context, page, complaints } = await window({ javaScriptEnabled: false });
  await signIn(page);
  await page.goto(`${base}/cases/1?lang=ja`);
  await Promise.all([page.waitForURL(/said=acknowledged/), page.click('form[action$="/acknowledge"] button')]);
  await page.fill('#reason-preserving', 'ログを複写した');
  await Promise.all([page.waitForURL(/said=moved/), page.click('form:has(#reason-preserving) button')]);
  await page.fill('#note', HOSTILE);
  await Promise.all([page.waitForURL(/said=noted/), page.click('form[action$="/note"] button')]);
  expect('the log of the case shows the note as text', (await page.innerText('main')).includes('<img/src=x/onerror=alert(1)>'));
  expect('work complains of nothing', complaints.length === 0, complaints.join('; '));
  await context.close();
}

/** Signs in and writes a note with the keyboard alone; what has the focus is to be seen. */
async function keyboard() {
  const { context, page } = await window();
  await page.goto(`${base}/login?lang=en`);
  await page.focus('#login');
  await page.keyboard.type('kanri');
  await page.keyboard.press('Tab');
  await page.keyboard.type(PASSWORD);
  await Promise.all([page.waitForURL(`${base}/`), page.keyboard.press('Enter')]);
  await page.goto(`${base}/cases/1?lang=en`);
  await page.keyboard.press('Tab');
  expect('the first stop skips the navigation', await page.evaluate(() => document.activeElement?.className === 'skip'));
  let reached = false;
  for (let stops = 0; stops < 400 && !reached; stops += 1) {
    await page.keyboard.press('Tab');
    reached = await page.evaluate(() => document.activeElement?.id === 'note');
  }
  expect('the note is reached with the keyboard', reached);
  expect('the focus can be seen', await page.evaluate(() => {
    const style = getComputedStyle(document.activeElement);
    return style.outlineStyle !== 'none' || style.boxShadow !== 'none';
  }));
  await page.keyboard.type('by keyboard');
  await page.keyboard.press('Tab');
  await Promise.all([page.waitForURL(/said=noted/), page.keyboard.press('Enter')]);
  await context.close();
}

/** The blocks page and what follows from a press on it are of the namespace test; here the page with its words. */
async function signOut() {
  const { context, page } = await window();
  await signIn(page);
  await Promise.all([page.waitForURL(/\/login/), page.click('form.who button')]);
  const answer = await page.goto(`${base}/cases/1`);
  expect('nothing is shown after signing out', answer.url().endsWith('/login'));
  await context.close();
}

try {
  await setUp();
  await work();
  await keyboard();
  await appendFile(log, line(500, '192.0.2.201', 'Failed', 'late'));
  const seen = await window();
  await signIn(seen.page);
  const all = await paths(seen.page);
  await seen.context.close();
  for (const lang of ['ja', 'en']) await look(lang, all);
  await signOut();
} catch (error) {
  faults.push(`a journey ended: ${error.message}`);
} finally {
  await browser.close();
  service.kill('SIGTERM');
  await new Promise((resolve) => { service.exitCode === null ? service.on('exit', resolve) : resolve(); });
  expect('the service ends in good order', service.exitCode === 0, String(service.exitCode));
  await rm(folder, { recursive: true, force: true });
}
for (const fault of faults) console.error(`FAIL ${fault}`);
console.log(`console e2e: ${counted.passed} passed, ${faults.length} failed`);
process.exit(faults.length === 0 ? 0 : 1);
