import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { blocks, checkout, page } from '../../guard/markdown.js';
import { netnsSkipReason } from '../../support/netns.js';

/**
 * Types what README.md tells a stranger to type by hand, word for word. All of it runs in namespaces of its own (network, and
 * mounts with an empty /run), so that the names "client" and "server" and the control socket meet nobody else's.
 */
describe('README, by hand between two namespaces', { skip: netnsSkipReason() }, () => {
  const [setUp, use] = blocks(page('README.md'), 'sh').filter(
    (block) => block.includes('ip netns add client') || block.includes('ip -n client'),
  );
  let terminal: ChildProcess | undefined;

  after(() => {
    if (terminal?.exitCode === null) terminal.kill('SIGKILL');
  });

  it('shows a translated ping', async () => {
    assert.ok(setUp !== undefined && use !== undefined, 'README.md has no such blocks any more');
    const env = { ...process.env, npm_config_update_notifier: 'false' };
    // The last line of the first block is the gateway: it keeps the terminal. `exec` makes its process id the shell's.
    const first = `mount -t tmpfs none /run && ip link set lo up\n${setUp.replace(/^npm start/m, 'exec npm start')}`;
    terminal = spawn('unshare', ['--net', '--mount', 'sh', '-ec', first], {
      cwd: checkout,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [terminal.stdout!, terminal.stderr!]) {
      stream.setEncoding('utf8');
      stream.on('data', (text: string) => {
        said += text;
      });
    }
    for (const end = Date.now() + 60_000; !said.includes('"msg":"ready"'); ) {
      assert.ok(Date.now() < end && terminal.exitCode === null, `the gateway is not ready:\n${said}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const inside = ['--target', String(terminal.pid), '--net', '--mount', '--wd=.'];
    const shown = execFileSync('nsenter', [...inside, 'sh', '-ec', use], {
      cwd: checkout,
      env,
      encoding: 'utf8',
      timeout: 120_000,
    });
    assert.match(shown, /3 packets transmitted, 3 received/);
    assert.match(shown, /^icmp .* 1\.1\.1\.1:\d+ +1\.2\.100\.[12]:\d+ +1\.2\.1\.4/m);
    assert.match(shown, /^1\.2\.1\.4 +wan +.* REACHABLE/m);
  });

  it('SIGTERM to npm ends the gateway', async () => {
    const namespace = `/proc/${terminal!.pid}/ns/net`;
    assert.ok(existsSync(namespace));
    // "close" comes when nobody holds the pipes any more: the gateway itself has ended, not only npm.
    const closed = once(terminal!, 'close', { signal: AbortSignal.timeout(30_000) });
    terminal!.kill('SIGTERM');
    await closed;
  });
});
