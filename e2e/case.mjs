// Walks a case from 検知 to 終結 in a real browser: node case.mjs [--shots DIR] SEKISHO
// Everything is done with forms and without JavaScript: facts, evidence by upload, gates, verdict, recovery, measures, clocks, a
// document with its receipt, closing. At every stage each page of the case is looked at: nothing against the content policy, axe
// AA without a violation, not too wide for a telephone. Exit code 1 when something does not hold.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, given, launch, PASSWORD, serve, sshd, tally } from './service.mjs';

const require = createRequire(import.meta.url);
const axeSource = await readFile(require.resolve('axe-core/axe.min.js'), 'utf8');
const { shots, sekisho } = given('case.mjs');
if (shots) await mkdir(shots, { recursive: true });
const counted = tally();
const { expect, faults } = counted;
const port = await freePort();
const folder = await mkdtemp(join(tmpdir(), 'sekisho-case-'));
const log = join(folder, 'auth.log');

const line = (number, what) => sshd(number, '203.0.113.9', what, 'root');
let text = '';
for (let n = 0; n < 30; n += 1) text += line(n, 'Failed');
await writeFile(log, text + line(99, 'Accepted'));
const { service, code } = await serve(sekisho, folder, log, port);
const browser = await launch();
const base = `http://127.0.0.1:${port}`;
const complaints = [];

