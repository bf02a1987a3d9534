// What the journeys through the console share: a service of their own, a browser, a tally of what held.
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

export const PASSWORD = 'correct-horse-battery';

/** The folder of pictures and the program, of `[--shots DIR] SEKISHO`. */
export function given(name) {
  const args = process.argv.slice(2);
  const shots = args[0] === '--shots' ? args.splice(0, 2)[1] : null;
  if (!args[0]) {
    console.error(`usage: node ${name} [--shots DIR] SEKISHO`);
    process.exit(2);
  }
  return { shots, sekisho: args[0] };
}

/** Counts what held, and keeps what did not. */
export function tally() {
  const counted = { passed: 0, faults: [] };
  counted.expect = (what, good, detail = '') => {
    if (good) { counted.passed += 1; return; }
    counted.faults.push(`${what}${detail ? `: ${detail}` : ''}`);
  };
  return counted;
}

export function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** A line of sshd, of a moment ago: the incident is of today. */
export function sshd(number, source, what, user) {
  const at = new Date(Date.now() + 9 * 3_600_000);
  const month = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'][at.getUTCMonth()];
  const day = String(at.getUTCDate()).padStart(2);
  return `${month} ${day} ${at.toISOString().slice(11, 19)} web01 sshd[${700 + number}]: ${what} password for ${user} from `
    + `${source} port ${40_000 + number} ssh2\n`;
}

/** Starts the service over one log; gives it with the one-time code that it shows. */
export async function serve(sekisho, folder, log, port) {
  await writeFile(join(folder, 'sekisho.toml'), `data = ${JSON.stringify(join(folder, 'data'))}\ntimezone = "Asia/Tokyo"\n`
    + `files = [${JSON.stringify(log)}]\n[console]\nlisten = "127.0.0.1:${port}"\n`);
  const service = spawn(sekisho, ['serve', '--config', join(folder, 'sekisho.toml'), '--lang', 'ja'],
    { stdio: ['ignore', 'pipe', 'pipe'] });
  const code = await new Promise((resolve, reject) => {
    let said = '';
    createInterface({ input: service.stderr }).on('line', (one) => {
      said += `${one}\n`;
      const found = /one-time code: (\S+)/.exec(one);
      if (found) resolve(found[1]);
    });
    service.on('exit', () => reject(new Error(`the service ended:\n${said}`)));
  });
  return { service, code };
}

export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync'],
  });
}
