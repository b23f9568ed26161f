import { flowHash } from '../../tables/hash.js';
import { swapPort } from '../../tables/portBlocks.js';
import { findInward, findOutward } from '../../tables/sessionLookup.js';
import { Session, type Sessions } from '../../tables/sessions.js';
import type { State } from '../../tables/state.js';
import { IcmpType } from '../../wire/icmp.js';
import { Protocol } from '../../wire/ipv4.js';
import { copyRow } from '../show/sessions.js';
import type { Packet } from './writePacket.js';

/** Looks taken at a table: its worker may just be moving an entry from behind the look to before it. */
const LOOKS = 3;

export interface FoundSession {
  readonly worker: number;
  readonly words: Int32Array;
}

/** The session the packet belongs to, copied; undefined: none. `inside`: the packet comes from there. */
export function findSession(states: readonly State[], packet: Packet, inside: boolean): FoundSession | undefined {
  const ports = portsWord(packet, inside);
  if (ports === undefined) return undefined;
  const { source, destination, protocol } = packet;
  for (let look = 0; look < LOOKS; look++) {
    for (const [worker, { sessions }] of states.entries()) {
      const hash = flowHash(sessions.key, source, destination, ports, protocol);
      const row = (inside ? findOutward : findInward)(sessions, hash, source, destination, ports, protocol);
      const words = new Int32Array(Session.Words);
      if (row < 0 || !copyRow(sessions, row, words) || !isOf(words, packet, inside, ports)) continue;
      if (isInward(sessions, words, row)) return { worker, words };
    }
  }
  return undefined;
}

/** The row may have changed hands between the look-up and the copy. */
function isOf(words: Int32Array, { source, destination, protocol }: Packet, inside: boolean, ports: number): boolean {
  const tuple = inside
    ? [Session.InsideAddress, Session.RemoteAddress, Session.OutwardPorts]
    : [Session.RemoteAddress, Session.ExternalAddress, Session.InwardPorts];
  const [a, b, c] = tuple.map((word) => words[word]);
  return a === source && b === destination && c === ports && (words[Session.Meta]! & 0xff) === protocol;
}

/** A session is found in both directions; a row that is found in one only is on its way in or out, or points elsewhere. */
function isInward(t: Sessions, words: Int32Array, row: number): boolean {
  const [remote, external] = [words[Session.RemoteAddress]!, words[Session.ExternalAddress]!];
  const ports = words[Session.InwardPorts]!;
  const protocol = words[Session.Meta]! & 0xff;
  return findInward(t, flowHash(t.key, remote, external, ports, protocol), remote, external, ports, protocol) === row;
}

/** Ports as a frame carries them; undefined for a packet that no session matches. The same choice as classify's. */
function portsWord(p: Packet, inside: boolean): number | undefined {
  if (p.protocol === Protocol.Icmp) {
    if (inside) return p.icmpType === IcmpType.Echo ? swapPort(p.sourcePort) : undefined;
    return p.icmpType === IcmpType.EchoReply ? swapPort(p.destinationPort) << 16 : undefined;
  }
  if (p.protocol !== Protocol.Tcp && p.protocol !== Protocol.Udp) return undefined;
  return swapPort(p.sourcePort) | (swapPort(p.destinationPort) << 16);
}
