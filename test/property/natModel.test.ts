import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode } from '../support/decode.js';
import { inward, udpOut } from '../support/flows.js';
import { ipv4, packet, udp } from '../support/layers.js';
import { drawsOf } from '../support/long.js';
import { Dice } from '../support/mutate.js';
import { World } from '../support/world.js';
import { SEED } from './seed.js';

/**
 * Mapping, filtering and overloading in a few maps, against the gateway: random datagrams both ways, and time. Where the gateway
 * chooses, the model takes its choice after seeing that it was allowed to; everything else it knows beforehand.
 */
const LOW = 2000;
const LOCAL = ['192.0.2.10', '192.0.2.11'];
const REMOTES = ['198.51.100.7', '198.51.100.8', '198.18.0.9', '198.18.0.10'];

interface Modes {
  readonly eim: boolean;
  readonly filtering: 'eif' | 'adf' | 'apdf';
  readonly overload: boolean;
  readonly ports: number;
}

interface Session {
  readonly inside: string;
  readonly remote: string;
  readonly external: string;
  readonly mapped: boolean;
  /** Begun by the outside, and the inside has not answered: what comes in does not keep it (DOS-5). */
  inbound: boolean;
  /** Steps of time since its last frame; of an inbound one since that of the session whose mapping it came by. */
  idle: number;
}

class Model {
  /** By `inside > remote`. */
  readonly out = new Map<string, Session>();
  /** By `remote > external`. */
  readonly back = new Map<string, Session>();

  constructor(readonly modes: Modes) {}

  mapping(inside: string): Session | undefined {
    return [...this.out.values()].find((s) => s.mapped && s.inside === inside);
  }

  /** The mapping behind an external endpoint that lets `remote` in. */
  lets(external: string, remote: string): Session | undefined {
    const { filtering } = this.modes;
    const host = remote.split(':')[0]!;
    const own = [...this.out.values()].filter((s) => s.mapped && s.external === external);
    if (filtering === 'apdf') return undefined;
    return filtering === 'eif' ? own[0] : own.find((s) => s.remote.startsWith(`${host}:`));
  }

  add(s: Session): void {
    this.out.set(`${s.inside} > ${s.remote}`, s);
    this.back.set(`${s.remote} > ${s.external}`, s);
  }

  /** Time passes; a session that was silent for two steps is over. */
  pass(): void {
    for (const [key, s] of this.out) {
      if (++s.idle < 2) continue;
      this.out.delete(key);
      this.back.delete(`${s.remote} > ${s.external}`);
    }
  }

  get inUse(): Set<string> {
    return new Set([...this.out.values()].map((s) => s.external));
  }

  /** What a frame from inside may leave by; an empty list: it is refused. */
  choices(inside: string, remote: string): { externals: string[]; mapped: boolean } {
    const { eim, overload, ports } = this.modes;
    const mapping = eim ? this.mapping(inside) : undefined;
    if (mapping !== undefined && !this.back.has(`${remote} > ${mapping.external}`))
      return { externals: [mapping.external], mapped: true };
    const all = LOCAL.flatMap((address) => Array.from({ length: ports }, (_, i) => `${address}:${LOW + i}`));
    const used = this.inUse;
    const free = all.filter((external) => !used.has(external));
    if (free.length > 0) return { externals: free, mapped: eim && mapping === undefined };
    return { externals: overload ? all.filter((external) => !this.back.has(`${remote} > ${external}`)) : [], mapped: false };
  }
}

const CASES: Readonly<Record<string, Modes>> = {
  'eim eif': { eim: true, filtering: 'eif', overload: false, ports: 8 },
  'eim adf, shared when short': { eim: true, filtering: 'adf', overload: true, ports: 3 },
  'eim apdf': { eim: true, filtering: 'apdf', overload: false, ports: 8 },
  'eim eif, shared when short': { eim: true, filtering: 'eif', overload: true, ports: 3 },
  'apdm, shared': { eim: false, filtering: 'apdf', overload: true, ports: 4 },
  'apdm, not shared': { eim: false, filtering: 'apdf', overload: false, ports: 12 },
};

