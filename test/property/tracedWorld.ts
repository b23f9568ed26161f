import assert from 'node:assert/strict';
import { loadConfig } from '../../src/config/load.js';
import { buildSnapshot } from '../../src/control/buildSnapshot.js';
import type { Shown } from '../../src/control/show/shown.js';
import { trace, traceFrame, UNDECIDED } from '../../src/control/trace/trace.js';
import { SessionState, setSessionState } from '../../src/pipeline/tcpState.js';
import { Adjacency, NeighborState, NeighborsHead } from '../../src/tables/neighbors.js';
import { Session } from '../../src/tables/sessions.js';
import { isFault } from '../../src/types/parsed.js';
import { parseTrace, type TraceRequest } from '../../src/types/trace.js';
import { describeFrame } from '../../src/wire/describe.js';
import { decode } from '../support/decode.js';
import type { Dice } from '../support/mutate.js';
import { World } from '../support/world.js';
import { randomPolicy } from './randomPolicy.js';
import { HOSTS, INSIDE, REMOTES, ROUTED, ROUTES, randomModes } from './tracedConfig.js';
import { tracedDevices } from './tracedDevices.js';
import { assumedFlags, frameOf, Octets } from './tracedFrames.js';
import { judge } from './tracedJudge.js';
import { rawFrame } from './tracedRaw.js';

/** A world beside which main looks on: random configurations, states and packets; every packet is traced, then sent. */
export class TracedWorld {
  readonly world: World;
  #yaml: string;
  #epoch = 1;
  #id = 0;
  #shown: Shown;
  readonly #octets: Octets;
  readonly #links: ReturnType<typeof tracedDevices>;

  constructor(readonly dice: Dice) {
    this.#yaml = this.#randomYaml();
    this.world = new World({
      yaml: this.#yaml,
      sessions: dice.pick([4, 16, 64]),
      neighbors: dice.pick([4, 8, 64]),
      hosts: dice.pick([2, 64, 64]),
      mtus: { lan: 1400, wan: dice.pick([600, 1200, 1500]), dmz: 9000 },
      wrongChecksums: true,
    });
    this.#links = tracedDevices(this.world, dice);
    this.world.silent.add('10.0.0.77');
    this.#octets = new Octets(this.world);
    this.#shown = this.#seen();
  }

  /** What main would see of this world. */
  #seen(): Shown {
    const { config } = loadConfig(this.#yaml, 'trace');
    const built = buildSnapshot(config!, [1500, 1500, 1500], this.world.index, 1, this.#epoch);
    return {
      built: { ...built, snapshot: this.world.snapshot },
      states: [this.world.state],
      index: this.world.index,
      links: this.#links,
    } as unknown as Shown;
  }

  #randomYaml(): string {
    const { dice } = this;
    const ports = dice.pick(['2000-2001', '2000-2001', '2000-2200', '1024-65535']);
    const range = (): string => `ports: ${ports}, ${randomModes(dice)}`;
    const zones = [
      '{ name: empty, match: 10.0.0.128/26, localAddresses: [] }',
      `{ name: tenants, match: [10.0.0.0/25, 10.0.1.0/24], localAddresses: [192.0.2.10, 192.0.2.11], ${range()} }`,
      `{ name: rest, match: 10.9.0.0/16, localAddresses: [192.0.2.20], ports: 3000-3000, ${randomModes(dice)} }`,
      '{ name: vlan, match: 10.0.7.0/24, localAddresses: [192.0.2.30, 192.0.2.31, 192.0.2.32] }',
    ].filter(() => dice.below(6) > 0);
    const statics = [
      '{ name: host, external: 192.0.2.60, inside: 10.0.0.3 }',
      '{ name: web, protocol: tcp, external: "192.0.2.61:80", inside: "10.0.0.2:80" }',
      '{ name: dns, protocol: udp, external: "192.0.2.10:2001", inside: "10.0.1.2:2" }',
    ].filter(() => dice.below(3) > 0);
    const routes = ROUTES.filter(() => dice.below(8) > 0);
    const text = (rules: readonly string[], more: readonly string[], settings: string): string => `
name: traced
ifaces:
  - name: lan
    tap: t-lan
    role: inside
    mac: "02:aa:00:00:00:01"
    addresses: [10.0.0.1/24]
    reversePath: ${dice.pick(['off', 'off', 'loose', 'strict'])}
    vlans: [{ id: 7, name: v7, mtu: 1000, addresses: [10.0.7.1/24] }]
  - { name: wan, tap: t-wan, role: outside, mac: "02:aa:00:00:00:02", addresses: [192.0.2.1/24] }
  - { name: dmz, tap: t-dmz, role: inside, mac: "02:aa:00:00:00:03", addresses: [10.0.1.1/24] }
routes: [${[...routes, ...more].map((one) => (one.startsWith('{') ? one : `"${one}"`)).join(', ')}]
rules: [${rules.map((one) => `"${one}"`).join(', ')}]
${settings}
${zones.length === 0 ? '' : `zones: [${zones.join(', ')}]`}
${statics.length === 0 ? '' : `staticMappings: [${statics.join(', ')}]`}
timers: { allowShort: true, udp: 5s, udpUnanswered: 4s, icmp: 5s, tcpEstablished: 20s, tcpHalfOpen: 6s, tcpClosing: 2s, portHold: ${dice.pick(['off', '8s'])} }
tcp: { midstream: ${dice.pick(['drop', 'drop', 'reset', 'adopt'])}, answerUnsolicited: ${dice.below(2) === 0} }
neighborTimers: { reachable: 3s, retry: 200ms, probes: 2, failed: 1s, stale: 20s }
`;
    return dice.below(4) > 0 ? text([], [], '') : randomPolicy(dice, ROUTED, text);
  }

