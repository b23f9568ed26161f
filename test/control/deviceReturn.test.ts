import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import type { Gateway } from '../../src/control/gateway.js';
import { DeviceReturn } from '../../src/control/reload/deviceReturn.js';
import { deviceConfig, heldAs } from './heldDevices.js';

test('of many devices that are not there each is looked for, again and again', async () => {
  const count = 400;
  const tries = new Map<string, number>();
  const addon = {
    linkInfo: (device: string): never => {
      tries.set(device, (tries.get(device) ?? 0) + 1);
      throw Object.assign(new Error('no device'), { code: 'ENODEV', syscall: 'ioctl(SIOCGIFINDEX)', iface: device });
    },
    kernelDrops: () => 0,
    attached: () => true,
  };
  const devices = Array.from({ length: count }, (_, i) => ({
    ...heldAs(deviceConfig('packet', `p${i}`, `veth${i}`), 'lport', { fds: [] }),
    why: new Error('absent'),
  }));
  const links = { of: () => ({ failure: 'ENODEV' }), ask: () => ({ failure: 'ENODEV' }), renew: () => {} };
  const gateway = { addon, devices, links, states: [], held: [], host: undefined, log: pino({ level: 'silent' }) };
  let nowMs = 0;
  const built = { snapshot: { generation: 1 } };
  const looks = new DeviceReturn({ ...gateway, built } as unknown as Gateway, 'x.yaml', () => nowMs);
  for (let look = 0; look < 5 * 60; look++, nowMs += 200) await looks.look();
  const counts = devices.map(({ config }) => tries.get(config.device) ?? 0);
  assert.ok(Math.min(...counts) >= 30, `${Math.min(...counts)} times in a minute`);
  assert.ok(Math.max(...counts) - Math.min(...counts) <= 2, 'nobody more often than others');
});