function yamlOf({ eim, filtering, overload, ports }: Modes): string {
  return `
name: model
ifaces:
  - { name: lan, tap: t-lan, role: inside, mac: "02:aa:00:00:00:01", addresses: [10.0.0.1/24] }
  - { name: wan, tap: t-wan, role: outside, mac: "02:aa:00:00:00:02", addresses: [192.0.2.1/24] }
routes: [default via 192.0.2.254 dev wan]
zones:
  - { name: tenants, match: 10.0.0.0/24, localAddresses: [${LOCAL.join(', ')}], ports: ${LOW}-${LOW + ports - 1},
      mapping: ${eim ? 'eim' : 'apdm'}, filtering: ${filtering}, overload: ${overload}, hostLimits: { newSessions: off } }
timers: { allowShort: true, udp: 5s, udpUnanswered: 5s, portHold: off }
`;
}

function step(w: World, model: Model, dice: Dice): void {
  const kind = dice.below(40);
  if (kind === 0) {
    w.advance(3000);
    model.pass();
    return;
  }
  const remote = `${dice.pick(REMOTES)}:${5000 + dice.below(2)}`;
  const [remoteHost, remotePort] = remote.split(':') as [string, string];
  if (kind < 22) {
    const host = `10.0.0.${2 + dice.below(5)}`;
    const sport = 1000 + dice.below(3);
    const inside = `${host}:${sport}`;
    w.send('lan', udpOut(host, sport, remoteHost, { dport: Number(remotePort) }));
    const left = w.sent('wan').map((frame) => decode(frame.octets));
    const seen = left.map((d) => `${d.ipv4!.src}:${d.udp!.sport} > ${d.ipv4!.dst}:${d.udp!.dport}`);
    w.sent('lan');
    const known = model.out.get(`${inside} > ${remote}`);
    if (known !== undefined) {
      assert.deepEqual(seen, [`${known.external} > ${remote}`], `${inside} goes on`);
      known.idle = 0;
      known.inbound = false;
      return;
    }
    const { externals, mapped } = model.choices(inside, remote);
    if (externals.length === 0) {
      assert.deepEqual(seen, [], `${inside} > ${remote} is refused`);
      return;
    }
    assert.equal(seen.length, 1, `${inside} > ${remote} leaves`);
    const external = seen[0]!.split(' ')[0]!;
    assert.ok(externals.includes(external), `${inside} > ${remote} leaves by ${external}, one of ${externals}`);
    model.add({ inside, remote, external, mapped, inbound: false, idle: 0 });
    return;
  }
  const external = `${dice.pick(LOCAL)}:${LOW + dice.below(model.modes.ports)}`;
  const [address, port] = external.split(':') as [string, string];
  w.send(
    'wan',
    packet(inward(), ipv4({ src: remoteHost, dst: address }), udp({ sport: Number(remotePort), dport: Number(port) }), 'in'),
  );
  const came = w.sent('lan').map((frame) => decode(frame.octets));
  const seen = came.map((d) => `${d.ipv4!.src}:${d.udp!.sport} > ${d.ipv4!.dst}:${d.udp!.dport}`);
  let session = model.back.get(`${remote} > ${external}`);
  if (session === undefined) {
    const mapping = model.lets(external, remote);
    // A host that has this very flow by another port, for want of this one, keeps that: what comes to this one is filtered.
    if (mapping !== undefined && !model.out.has(`${mapping.inside} > ${remote}`)) {
      session = { ...mapping, remote, inbound: true };
      model.add(session);
    }
  }
  assert.deepEqual(seen, session === undefined ? [] : [`${remote} > ${session.inside}`], `${remote} > ${external}`);
  if (session?.inbound === false) session.idle = 0;
}

/** Steps of all cases together. */
const STEPS = Number(process.env.WINDROSE_MODEL_STEPS ?? drawsOf(25_000, 50_000));
/** Steps of one world, which remembers every frame it sent. */
const PER_WORLD = 10_000;

for (const [name, modes] of Object.entries(CASES)) {
  test(`MAP-1 MAP-2 FIL-1 GEN-3 the gateway does what a few maps say: ${name}, seed ${SEED}`, () => {
    const dice = new Dice(SEED ^ name.length);
    for (let left = STEPS / Object.keys(CASES).length; left > 0; left -= PER_WORLD) {
      const w = new World({ yaml: yamlOf(modes) });
      const model = new Model(modes);
      for (let i = 0; i < Math.min(left, PER_WORLD); i++) step(w, model, dice);
      assert.equal(w.sessionCount, model.out.size);
      w.check();
      w.advance(12_000);
      assert.equal(w.sessionCount, 0);
      w.check();
    }
  });
}
