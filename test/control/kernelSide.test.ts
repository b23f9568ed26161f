import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { IfaceConfig } from '../../src/config/config.js';
import { kernelWarnings } from '../../src/control/kernelSide.js';
import type { KernelSide } from '../../src/io/addon.js';

const packet = { name: 'wan', kind: 'packet', device: 'eth0', netns: 'other', exclusive: false } as IfaceConfig;

function warned(side: Partial<KernelSide>, iface: IfaceConfig = packet): string[] {
  const kernelSide = () => ({ addresses: [], forwardsIpv4: false, forwardsIpv6: false, ...side });
  return kernelWarnings({ kernelSide }, [iface]);
}

test('D30 a kernel with an address answers beside the gateway, and how to end that is told', () => {
  assert.deepEqual(warned({}), []);
  const [said, ...more] = warned({ addresses: ['192.0.2.1/24', '2001:db8::1/64', 'fe80::1/64'] });
  assert.deepEqual(more, []);
  assert.match(said!, /^device "eth0" in namespace other of interface wan: .*\(192\.0\.2\.1\/24, 2001:db8::1\/64\)/);
  assert.match(said!, /"ip -4 addr flush dev eth0" and "sysctl -w net\/ipv6\/conf\/eth0\/disable_ipv6=1".*exclusive: true/);
});

test('D30 a link-local address alone is harmless, unless the kernel forwards IPv6', () => {
  assert.deepEqual(warned({ addresses: ['fe80::1/64', 'feb0::1/64'] }), []);
  assert.match(warned({ addresses: ['fe80::1/64'], forwardsIpv6: true }).join(), /^[^(]*forwards IPv6 [^(]*forwarding=0/);
  assert.match(warned({ addresses: ['fec0::1/64'] }).join(), /fec0::1/);
});

test('D30 what the kernel forwards is told by protocol; exclusive devices and TAPs have no kernel beside them', () => {
  assert.match(warned({ forwardsIpv4: true, forwardsIpv6: true }).join(), /forwards IPv4 and IPv6/);
  const acts = { addresses: ['192.0.2.1/24'], forwardsIpv4: true };
  assert.deepEqual(warned(acts, { ...packet, exclusive: true } as IfaceConfig), []);
  assert.deepEqual(warned(acts, { ...packet, kind: 'tap' } as IfaceConfig), []);
  const gone = () => {
    throw new Error('ENOENT');
  };
  assert.deepEqual(kernelWarnings({ kernelSide: gone }, [packet]), []);
});
