import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Logger } from 'pino';
import type { IfaceConfig, SettledConfig } from '../../src/config/config.js';
import { MirroredMap } from '../../src/control/steering/mirroredMap.js';
import { Steering } from '../../src/control/steering/steering.js';
import { steeringTargets } from '../../src/control/steering/targets.js';
import type { Addon, OpenedIface } from '../../src/io/addon.js';
import { makeGateway } from './made.js';

const KEY = { k0: 1, k1: 2 };
const tap = { kind: 'tap', name: 'lan', device: 't0' } as IfaceConfig;
const opened = { fds: [11, 12] } as OpenedIface;

/** What the addon does when the system forbids `forbidden`, and what was done. */
function made(forbidden: '' | 'bpfMapCreate' | 'bpfProgramLoad') {
  const closed: number[] = [];
  const said: { reason: string; remedy: string }[] = [];
  let next = 100;
  const open = (call: string) => (): number => {
    if (call === forbidden) throw Object.assign(new Error(`${call}: the process lacks CAP_BPF`), { code: 'EPERM' });
    return next++;
  };
  const addon = {
    bpfMapCreate: open('bpfMapCreate'),
    bpfProgramLoad: open('bpfProgramLoad'),
    bpfMapMemory: (_: number, octets: number) => new ArrayBuffer(octets),
    closeFd: (fd: number) => void closed.push(fd),
    unsteer: () => {},
  } as unknown as Addon;
  const log = { warn: (fields: { reason: string; remedy: string }) => void said.push(fields) } as unknown as Logger;
  const start = (changes: object = {}): Steering | undefined => {
    const config = { workers: 2, steering: 'auto', limits: { localAddresses: 4 }, ...changes } as SettledConfig;
    return Steering.start(addon, config, KEY, log);
  };
  return { start, closed, said };
}

describe('where the kernel does not steer', () => {
  test('no tables: said once, with the reason and what to do', () => {
    const { start, said } = made('bpfMapCreate');
    assert.equal(start(), undefined);
    assert.equal(said.length, 1);
    assert.match(said[0]!.reason, /lacks CAP_BPF/);
    assert.match(said[0]!.remedy, /CAP_BPF.*steering: off/);
  });

  test('one worker, or off: nothing is tried and nothing said', () => {
    const { start, said } = made('bpfMapCreate');
    assert.equal(start({ workers: 1 }), undefined);
    assert.equal(start({ steering: 'off' }), undefined);
    assert.deepEqual(said, []);
  });

  test('no program for a device: it is opened without, and said', () => {
    const { start, said } = made('bpfProgramLoad');
    const asked: (number | undefined)[] = [];
    const result = start()!.open(tap, (program) => {
      asked.push(program);
      return opened;
    });
    assert.deepEqual([result.steeredBy, asked], ['software', [undefined]]);
    assert.equal(said.length, 1);
  });

  test('a device that takes no program is opened without; one that cannot be opened at all is an error', () => {
    const { start, said, closed } = made('');
    const steering = start()!;
    const refuses = (program: number | undefined): OpenedIface => {
      if (program !== undefined) throw new Error('no such ioctl');
      return opened;
    };
    assert.equal(steering.open(tap, refuses).steeredBy, 'software');
    assert.equal(said.length, 1);
    assert.equal(closed.length, 1, 'the program is let go');
    const never = (): OpenedIface => {
      throw new Error('no such device');
    };
    assert.throws(() => steering.open(tap, never), /no such device/);
  });

  test('a program is closed as soon as its device has it', () => {
    const { start, closed } = made('');
    const result = start()!.open(tap, () => opened);
    assert.equal(result.steeredBy, 'kernel');
    assert.equal(closed.length, 1);
  });
});

test('interfaces of distributed routers are on no device: nothing is steered by them', () => {
  const { built, index } = makeGateway({ workers: 2 });
  const { roles } = steeringTargets(built, index.addresses(), 2);
  const ofRouter = { ...built.rifs[0]!, config: { ...built.rifs[0]!.config, name: 'qr-blue' }, router: 1, network: 0 };
  const withRouter = steeringTargets({ ...built, rifs: [...built.rifs, ofRouter] }, index.addresses(), 2);
  assert.deepEqual(withRouter.roles, roles);
});

test('a table of the kernel gets differences only; rows without room are counted', () => {
  const done: string[] = [];
  let room = 2;
  const words = (octets: Uint8Array): string => new Uint32Array(octets.buffer).join();
  const addon = {
    bpfMapUpdate: (_: number, key: Uint8Array, value: Uint8Array) => {
      if (room === 0) throw Object.assign(new Error('full'), { code: 'E2BIG' });
      room--;
      done.push(`${words(key)} = ${words(value)}`);
    },
    bpfMapDelete: (_: number, key: Uint8Array) => void done.push(`- ${words(key)}`),
  } as unknown as Addon;
  const map = new MirroredMap(addon, 7);
  const rows = [
    { key: [1], value: [10] },
    { key: [0xffff_fff0, 3], value: [20] },
  ];
  assert.equal(map.add(rows), 0);
  assert.equal(map.add(rows), 0);
  assert.deepEqual(done.splice(0), ['1 = 10', '4294967280,3 = 20']);
  assert.equal(map.add([...rows, { key: [5], value: [1] }]), 1);
  map.keep([rows[0]!]);
  assert.deepEqual(done, ['- 4294967280,3']);
});