  /** Time passes, hosts fall silent, neighbours and sessions change their states, another configuration comes. */
  disturb(met: (verdict: string) => void): void {
    const { dice, world } = this;
    const what = dice.below(12);
    if (what < 3) world.advance(100 * (1 + dice.below(8)));
    else if (what === 3) world.advance(3000);
    else if (what === 4) for (const host of REMOTES) dice.below(3) === 0 ? world.silent.add(host) : world.silent.delete(host);
    else if (what === 5) {
      const { rows, head } = world.state.neighbors;
      for (let row = 0; row < head[NeighborsHead.HighWater]! * Adjacency.Words; row += Adjacency.Words) {
        if (rows[row + Adjacency.State]! < NeighborState.Stale || dice.below(3) > 0) continue;
        rows[row + Adjacency.State] = dice.pick([
          NeighborState.None,
          NeighborState.Failed,
          NeighborState.Stale,
          NeighborState.Probe,
        ]);
      }
    } else if (what === 6)
      for (const row of world.rows())
        if ((world.sessions.rows[row + Session.Meta]! & 0xff) === 6)
          setSessionState(world.sessions, row, SessionState.HalfOpen + dice.below(SessionState.Reset));
        else world.sessions.rows[row + Session.LastSeen]! -= 1;
    else if (what === 7) {
      this.#yaml = this.#randomYaml();
      world.reload(this.#yaml, ++this.#epoch);
      world.turn.endContradicted();
      world.settle();
      this.#shown = this.#seen();
    } else if (what === 8) this.#flood(met, 70, (n) => ['dmz', `10.0.1.2:${5000 + n}`, '10.0.0.77:9']);
    else if (what === 9) this.#flood(met, 20, (n) => ['lan', `10.0.0.2:${6000 + n}`, '198.51.100.7:9']);
  }

  /** So many flows that something is full, and one more. */
  #flood(met: (verdict: string) => void, flows: number, ends: (n: number) => [iface: string, from: string, to: string]): void {
    const words = (n: number): URLSearchParams => {
      const [iface, from, to] = ends(n);
      return new URLSearchParams({ iface, proto: 'udp', from, to });
    };
    for (let n = 0; n < flows; n++) this.world.send(ends(n)[0], frameOf(this.world, this.#request(words(n)), ends(n)[0], 0));
    met(this.compare(words(flows), 'after a flood'));
  }

  /** A packet of one of a few flows: new, known, an answer, or odd. */
  question(): URLSearchParams {
    const { dice, world } = this;
    const odd = (n: number): boolean => dice.below(n) === 0;
    const rows = world.rows();
    const row = rows.length > 0 && odd(2) ? dice.pick(rows) : -1;
    const r = world.sessions.rows;
    const ip = (at: number): string => [0, 8, 16, 24].map((bits) => (r[row + at]! >>> bits) & 0xff).join('.');
    const host = (word: number): number => ((word & 0xff) << 8) | ((word >>> 8) & 0xff);
    const protocol = row < 0 ? dice.pick([1, 6, 6, 17, 17, 17, 47]) : r[row + Session.Meta]! & 0xff;
    const back = row >= 0 ? odd(2) : odd(5);
    const [inside, outside] = [host(r[row + Session.OutwardPorts]! & 0xffff), host(r[row + Session.OutwardPorts]! >>> 16)];
    const external = host(r[row + Session.InwardPorts]! >>> 16);
    const port = (): number => dice.pick([1, 2, 80, 65_535]);
    const end = (address: string, number: number | undefined): string =>
      protocol === 47 || number === undefined ? address : `${address}:${number}`;
    const icmpId = (number: number): number | undefined => (protocol === 1 ? undefined : number);
    let from = back ? end(dice.pick(REMOTES), icmpId(port())) : end(dice.pick(HOSTS), port());
    let to = back
      ? end(dice.pick(['192.0.2.10', '192.0.2.1', ...REMOTES]), protocol === 1 && odd(2) ? undefined : port())
      : end(dice.pick(REMOTES), icmpId(port()));
    if (row >= 0 && back)
      [from, to] = [end(ip(Session.RemoteAddress), icmpId(outside)), end(ip(Session.ExternalAddress), external)];
    else if (row >= 0) [from, to] = [end(ip(Session.InsideAddress), inside), end(ip(Session.RemoteAddress), icmpId(outside))];
    // Others to a port that is in use, from outside or from inside, and its host to others.
    if (row >= 0 && protocol !== 47 && odd(2)) {
      const used = end(ip(Session.ExternalAddress), external);
      if (back) from = odd(2) ? end(ip(Session.RemoteAddress), icmpId(port())) : end(dice.pick(REMOTES), icmpId(port()));
      else if (odd(2)) [from, to] = [end(dice.pick(HOSTS), port()), protocol === 1 ? ip(Session.ExternalAddress) : used];
      else to = end(dice.pick(REMOTES), icmpId(port()));
    }
    const iface = odd(12)
      ? dice.pick(['lan', 'v7', 'dmz', 'wan'])
      : back
        ? 'wan'
        : from.startsWith('10.0.7')
          ? 'v7'
          : from.startsWith('10.0.1') || from.startsWith('10.9')
            ? 'dmz'
            : dice.pick(odd(6) ? INSIDE : ['lan']);
    const words = new URLSearchParams({ iface, proto: String(protocol), from, to });
    if (odd(12)) words.set('ttl', String(dice.below(3)));
    if (odd(6)) words.set('tos', `0x${dice.below(256).toString(16)}`);
    if (odd(5)) words.set('length', String(dice.pick([576, 600, 601, 1000, 1001, 1200, 1201, 1400, 1500, 9000])));
    if (odd(4)) words.set('df', '1');
    if (iface === 'lan' && odd(20)) words.set('vlan', String(dice.pick([0, 7, 9])));
    if (protocol === 6 && odd(3)) words.set('flags', dice.pick(['S', 'A', 'SA', 'FA', 'R', 'SF', 'none', 'PA']));
    return words;
  }

  #request(words: URLSearchParams): TraceRequest {
    const request = parseTrace(words);
    assert.ok(!isFault(request), JSON.stringify(request));
    return { ...request.value, source: request.value.source! };
  }

  /** Traces, sends, compares. Returns the verdict. */
  compare(words: URLSearchParams, where: string): string {
    const request = this.#request(words);
    this.#octets.remember();
    const answer = trace(this.#shown, request);
    assert.ok(this.#octets.areSame(), `${where}: the state changed`);
    assert.ok(!isFault(answer), JSON.stringify(answer));
    const name = request.iface;
    const device = name === 'v7' ? 'lan' : name;
    const meant = { ...request, ...assumedFlags(answer.value) };
    const octets = frameOf(this.world, meant, device, request.vlan ?? (name === 'v7' ? 7 : 0));
    judge(this.world, answer.value, device, { octets }, { protocol: request.protocol, sourceMac: null }, where);
    assert.equal(answer.value.steps[0]!.step, 'iface');
    return answer.value.verdict;
  }

  /** The same for the octets of a frame, as a capture hands them over: those of the words, or what may come beside them. */
  compareRaw(words: URLSearchParams, where: string): { what: string; verdict: string } {
    const request = this.#request(words);
    const { iface: name } = request;
    const device = name === 'v7' ? 'lan' : name;
    const tag = request.vlan ?? (name === 'v7' ? 7 : 0);
    const base = { device, octets: frameOf(this.world, request, device, tag) };
    const raw = rawFrame(this.world, this.dice, base, ++this.#id & 0xffff);
    const { what, octets, virtio, segment } = raw;
    const place = `${where}, ${what}: ${describeFrame(octets)}`;
    this.#octets.remember();
    const answer = traceFrame(this.#shown, raw.device, octets, segment);
    assert.ok(this.#octets.areSame(), `${place}: the state changed`);
    assert.ok(!isFault(answer), JSON.stringify(answer));
    const said = answer.value;
    const { ipv4: ip, eth } = decode(octets);
    const frame = { octets, ...(virtio === undefined ? {} : { virtio }) };
    const isLater = ip !== undefined && ip.offset > 0;
    // What its datagram belongs to was not said: nothing to compare with.
    if (said.verdict === UNDECIDED) {
      assert.ok(isLater, place);
      this.world.send(raw.device, frame);
    } else
      judge(
        this.world,
        said,
        raw.device,
        frame,
        { protocol: ip?.protocol ?? -1, sourceMac: eth!.src, offset: ip?.offset ?? 0 },
        place,
      );
    return { what, verdict: said.verdict };
  }
}
