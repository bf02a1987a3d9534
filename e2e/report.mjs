// Looks at reports in a real browser: node report.mjs [--shots DIR] REPORT.html...
// Each report must pass axe, ask for nothing over the network, run no script, work without JavaScript, fit a narrow
// screen and print on A4. Exit code 1 when one does not.
import { chromium } from 'playwright-core';
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const require = createRequire(import.meta.url);
const axeSource = await readFile(require.resolve('axe-core/axe.min.js'), 'utf8');

const args = process.argv.slice(2);
const shots = args[0] === '--shots' ? args.splice(0, 2)[1] : null;
if (args.length === 0) {
  console.error('usage: node report.mjs [--shots DIR] REPORT.html...');
  process.exit(2);
}
if (shots) await mkdir(shots, { recursive: true });

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync',
  ],
});
let passed = 0;
const faults = [];

async function open(file, options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const asked = [];
  page.on('request', (request) => asked.push(request.url()));
  page.on('dialog', (dialog) => { asked.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on('pageerror', (error) => asked.push(`script error: ${error.message}`));
  await page.goto(pathToFileURL(resolve(file)).href);
  return { context, page, asked };
}

function expect(file, what, good, detail = '') {
  if (good) { passed += 1; return; }
  faults.push(`${file}: ${what}${detail ? `: ${detail}` : ''}`);
}

async function look(file) {
  const name = `${basename(dirname(resolve(file)))}-${basename(file, '.html')}`;
  const { context, page, asked } = await open(file, { viewport: { width: 1280, height: 900 } });
  expect(file, 'asks for nothing but itself', asked.length === 1, asked.slice(1).join(', '));
  expect(file, 'has no script, frame, form or handler', await page.evaluate(() =>
    document.querySelectorAll('script, iframe, object, embed, form, link[href], img[src]').length === 0
    && ![...document.querySelectorAll('*')].some((node) => [...node.attributes].some((a) => /^on/i.test(a.name)
      || /^\s*javascript:/i.test(a.value)))));
  expect(file, 'states its language', await page.evaluate(() => ['ja', 'en'].includes(document.documentElement.lang)));
  expect(file, 'has one first heading', await page.locator('h1').count() === 1);
  for (const open of [false, true]) {
    if (open) await page.evaluate(() => document.querySelectorAll('details').forEach((d) => { d.open = true; }));
    await page.evaluate(axeSource);
    const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
    expect(file, `passes axe (${open ? 'opened' : 'as it opens'})`, found.violations.length === 0, found.violations
      .map((v) => `${v.id} x${v.nodes.length} at ${v.nodes[0].target.join(' ')}`).join('; '));
  }
  const links = await page.evaluate(() => [...document.querySelectorAll('a[href^="#"]')]
    .map((a) => a.getAttribute('href').slice(1)).filter((id) => !document.getElementById(id)));
  expect(file, 'has no dead link inside', links.length === 0, links.slice(0, 5).join(', '));
  const pages = await page.pdf({ format: 'A4', printBackground: true });
  expect(file, 'prints', pages.length > 10_000);
  if (shots) await page.screenshot({ path: `${shots}/${name}-wide.png`, fullPage: true });
  await context.close();

  const narrow = await open(file, { viewport: { width: 390, height: 844 }, javaScriptEnabled: false });
  expect(file, 'shows its answer without JavaScript', await narrow.page.locator('h1').isVisible());
  if (shots) await narrow.page.screenshot({ path: `${shots}/${name}-narrow.png`, fullPage: false });
  await narrow.context.close();

  const small = await open(file, { viewport: { width: 390, height: 844 } });
  const over = await small.page.evaluate(() => document.documentElement.scrollWidth - globalThis.innerWidth);
  expect(file, 'fits a narrow screen', over <= 0, `${over} px too wide`);
  await small.page.keyboard.press('Tab');
  expect(file, 'can be used from the keyboard', await small.page.evaluate(() => document.activeElement?.tagName === 'A'));
  await small.context.close();
}

for (const file of args) await look(file);
await browser.close();
for (const fault of faults) console.error(`FAIL ${fault}`);
console.log(`report e2e: ${passed} passed, ${faults.length} failed`);
process.exit(faults.length === 0 ? 0 : 1);