/** A window that notes whatever a page complains of. */
async function window(options, cookies = []) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  await context.addCookies(cookies);
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  // Without the content policy the browser asks for an icon that there is not.
  if (options.bypassCSP) return page;
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(`script: ${error.message}`));
  page.on('dialog', (dialog) => { complaints.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  return page;
}

const page = await window({ javaScriptEnabled: false });

/** Fills and sends the form at the selector; the console answers with a page that says what came of it. */
async function send(selector, fields, said = 'said=') {
  const form = page.locator(selector).first();
  const closed = form.locator('xpath=ancestor-or-self::details[not(@open)]');
  for (let depth = await closed.count(); depth > 0; depth -= 1) await closed.first().locator('summary').first().click();
  for (const [name, given] of Object.entries(fields)) {
    const field = form.locator(`[name="${name}"]`);
    const kind = await field.evaluate((one) => (one.tagName === 'SELECT' ? 'select' : one.type)).catch(() => 'text');
    if (name === 'file') await field.setInputFiles(given);
    else if (kind === 'select') await field.selectOption(given);
    else if (kind === 'checkbox') await field.check();
    else await field.fill(given);
  }
  await Promise.all([page.waitForURL((url) => url.href.includes(said)), form.locator('button').last().click()]);
  expect(`${selector} is taken`, !page.url().includes('stale'), page.url());
}

async function go(part) {
  await page.goto(`${base}/cases/1${part}`);
}

async function move(state, reason) {
  await go('');
  await send(`form:has(input[value="${state}"])`, { reason }, 'said=moved');
}

/** Looks at every page of the case as it stands. */
async function look(stage, cookies) {
  const loose = await window({ bypassCSP: true }, cookies);
  const narrow = await window({ viewport: { width: 390, height: 844 } }, cookies);
  for (const part of ['', '/facts', '/evidence', '/recovery', '/documents', '/entries', '/bundles']) {
    const address = `${base}/cases/1${part}?lang=ja`;
    const what = `${stage} ${part || '/'}`;
    const answer = await loose.goto(address);
    expect(`${what} answers`, answer.status() === 200, String(answer.status()));
    const words = await loose.innerText('body');
    expect(`${what} has all its words`, !/\[[a-z]+-[a-z-]+\]/.test(words), /\[[a-z]+-[a-z-]+\]/.exec(words)?.[0]);
    await loose.evaluate(axeSource);
    const found = await loose.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
    expect(`${what} passes axe`, found.violations.length === 0, found.violations
      .map((v) => `${v.id} x${v.nodes.length} at ${v.nodes[0].target.join(' ')}`).join('; '));
    if (shots) await loose.screenshot({ path: `${shots}/${stage}${part.replace('/', '-')}.png`, fullPage: true });
    await narrow.goto(address);
    const over = await narrow.evaluate(() => document.documentElement.scrollWidth - globalThis.innerWidth);
    expect(`${what} fits a narrow screen`, over <= 0, `${over} px too wide`);
  }
  await loose.context().close();
  await narrow.context().close();
}

async function begin() {
  await page.goto(`${base}/setup?lang=ja`);
  for (const [name, given] of [['code', code], ['login', 'kanri'], ['name', '関'], ['password', PASSWORD]]) {
    await page.fill(`#${name}`, given);
  }
  await Promise.all([page.waitForURL(`${base}/`), page.click('main button')]);
  for (let tries = 0; tries < 100; tries += 1) {
    await page.goto(`${base}/cases`);
    if (await page.locator('main a[href="/cases/1"]').count() > 0) break;
    await new Promise((resolve) => { setTimeout(resolve, 200); });
  }
  await go('');
  await send('form[action$="/acknowledge"]', {}, 'said=acknowledged');
}

async function preserve() {
  await move('preserving', '担当を決めた');
  await go('');
  expect('the next stage waits', await page.locator('a[href$="/evidence#gates"]').count() > 0);
  await go('/evidence');
  const upload = 'form[enctype="multipart/form-data"]';
  const image = join(folder, '<img src=x onerror=alert(1)>.img');
  await writeFile(image, 'disk');
  await send(upload, { class: 'image', host: 'web01', from: 'web01', file: image }, 'said=evidence-added');
  const memory = join(folder, 'memory.lime');
  await writeFile(memory, 'memory');
  await send(upload, { class: 'volatile', host: 'web01', from: 'web01', file: memory }, 'said=evidence-added');
  expect('the name of a file is text', (await page.innerText('main')).includes('<img src=x onerror=alert(1)>'));
  await send('form:has(input[name="gate"][value="PG-2"])', { answer: 'kept_elsewhere', reason: 'バックアップ機' });
  await send('form:has(input[name="gate"][value="PG-6"])', { answer: 'before_recovery', reason: '明日署へ行く' });
}

async function judge() {
  await move('assessing', '保全した');
  await go('/facts');
  for (const [fact, given] of [['F5', 'code_of_other'], ['F7', 'refuted'], ['F8', 'refuted'], ['F9', 'refuted']]) {
    await send(`form:has(input[name="fact"][value="${fact}"])`, { value: given, reason: '本人に聞いた' });
  }
  await send('form[action$="/verdict"]', { do: 'confirm', class: 'UA1', reason: '記録と聴取' });
}

async function recover() {
  await move('responding', '判定した');
  for (const action of ['cause_found', 'rebuilt', 'codes_changed', 'checked']) {
    await go('/recovery');
    await send('form[action$="/recovery"]', { action, host: 'web01', done: '佐藤', reason: '弱いパスワード' });
  }
  await move('preventing', '復旧した');
  await go('/recovery');
  for (let at = 0; at < await page.locator('form[action$="/measure"]').count(); at += 1) {
    await send(`article:nth-of-type(${at + 1}) form[action$="/measure"]`, { answer: 'done', reason: '佐藤が実施' });
  }
}

async function report() {
  await go('/documents');
  await send('form[action$="/release"]:has(input[value="ipa.access"])', { consent: '本人の同意', incomplete: '1' });
  await send('form[action$="/receipt"]:has(input[value="ipa.access"])', { number: 'No. 77' });
  await go('');
  for (let tries = 0; tries < 20 && await page.locator('form[action$="/clock"]').count() > 0; tries += 1) {
    await send('form[action$="/clock"]', { do: 'not_applicable', reason: '個人データなし' });
  }
  for (let tries = 0; tries < 2; tries += 1) {
    await go('/evidence');
    await send(`article:has(dt) >> nth=${tries} >> form[action$="/settle"]`, { fate: 'kept', reason: '金庫2、7年' });
  }
}

try {
  await begin();
  const cookies = await page.context().cookies();
  await look('initial', cookies);
  await preserve();
  await look('preserving', cookies);
  await judge();
  await recover();
  await look('preventing', cookies);
  await report();
  await move('closed', '済み');
  expect('the case is closed', (await page.locator('.steps li[aria-current]').innerText()) === '終結');
  await look('closed', cookies);
  expect('no page complains', complaints.length === 0, complaints.join('; '));
} catch (error) {
  faults.push(`the journey ended at ${page.url()}: ${error.message}`);
} finally {
  await browser.close();
  service.kill('SIGTERM');
  await new Promise((resolve) => { service.exitCode === null ? service.on('exit', resolve) : resolve(); });
  await rm(folder, { recursive: true, force: true });
}
for (const fault of faults) console.error(`FAIL ${fault}`);
console.log(`case e2e: ${counted.passed} passed, ${faults.length} failed`);
process.exit(faults.length === 0 ? 0 : 1);
