import { type ArpBody, type EastWestFrame, isGroup, isLink, isMartian, questionOf, textOf } from './eastWestFrames.js';
import type { Plan, PlanHost, PlanPort, PlanRif } from './eastWestPlan.js';
import { type EastWestTables, isHostMac } from './eastWestTables.js';

/**
 * What becomes of a frame by dvr.md 2, written from there: who gets it and what crosses the fabric, as lines of text. What depends on
 * what a router has learnt of addresses nobody is known to have is left open (`open`).
 */
export class EastWestModel {
  readonly lines: string[] = [];
  /** The outcome of this frame is not said. */
  open = false;
  #relays = 0;

  /** `touched`: addresses that somebody asked for or spoke of while nobody was known to have them. */
  constructor(
    private readonly plan: Plan,
    private readonly t: EastWestTables,
    private readonly touched: Set<string>,
  ) {}

  /** A port of a host sends it. */
  fromPort(port: PlanPort, frame: EastWestFrame): void {
    if (port.up && this.#maySend(port, frame)) this.#switch(port, frame);
  }

  /** 2.16: a port sends it at the host it is migrating to. Whether that says that its guest is there. */
  atDestination(port: PlanPort, frame: EastWestFrame): boolean {
    const there = { ...port, host: port.migratingTo };
    if (!port.up || !this.#maySend(there, frame) || !this.t.mayUse(port, frame.src, undefined)) return false;
    const asked = questionOf(frame);
    if (asked !== undefined) this.#answered(there, this.t.answerTo(port.network, there.host!, asked.tpa), asked);
    return true;
  }

  /** It comes from the fabric to `host`, by `peer`. */
  fromFabric(host: PlanHost, network: string, frame: EastWestFrame, peer: string): void {
    const { src, dst, body } = frame;
    if (isGroup(src) || this.t.isRif(dst) || this.t.isRif(src) || src === host.mac) return;
    const routed = isHostMac(src);
    const rifs = this.t.rifsOn(network, host.name);
    if (body.kind === 'arp') {
      const asker = rifs.find(({ address }) => address === body.spa);
      if (routed) {
        if (body.op === 1 && asker !== undefined) this.#peerAsks(host, network, dst, body, asker);
        return;
      }
      if (asker !== undefined || isHostMac(body.sha) || this.t.isRif(body.sha)) return;
      if (dst === host.mac) {
        // An answer to what this host has asked: frames that waited for it may go on.
        if (body.op === 2 && rifs.some(({ address }) => address === body.tpa)) this.#touch(body.spa);
        return;
      }
    }
    if (dst === host.mac) return;
    const local = this.t.localPorts(network, host.name);
    if (isGroup(dst)) {
      if (!isLink(dst) && !routed) for (const port of local) this.#toPort(port, frame);
      return;
    }
    const port = this.t.ownerOf(network, dst);
    if (port?.host === host.name) {
      const source = routed ? this.#restored(network, host, frame) : src;
      if (source !== undefined) this.#toPort(port, { ...frame, src: source });
    } else if (port !== undefined && this.t.isLate(host.name, port, src, peer)) this.#cross(host, network, frame, port.host);
    else if (port === undefined && !routed && this.t.network(network).flood) for (const one of local) this.#toPort(one, frame);
  }

  /** 2.13: its own MAC and addresses or those of its pairs; no MAC of routers and hosts, whatever its port security. */
  #maySend(port: PlanPort, { src, body }: EastWestFrame): boolean {
    const infrastructure = (mac: string): boolean => isHostMac(mac) || this.t.isRif(mac);
    if (isGroup(src) || infrastructure(src)) return false;
    if (body.kind === 'arp') {
      if (infrastructure(body.sha) || this.t.rifsOn(port.network, port.host!).some(({ address }) => address === body.spa))
        return false;
      if (!port.secure) return true;
      if (body.sha !== src) return false;
      if (body.spa === '0.0.0.0') return body.op === 1 && this.t.mayUse(port, src, undefined);
      return this.t.mayUse(port, src, body.spa);
    }
    return !port.secure || this.t.mayUse(port, src, body.from);
  }

  #switch(port: PlanPort, frame: EastWestFrame): void {
    const { dst, body } = frame;
    const { network } = port;
    const host = this.t.host(port.host!);
    if (body.kind === 'arp') {
      if (body.op === 2) {
        if (this.touched.has(body.spa)) this.open = true;
      } else if (isGroup(dst) && body.tpa !== body.spa) {
        const known = this.t.answerTo(network, host.name, body.tpa);
        if (this.#answered(port, known, body) || (known === undefined && this.t.network(network).strict)) return;
      }
    }
    if (isGroup(dst)) {
      if (!isLink(dst)) this.#flood(host, network, frame, port);
      return;
    }
    const rif = this.t.rifsOn(network, host.name).find(({ mac }) => mac === dst);
    if (rif !== undefined) {
      this.#enter(host, rif, frame);
      return;
    }
    if (this.t.isRif(dst)) return;
    const owner = this.t.ownerOf(network, dst);
    if (owner === port) return;
    if (owner?.host === host.name) this.#toPort(owner, frame);
    else if (owner !== undefined && this.t.network(network).type !== 'local') this.#cross(host, network, frame, owner.host!);
    else if (this.t.network(network).flood) this.#flood(host, network, frame, port);
    else if (this.t.isPhysical(network)) this.#cross(host, network, frame, undefined);
  }

  /** 2.11: false when there is nothing to answer with. */
  #answered(port: PlanPort, known: string | undefined, { sha, spa, tpa }: ArpBody): boolean {
    if (known === undefined || known === sha) return false;
    this.#toPort(port, { src: known, dst: sha, body: { kind: 'arp', op: 2, sha: known, spa: tpa, tpa: spa } });
    return true;
  }

