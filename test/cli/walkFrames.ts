import { type Captured, judge } from '../../src/cli/demo/cloud/judge.js';
import type { Place, Walk } from '../../src/cli/demo/cloud/walk.js';
import { eth, icmp, ipv4, packet, udp } from '../support/layers.js';

/**
 * Walks of demos, written out: place, source, destination, TTL, VNI with tunnel endpoints between hosts, addresses where they are
 * not those of sender and receiver. `h1 D1>b2 63 1002 T1>T2`, `n-external Q>U 62 [.21>8.8.8.8]`, `n -`: nothing.
 */
export type WalkTable = Readonly<Record<string, readonly [request: readonly string[], reply: readonly string[]]>>;

export const MACS: Readonly<Record<string, string>> = {
  ...{
    a1: 'fa:16:3e:19:63:25',
    a3: 'fa:16:3e:00:0a:03',
    b1: 'fa:16:3e:00:0b:01',
    a2: 'fa:16:3e:00:0a:02',
    b2: 'fa:16:3e:7d:49:80',
    a4: 'fa:16:3e:00:0a:04',
  },
  ...{ G_A: 'fa:16:3e:3c:74:9c', G_B: 'fa:16:3e:a3:3b:39', S_A: 'fa:16:3e:a3:ef:a9', S_B: 'fa:16:3e:de:85:63' },
  ...{ D1: 'fa:16:3f:09:34:f2', D2: 'fa:16:3f:4e:4f:98', D_N: 'fa:16:3f:64:a0:74' },
  ...{ Q: 'fa:16:3e:93:cb:37', U: '02:00:00:00:01:01', F1: 'fa:16:3e:95:f5:89', F2: 'fa:16:3e:2c:f4:88' },
};
const ADDRESSES: Readonly<Record<string, string>> = {
  ...{ a1: '10.0.0.11', a3: '10.0.0.13', b1: '20.0.0.21', a2: '10.0.0.12', b2: '20.0.0.22', a4: '10.0.0.14', up: '8.8.8.8' },
  ...{ T1: '192.0.2.1', T2: '192.0.2.2', T_N: '192.0.2.3' },
};

function addressOf(name: string): string {
  return ADDRESSES[name] ?? (name.startsWith('.') ? `192.168.1${name}` : name);
}

/** `ends` with "!": a datagram that may be fragmented. */
export function inTunnel(vni: number, ends: string, inner: Uint8Array): Uint8Array {
  const [src, dst] = ends.replace(/!$/, '').split('>').map(addressOf);
  const header = Uint8Array.of(8, 0, 0, 0, vni >> 16, vni >> 8, vni, 0);
  return packet(
    eth(),
    ipv4({ src: src!, dst: dst!, df: !ends.endsWith('!') }),
    udp({ sport: 50_000, dport: 4789 }),
    Buffer.concat([header, inner]),
  );
}

/** The frame of an entry of the table. */
function frameOf(entry: string, from: string, to: string, reply: boolean): Uint8Array[] {
  const [, macs, ttl, vni, ends] = entry.replace(/ \[.*/, '').split(' ');
  if (macs === '-') return [];
  const [source, destination] = macs!.split('>').map((name) => MACS[name]!);
  const [src, dst] = (/ \[(.*)\]$/.exec(entry)?.[1] ?? `${from}>${to}`).split('>').map(addressOf);
  const echo = icmp({ type: reply ? 0 : 8, id: 7, seq: 1 });
  const inner = packet(eth({ src: source!, dst: destination! }), ipv4({ src: src!, dst: dst!, ttl: Number(ttl) }), echo, 'hello');
  return [vni === undefined ? inner : inTunnel(Number(vni), ends!, inner)];
}

/** What is captured when a walk goes as the table says, after `change` of an entry. */
export function captured(
  walk: Walk,
  table: readonly [readonly string[], readonly string[]],
  change = (entry: string): string => entry,
): Map<Place, Uint8Array[]> {
  const seen = new Map<Place, Uint8Array[]>();
  table.forEach((entries, reply) => {
    const [sender, receiver] = reply === 0 ? [walk.from.name, walk.to] : [walk.to, walk.from.name];
    for (const entry of entries) {
      const place = entry.split(' ')[0] as Place;
      seen.set(place, [...(seen.get(place) ?? []), ...frameOf(change(entry), sender, receiver, reply === 1)]);
    }
  });
  return seen;
}

/** The hops that are wrong, with what was seen instead. */
export function faults(walk: Walk, frames: Captured): (readonly [at: string, instead: string])[] {
  const both = judge(walk, frames);
  return both.flat().flatMap(({ at, instead }) => (instead === undefined ? [] : [[at, instead] as const]));
}
