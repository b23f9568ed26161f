import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type Bed, SERVER } from '../support/bed.js';
import { eventually, pause, scenario } from '../support/scenario.js';
import { changed, reloaded } from './steps.js';

/** Namespace of the packet devices. */
function middle(bed: Bed): string {
  return /packet: lan, netns: ([\w-]+)/.exec(readFileSync(bed.writeConfig(changed()), 'utf8'))![1]!;
}

/** Warnings in the log about the kernel side of devices. */
function warned(log: string): string[] {
  return log
    .split('\n')
    .filter((line) => line.includes('"the kernel acts on devices of packet interfaces"') && line.endsWith('}'))
    .flatMap((line) => (JSON.parse(line) as { warnings: string[] }).warnings);
}

scenario(
  'a packet device on which the kernel has an address or forwards is warned about, at the start and at a reload, once',
  {
    folder: 'reload',
    on: ['packet'],
    before: (bed) => {
      bed.sandbox.run(middle(bed), 'ip addr add 192.0.2.7/24 dev wan');
      bed.sandbox.run(middle(bed), 'sysctl -qw net.ipv4.conf.lan.forwarding=1');
    },
  },
  async (bed) => {
    await eventually(
      () => warned(bed.process.stdout),
      (found) => found.length === 2,
    );
    const [lan, wan] = warned(bed.process.stdout);
    assert.match(
      lan!,
      /^device "lan" in namespace .* of interface lan: the kernel forwards IPv4 .*"sysctl -w net\/ipv4\/conf\/lan\/forwarding=0"/,
    );
    assert.match(wan!, /^device "wan" .*: the kernel has addresses on it \(192\.0\.2\.7\/24\).*"ip -4 addr flush dev wan"/);
    const netns = middle(bed);
    bed.sandbox.run(netns, 'sysctl -qw net.ipv6.conf.lan.disable_ipv6=0');
    await eventually(
      () => bed.sandbox.run(netns, 'ip -6 addr show dev lan'),
      (text) => text.includes('inet6 fe80'),
    );
    await reloaded(bed, changed(['tcpClosing: 1s', 'tcpClosing: 2s']));
    await pause(1500);
    assert.equal(warned(bed.process.stdout).length, 2, 'a link-local address is harmless');
    bed.sandbox.run(netns, 'ip addr add 2001:db8::7/64 dev lan nodad');
    await eventually(
      () => warned(bed.process.stdout),
      (found) => found.length === 3,
    );
    assert.match(
      warned(bed.process.stdout)[2]!,
      /interface lan: the kernel has addresses on it \(2001:db8::7\/64\).*disable_ipv6=1/,
    );
    await reloaded(bed, changed());
    await pause(300);
    assert.equal(warned(bed.process.stdout).length, 3, 'what was told is not told again');
    assert.match(bed.on('client', `ping -c 1 -W 2 ${SERVER}`), / 0% packet loss/);
  },
);
