import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { pino } from 'pino';
import type { IfaceConfig } from '../../src/config/config.js';
import { type HeldDevice, openOne } from '../../src/control/openIfaces.js';
import { RingWatch } from '../../src/control/ringWatch.js';
import { type Addon, IfaceKind, type OpenedIface, type OpenPacketOptions } from '../../src/io/addon.js';

interface Line {
  readonly level: number;
  readonly msg: string;
  readonly device: string;
  readonly netns?: string;
  readonly queue: number;
  readonly failure?: string;
}

function device(name: string, kind: IfaceKind, fds: number[], netns?: string, of: HeldDevice['of'] = 'iface') {
  const opened = { kind, fds, ringSlots: 4096, ringRefused: '' } as unknown as OpenedIface;
  return { of, config: { name, device: name, netns } as IfaceConfig, opened };
}

describe('watch over rings', () => {
  const lan = device('lan', IfaceKind.Packet, [3, 4, 5], 'far');
  const wan = device('wan', IfaceKind.Packet, [6]);
  const tap = device('tap', IfaceKind.Tap, [7]);
  const lines: Line[] = [];
  const log = pino({ level: 'debug' }, { write: (text: string) => lines.push(JSON.parse(text) as Line) });
  const stalled = new Set<number>();
  const asked: number[] = [];
  const givenUp: number[][] = [];
  let refuses = false;
  const addon = {
    ringStalled: (fd: number) => {
      asked.push(fd);
      return stalled.has(fd);
    },
    giveUpRing: (fd: number, last: number) => {
      if (refuses) throw new Error('busy');
      stalled.delete(fd);
      givenUp.push([fd, last]);
    },
  };
  const watch = new RingWatch(addon, () => [lan, tap, wan], log);
  const taken = () => lines.splice(0).map(({ level, msg, device: of, netns, queue }) => [level, msg, of, netns, queue]);

  test('every packet socket is asked at each look, and those that work are left alone', () => {
    watch.look();
    assert.deepEqual(asked, [3, 4, 5, 6]);
    assert.deepEqual(givenUp, []);
    assert.deepEqual(taken(), []);
  });

  test('a stalled ring is given up with its device in order, shown as none and told once', () => {
    stalled.add(4).add(6);
    watch.look();
    watch.look();
    assert.deepEqual(givenUp.splice(0), [
      [4, 5],
      [6, 6],
    ]);
    assert.deepEqual([lan.opened.ringSlots, wan.opened.ringSlots, tap.opened.ringSlots], [0, 0, 4096]);
    assert.deepEqual(taken(), [
      [40, 'packet ring given up', 'lan', 'far', 1],
      [40, 'packet ring given up', 'wan', undefined, 0],
    ]);
  });

  test('rings of lports and physical networks are given up like those of interfaces, and told under their names', () => {
    const told: Record<string, unknown>[] = [];
    const said = pino({ level: 'debug' }, { write: (text: string) => told.push(JSON.parse(text) as Record<string, unknown>) });
    const list = [device('a1', IfaceKind.Packet, [8], 'vm', 'lport'), device('p1', IfaceKind.Packet, [9], undefined, 'physnet')];
    stalled.add(8).add(9);
    new RingWatch(addon, () => list, said).look();
    assert.deepEqual(
      told.map(({ msg, lport, physnet, iface }) => [msg, lport ?? physnet, iface]),
      [
        ['packet ring given up', 'a1', undefined],
        ['packet ring given up', 'p1', undefined],
      ],
    );
    givenUp.length = 0;
  });

  test('what cannot be given up is told once, and tried again', () => {
    refuses = true;
    stalled.add(3);
    watch.look();
    watch.look();
    assert.deepEqual(taken(), [[50, 'packet ring cannot be given up yet', 'lan', 'far', 0]]);
    refuses = false;
    watch.look();
    assert.deepEqual(givenUp, [[3, 5]]);
    assert.deepEqual(taken(), [[40, 'packet ring given up', 'lan', 'far', 0]]);
  });

  test('there is none before Linux 6.2, and why', () => {
    const packet = {
      kind: 'packet',
      device: 'eth0',
      promiscuous: true,
      mac: new Uint8Array(6),
      vlans: [],
    } as unknown as IfaceConfig;
    const wanted: (number | undefined)[] = [];
    const opener = {
      openPacket: ({ ringSlots }: OpenPacketOptions) => {
        wanted.push(ringSlots);
        return { ...wan.opened, ringSlots: ringSlots ?? 8192 };
      },
      packetAccept: () => {},
    } as unknown as Addon;
    const open = (kernel: string) => {
      const { ringSlots, ringRefused } = openOne(opener, packet, 1, undefined, kernel).opened;
      return [ringSlots, /older than Linux 6\.2/.test(ringRefused)];
    };
    for (const old of ['6.1.0-18-amd64', '5.15.0', '4.19.1']) assert.deepEqual(open(old), [0, true], old);
    for (const fresh of ['6.2.0', '6.18.44', '7.0.0-rc1']) assert.deepEqual(open(fresh), [8192, false], fresh);
    assert.deepEqual(wanted, [0, 0, 0, undefined, undefined, undefined]);
  });
});
