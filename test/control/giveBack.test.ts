import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildSnapshot } from '../../src/control/buildSnapshot.js';
import { SlotReturn } from '../../src/control/reload/giveBack.js';
import { ifaceTotal, zoneTotal } from '../../src/control/show/totals.js';
import { metricsRegistry } from '../../src/metrics/registry.js';
import { ControlWord } from '../../src/shared/control.js';
import { CounterRoom, IfaceCounter, ZoneCounter } from '../../src/shared/counters.js';
import { Adjacency, NeighborState } from '../../src/tables/neighbors.js';
import { FIRST_LPORT } from '../../src/tables/rifs.js';
import { deviceConfig, heldAs } from './heldDevices.js';
import { addNeighbor, ip, makeGateway } from './made.js';

/** A gateway without threads; `now` moves by hand. */
function world() {
  const made = makeGateway({ workers: 2 });
  const slots = new SlotReturn();
  let now = 0;
  const look = (milliseconds: number): void => {
    slots.look(made, now);
    now += milliseconds;
    slots.look(made, now);
  };
  return { made, look };
}

test('names that are gone leave their slots to others: thousands of devices, router interfaces, zones and addresses', () => {
  const { made, look } = world();
  for (let round = 0; round < 3000; round++) {
    made.index.iface(`tap x${round}`);
    made.index.rif(`rif ${round}`);
    made.index.zone(`zone ${round}`);
    made.index.address(round + 1, 1024, 65535);
    if (round % 4 === 3) look(5000);
  }
  look(5000);
  assert.deepEqual([made.index.devices().size, made.index.rifNames().size, made.index.zoneNames().size], [3, 3, 3]);
  assert.equal(made.index.addresses().size, 3);
  assert.equal(made.index.iface('tap t0 '), 0, 'the devices of the configuration keep theirs');
});

test('not before it has rested, and not while a worker is late', () => {
  const { made, look } = world();
  made.index.zone('gone');
  look(4999);
  assert.ok(made.index.zoneNames().has('gone'));
  made.states[1]!.control[ControlWord.Acknowledged] = 0;
  look(60_000);
  assert.ok(made.index.zoneNames().has('gone'));
  made.states[1]!.control[ControlWord.Acknowledged] = 1;
  look(1);
  assert.ok(!made.index.zoneNames().has('gone'));
});

test('a name that comes back keeps its slot and its counters', () => {
  const { made, look } = world();
  const slot = made.index.zone('back');
  made.states[0]!.counters.zones[slot * ZoneCounter.Count + ZoneCounter.Refused] = 9;
  look(3000);
  made.built = buildSnapshot(
    { ...made.built.config, zones: [...made.built.config.zones, { ...made.built.config.zones[1]!, name: 'back' }] },
    [1500, 1500, 9000],
    made.index,
    1,
    1,
  );
  look(60_000);
  assert.equal(made.index.zone('back'), slot);
  assert.equal(zoneTotal(made.states, slot, ZoneCounter.Refused), 9);
});

test('a zone stays while it has sessions or draining addresses, a router interface while it has neighbours, an address while it has ports', () => {
  const { made, look } = world();
  const zone = made.index.zone('gone');
  const rif = made.index.rif('gone');
  const { zones } = made.states[1]!.counters;
  zones[zone * ZoneCounter.Count + ZoneCounter.Created] = 2;
  zones[zone * ZoneCounter.Count + ZoneCounter.Ended] = 1;
  addNeighbor(made, 'wan', '100.10.3.3', NeighborState.Stale, 0, 1);
  const { rows } = made.states[1]!.neighbors;
  rows[Adjacency.Rif] = rif;
  look(60_000);
  assert.equal(made.index.zoneNames().get('gone'), zone);
  assert.equal(made.index.rifNames().get('gone'), rif);
  zones[zone * ZoneCounter.Count + ZoneCounter.Ended] = 2;
  rows[Adjacency.State] = NeighborState.Free;
  made.built = { ...made.built, draining: [{ address: ip('100.10.2.9'), zone: 'gone', state: 'draining', sinceMs: 0 }] };
  made.index.address(ip('100.10.2.9'), 1024, 65535);
  look(60_000);
  assert.ok(!made.index.rifNames().has('gone'));
  assert.equal(made.index.zoneNames().get('gone'), zone);
  made.built = { ...made.built, draining: [] };
  look(60_000);
  assert.ok(!made.index.zoneNames().has('gone'));
  assert.ok(!made.index.addresses().has(ip('100.10.2.9')));
});

test('lports, physical networks and tunnels of a host keep their slots while the objects name them, and give them back then', () => {
  const { made, look } = world();
  const lport = (name: string) => heldAs(deviceConfig('tap', name, name), 'lport');
  const physnet = heldAs(deviceConfig('packet', 'p1', 'trunk'), 'physnet');
  const host = { devices: [lport('a1'), physnet], tunnels: [{ name: 'vxlan' }] };
  const taken = ['physnet p1', 'tunnel vxlan'].map((key) => made.index.iface(key));
  const [a1, a2] = [made.index.lport('a1'), made.index.lport('a2')];
  const row = CounterRoom.FirstDevice + FIRST_LPORT + a2;
  made.states[0]!.counters.rifs[row * IfaceCounter.Count] = 5;
  Object.assign(made, { host });
  look(60_000);
  assert.deepEqual([...made.index.devices().values()].slice(3), taken);
  assert.deepEqual([...made.index.lportNames()], [['a1', a1]]);
  assert.equal(made.index.lport('a3'), a2);
  assert.equal(ifaceTotal(made.states, row, IfaceCounter.RxFrames), 0, 'who has its number now begins at 0');
  Object.assign(made, { host: undefined });
  look(60_000);
  assert.deepEqual([made.index.devices().size, made.index.lportNames().size], [3, 0]);
});

test('who gets a slot begins at 0, also in the rotation; what was counted stays counted', async () => {
  const { made, look } = world();
  const registry = metricsRegistry(made.shown);
  const refused = async (zone: string) =>
    new RegExp(`^windrose_sessions_refused_total\\{zone="${zone}"\\} (\\d+)$`, 'm').exec(await registry.metrics())?.[1];
  const zone = made.index.zone('old');
  const device = made.index.iface('tap old');
  const { counters, cursors } = made.states[1]!;
  const atZone = zone * ZoneCounter.Count + ZoneCounter.Refused;
  const atDevice = (CounterRoom.FirstDevice + device) * IfaceCounter.Count + IfaceCounter.RxFrames;
  counters.zones[atZone] = 7;
  counters.rifs[atDevice] = 70;
  cursors[zone] = 5;
  assert.equal(await refused('old'), '7');
  look(5000);
  assert.equal(made.index.zone('new'), zone);
  assert.equal(made.index.iface('tap new'), device);
  assert.equal(cursors[zone], 0);
  assert.equal(await refused('new'), '0');
  assert.equal(ifaceTotal(made.states, CounterRoom.FirstDevice + device, IfaceCounter.RxFrames), 0);
  counters.zones[atZone] += 1;
  counters.rifs[atDevice] += 1;
  assert.deepEqual([await refused('old'), await refused('new')], ['7', '1']);
  assert.equal(ifaceTotal(made.states, CounterRoom.FirstDevice + device, IfaceCounter.RxFrames), 1);
  assert.equal(counters.rifs[atDevice], 71, 'the workers own rows are never touched');
});
