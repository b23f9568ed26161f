import fc from 'fast-check';
import { type Draw, planOf } from '../property/eastWestDraw.js';
import { fileOf } from '../property/eastWestPlan.js';
import { change } from '../property/eastWestSteps.js';
import type { Dice } from '../support/mutate.js';

/** Ports that have guests, the first ones; the others are bound where there is no gateway. */
export const GUESTS = 8;
const PORTS = 10;
/** A host without a gateway. */
const FOREIGN = 'h3';
/** Changes drawn in advance. */
const BATCH = 64;

/** Five subnets on four networks of all kinds, two routers that share one. */
const FIRST: Draw = {
  hosts: 4,
  networks: (['vxlan', 'vxlan', 'gre', 'vlan'] as const).map((type) => ({ type, flood: false, strict: false })),
  subnets: [0, 1, 2, 3, 0].map((network) => ({ network, gateway: 'first' as const })),
  routers: [
    { up: true, distributed: true, on: [0, 1, 2], routes: true },
    { up: true, distributed: true, on: [2, 3], routes: true },
  ],
  ports: Array.from({ length: PORTS }, (_, i) => ({
    ...{ network: i % 4, host: i % 4, migratingTo: 7, addresses: 1, secure: true, up: true, owner: 'compute' as const },
    pairs: i < 4 ? [] : (['vip'] as const),
  })),
  claims: [],
};

/** Objects that change at random, as files to be applied. */
export class ChurnedPlan {
  #draw = FIRST;
  /** Ports that are not there. */
  #absent = new Set<string>();
  /** A network that comes and goes as a whole, with its subnet and a port. */
  #extra = false;
  readonly #changes: ((draw: Draw) => Draw)[] = [];

  constructor(
    private readonly dice: Dice,
    /** Namespace of a guest's device, and of the one it migrates to. */
    private readonly netns: (guest: string) => { readonly own: string; readonly other: string },
  ) {}

  /** One step on; the objects as a file, and what takes it back should it be refused. */
  step(): { file: string; undo: () => void } {
    const before = { draw: this.#draw, absent: this.#absent, extra: this.#extra };
    const n = this.dice.below(10);
    if (n === 0) this.#extra = !this.#extra;
    else if (n < 3) {
      const name = `p${this.dice.below(PORTS)}`;
      this.#absent = new Set(this.#absent.has(name) ? [...this.#absent].filter((one) => one !== name) : [...this.#absent, name]);
    } else {
      if (this.#changes.length === 0)
        this.#changes.push(...fc.sample(change, { numRuns: BATCH, seed: this.dice.below(0x7fff_ffff) }).map((one) => one.change));
      const changed = this.#changes.pop()!(this.#draw);
      // A router changes its kind only while it is down: another test's.
      this.#draw = { ...changed, routers: changed.routers.map((router) => ({ ...router, distributed: true })) };
    }
    const undo = (): void => {
      [this.#draw, this.#absent, this.#extra] = [before.draw, before.absent, before.extra];
    };
    return { file: this.file(), undo };
  }

  file(): string {
    const objects = JSON.parse(fileOf(planOf(this.#draw))) as {
      hosts: Record<string, unknown>[];
      lports: Record<string, unknown>[];
      networks: unknown[];
      subnets: unknown[];
    };
    const hosts = objects.hosts.map((host) => ({ ...host, physnets: ['physnet1'] }));
    const lports = objects.lports.filter(({ name }) => !this.#absent.has(name as string)).map((port) => this.#placed(port));
    if (!this.#extra) return JSON.stringify({ ...objects, hosts, lports });
    return JSON.stringify({
      ...objects,
      hosts,
      networks: [...objects.networks, { name: 'extra', type: 'vxlan', id: 900 }],
      subnets: [...objects.subnets, { name: 'extra4', network: 'extra', cidr: '10.9.0.0/24', gateway: '10.9.0.1' }],
      lports: [...lports, { name: 'lone', network: 'extra', mac: 'fa:16:3e:00:09:01', addresses: ['10.9.0.11'], host: FOREIGN }],
    });
  }

  /** With its device in its guest's namespace, or without one at the host that is none of ours. */
  #placed({ tap, migratingTo, ...port }: Record<string, unknown>): Record<string, unknown> {
    const name = port.name as string;
    if (tap === undefined) return port;
    if (port.host === FOREIGN || Number(name.slice(1)) >= GUESTS) return { ...port, host: FOREIGN };
    const { own, other } = this.netns(name);
    return {
      ...port,
      tap,
      netns: own,
      ...(migratingTo === undefined || migratingTo === FOREIGN ? {} : { migratingTo, migratingNetns: other }),
    };
  }
}