  /** One copy to each other port here, one to each host with a port there, or one onto the physical network. */
  #flood(host: PlanHost, network: string, frame: EastWestFrame, from: PlanPort | undefined, onFabric = frame): void {
    for (const port of this.t.localPorts(network, host.name)) if (port !== from) this.#toPort(port, frame);
    if (this.t.isPhysical(network)) this.#cross(host, network, onFabric, undefined);
    else
      for (const to of this.plan.hosts)
        if (to !== host && this.t.localPorts(network, to.name).length > 0) this.#cross(host, network, onFabric, to.name);
  }

  /** Over the fabric to a host, or to all on the physical network. */
  #cross(from: PlanHost, network: string, frame: EastWestFrame, to: string | undefined): void {
    const { type, id } = this.t.network(network);
    if (type === 'local') return;
    const physical = this.t.isPhysical(network);
    const end = physical ? 'physnet1' : this.t.host(to!).vtep;
    this.lines.push(`${physical ? 'wire' : type} ${from.name}>${end} ${id} ${textOf(frame)}`);
    for (const host of this.plan.hosts)
      if (host !== from && (physical || host.name === to)) this.fromFabric(host, network, frame, from.name);
  }

  #toPort(port: PlanPort, frame: EastWestFrame): void {
    this.lines.push(`port ${port.name} ${textOf(frame)}`);
  }

  /** Into the replica (2.2, 2.14). */
  #enter(host: PlanHost, rif: PlanRif, { dst, body }: EastWestFrame): void {
    const own = this.t.rifsOf(rif.router);
    if (body.kind === 'arp') {
      if (body.spa !== '0.0.0.0' && isMartian(body.spa)) return;
      this.#learn(host, rif, body.spa);
      if (body.op === 1 && body.tpa === rif.address)
        this.#exit(host, rif, body.sha, { kind: 'arp', op: 2, sha: dst, spa: rif.address, tpa: body.spa });
      return;
    }
    const { from, to, ttl, what } = body;
    if (isMartian(from) || own.some(({ address }) => address === from) || isMartian(to)) return;
    const error = (text: string, source: string): void =>
      this.#originate(host, rif.router, { kind: 'ip', from: source, to: from, ttl: 64, what: text });
    const way = this.#way(rif.router, to);
    if (own.some(({ address }) => address === to)) error(what === 'echo' ? 'reply' : 'icmp 3/3', to);
    else if (way === undefined) error('icmp 3/0', rif.address);
    else if (ttl <= 1) error('icmp 11/0', rif.address);
    else this.#toHop(host, way.rif, way.hop, { ...body, ttl: ttl - 1 });
  }

  #originate(host: PlanHost, router: string, body: Extract<EastWestFrame['body'], { kind: 'ip' }>): void {
    const way = this.#way(router, body.to);
    if (way !== undefined) this.#toHop(host, way.rif, way.hop, body);
  }

  /** Connected first; a route's next hop is in a connected subnet. */
  #way(router: string, to: string): { rif: PlanRif; hop: string } | undefined {
    const rif = this.t.rifsOf(router).find((one) => to.startsWith(this.t.subnet(one.subnet).stem));
    if (rif !== undefined) return { rif, hop: to };
    const route = this.plan.routers.find(({ name }) => name === router)!.routes.find(({ stem }) => to.startsWith(stem));
    return route && { rif: this.plan.rifs.find(({ name }) => name === route.dev)!, hop: route.via };
  }

  #toHop(host: PlanHost, rif: PlanRif, hop: string, body: EastWestFrame['body']): void {
    const { network, name } = this.t.subnet(rif.subnet);
    const other = this.t.rifsOn(network, host.name).find((one) => one !== rif && one.address === hop && one.subnet === name);
    const mac = other?.mac ?? this.t.known(network).get(hop);
    if (mac !== undefined) this.#exit(host, rif, mac, body);
    else this.#ask(host, rif, network, hop);
  }

  /** A DVR probe (2.11): ports here see the gateway, other hosts the host. */
  #ask(host: PlanHost, rif: PlanRif, network: string, hop: string): void {
    if (this.touched.has(hop)) this.open = true;
    this.#touch(hop);
    const as = (mac: string): EastWestFrame => {
      return { src: mac, dst: 'ff:ff:ff:ff:ff:ff', body: { kind: 'arp', op: 1, sha: mac, spa: rif.address, tpa: hop } };
    };
    this.#flood(host, network, as(rif.mac), undefined, as(host.mac));
  }

  #peerAsks(host: PlanHost, network: string, dst: string, body: ArpBody, rif: PlanRif): void {
    this.touched.add(body.tpa);
    for (const port of this.t.localPorts(network, host.name))
      if (this.t.mayHave(port, body.tpa)) this.#toPort(port, { src: rif.mac, dst, body: { ...body, sha: rif.mac } });
  }

  /** Out of a router interface: to a port here, another router here, another host, the physical network. */
  #exit(host: PlanHost, rif: PlanRif, mac: string, body: EastWestFrame['body']): void {
    const { network } = this.t.subnet(rif.subnet);
    const frame = { src: rif.mac, dst: mac, body };
    const next = this.t.rifsOn(network, host.name).find((one) => one.mac === mac);
    if (next !== undefined) {
      if (this.#relays++ < 8) this.#enter(host, next, frame);
      return;
    }
    const owner = this.t.ownerOf(network, mac);
    if (owner?.host === host.name) {
      this.#toPort(owner, frame);
      return;
    }
    const crossing = { src: host.mac, dst: mac, body: body.kind === 'arp' ? { ...body, sha: host.mac } : body };
    if (owner !== undefined) this.#cross(host, network, crossing, owner.host!);
    else if (this.t.isPhysical(network) && !isHostMac(mac) && !this.t.isRif(mac)) this.#cross(host, network, crossing, undefined);
  }

  /** I7': which gateway takes the place of a peer's MAC. */
  #restored(network: string, host: PlanHost, { body }: EastWestFrame): string | undefined {
    const all = this.t.rifsOn(network, host.name);
    if (body.kind === 'arp' || all.length === 0) return undefined;
    const inSubnet = all.filter(({ subnet }) => body.to.startsWith(this.t.subnet(subnet).stem));
    const rifs = inSubnet.length > 0 ? inSubnet : all;
    const fromSource = rifs.filter(({ router, name }) =>
      this.t.rifsOf(router).some((one) => one.name !== name && body.from.startsWith(this.t.subnet(one.subnet).stem)),
    );
    const gateways = rifs.filter(({ subnet, address }) => this.t.subnet(subnet).gateway === address);
    const [best, more] = [fromSource, gateways, rifs].find(({ length }) => length > 0)!;
    if (more !== undefined) this.open = true;
    return best!.mac;
  }

  /** A router hears of an address: only of one that nobody is known to have it takes note. */
  #learn(host: PlanHost, rif: PlanRif, address: string): void {
    const { network } = this.t.subnet(rif.subnet);
    if (this.t.known(network).has(address) || this.t.rifsOn(network, host.name).some((one) => one.address === address)) return;
    this.#touch(address);
  }

  #touch(address: string): void {
    if (this.touched.has(address)) this.open = true;
    this.touched.add(address);
  }
}
