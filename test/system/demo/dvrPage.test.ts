import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, describe, it } from 'node:test';
import { parse } from 'yaml';
import { blocks, checkout, page } from '../../guard/markdown.js';
import { etcdSkipReason } from '../../store/etcdProcess.js';
import { netnsSkipReason } from '../../support/netns.js';

const env = { ...process.env, npm_config_update_notifier: 'false' };

/**
 * Types what docs/dvr.md tells an operator to type, word for word, in a network namespace and mounts of its own: /run and /var/lib, where
 * the stores are, are empty there, so that no name meets anybody else's and nothing stays.
 */
describe('docs/dvr.md, by hand on one machine', { skip: netnsSkipReason() }, () => {
  const text = page('docs/dvr.md');
  const shell = blocks(text, 'sh');
  const [fabric, first, second, operator, etcd, firstShared, secondShared, shared, tools, migrating, moved] = shell;
  const gateways: ChildProcess[] = [];
  let lab: ChildProcess | undefined;

  const stop = (): void => {
    for (const child of [...gateways, lab]) if (child?.exitCode === null) child.kill('SIGTERM');
  };
  process.once('exit', stop);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(143));

  after(async () => {
    stop();
    for (const child of gateways) if (child.exitCode === null) await once(child, 'close');
  });

  const inside = (script: string): [string, string[]] => {
    const place = ['--target', String(lab!.pid), '--net', '--mount', '--wd=.'];
    return ['nsenter', [...place, 'sh', '-ec', script]];
  };

  /** In the background; resolves when both forward. */
  const start = async (...lines: readonly string[]): Promise<void> => {
    const fresh = lines.map((line) => background(line.replace(/^npm start/, 'exec npm start')));
    gateways.push(...fresh);
    await Promise.all(fresh.map((gateway) => said(gateway, '"msg":"ready"')));
  };

  const background = (line: string): ChildProcess => {
    const [file, args] = inside(line);
    return spawn(file, args, { cwd: checkout, env, stdio: ['ignore', 'pipe', 'pipe'] });
  };

  it('shows files that are those of docs/examples', () => {
    // Each file is named right before its block.
    const shown = [...text.matchAll(/\[examples\/(\S+)\.yaml\]\([^`]*\n```yaml\n([\s\S]*?)^```$/gm)];
    assert.deepEqual(
      shown.map(([, file]) => file),
      ['dvr-h1', 'dvr-objects', 'dvr-etcd-h1'],
    );
    for (const [, file, block] of shown) assert.deepEqual(parse(block!), parse(page(`docs/examples/${file}.yaml`)), file);
  });

  it('brings a ping across, and says what the hosts list', { timeout: 240_000 }, async () => {
    const mounts = 'mount -t tmpfs none /run; mount -t tmpfs none /var/lib; ip link set lo up';
    lab = spawn('unshare', ['--net', '--mount', 'sh', '-ec', `${mounts}\n${fabric}\necho there; exec sleep 600`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await said(lab, 'there');
    await start(first!, second!);
    const shown = execFileSync(...inside(operator!), { cwd: checkout, env, encoding: 'utf8', timeout: 110_000 });
    assert.match(shown, /3 packets transmitted, 3 received/);
    assert.match(shown, /icmp_seq=1 ttl=63/);
    const listing = blocks(text, '').find((block) => block.startsWith('NAME '));
    assert.ok(listing !== undefined, 'docs/dvr.md has no such listing any more');
    for (const line of listing.split('\n').filter((one) => one !== '')) {
      const wanted = withoutAge(line);
      const times = shown.split('\n').filter((one) => withoutAge(one) === wanted).length;
      assert.equal(times, /qr-|^NAME/.test(line) && !/PERMANENT/.test(line) ? 2 : 1, `${line} in:\n${shown}`);
    }
  });

  it('with one etcd, what is applied at a host is on the other', { timeout: 240_000, skip: etcdSkipReason() }, async () => {
    for (const gateway of gateways) {
      gateway.kill('SIGTERM');
      if (gateway.exitCode === null && gateway.signalCode === null) await once(gateway, 'close');
    }
    const store = background(`exec ${etcd!}`);
    gateways.push(store);
    await said(store, 'ready to serve client requests');
    await start(firstShared!, secondShared!);
    const shown = execFileSync(...inside(shared!), { cwd: checkout, env, encoding: 'utf8', timeout: 110_000 });
    assert.match(shown, /^a1 +blue +fa:16:3e:19:63:25 +10\.0\.0\.11 +h1 +UP/m);
    assert.match(shown, /^b2 +orange +fa:16:3e:7d:49:80 +20\.0\.0\.22 +h2 +UP +UP/m);
    const changed = execFileSync(...inside(tools!), { cwd: checkout, env, encoding: 'utf8', timeout: 110_000 });
    assert.match(changed, /^h2 +192\.0\.2\.2 +dvr +fa:16:3f:4e:4f:98 +1 +0 +no +ALIVE /m);
    assert.match(changed, /^- lport b2\nrevision \d+$/m);
    assert.match(changed, /^lports:\n {2}- \{ name: a1, .*\}$/m);
    assert.match(changed, /^\+ lport b2 /m);
    assert.equal(changed.split('\n').filter((line) => line.startsWith('+ ')).length, 1, changed);
  });

  it('a guest moves while it runs', { timeout: 120_000, skip: etcdSkipReason() }, () => {
    const type = (block: string): string =>
      execFileSync(...inside(block), { cwd: checkout, env, encoding: 'utf8', timeout: 100_000 });
    assert.match(type(migrating!), /^a1 +blue +fa:16:3e:19:63:25 +10\.0\.0\.11 +h1 -> h2 +UP +UP/m);
    const shown = type(moved!);
    assert.match(shown, /3 packets transmitted, [23] received/);
    assert.match(shown, /^a1 +blue +fa:16:3e:19:63:25 +10\.0\.0\.11 +h2 +UP/m);
    assert.match(shown, /^blue +fa:16:3e:19:63:25 +remote +h2 +192\.0\.2\.2$/m);
    assert.match(shown, /^a1 is bound to h2, and is not migrating$/m);
  });
});

function withoutAge(line: string): string {
  return line.replace(/ +(\d+s|AGE)$/, '');
}

/** Waits until a process has printed `sign`. */
async function said(child: ChildProcess, sign: string): Promise<void> {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
  }
  for (const end = Date.now() + 60_000; !text.includes(sign); ) {
    assert.ok(Date.now() < end && child.exitCode === null, `no ${sign} in:\n${text}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
