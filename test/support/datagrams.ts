import type { Addon } from '../../src/io/addon.js';
import { type TunnelKind, TunnelReceived } from '../../src/io/tunnelCalls.js';
import { TunnelIface } from '../../src/io/tunnelIface.js';
import { CounterRoom, IfaceCounter } from '../../src/shared/counters.js';
import { Arena } from '../../src/wire/memory.js';
import { wireIp } from './octets.js';
import { World } from './world.js';

const SLOT = 5;
/** Address of the other end, as loaded. */
export const PEER = wireIp('192.0.2.2');

/** One datagram as sockets deliver it: payloads of one length each, the last may be shorter. */
export interface Datagram {
  readonly payloads: readonly Uint8Array[];
  /** Octets that options of the outer header move it on by. */
  readonly shift?: number;
  readonly source?: number;
}

/** A tunnel whose sockets are these datagrams, in one call; what is sent gets `errnos`. */
export function tunnel(kind: TunnelKind, datagrams: readonly Datagram[], errnos: readonly number[] = []) {
  const world = new World({});
  const { cx } = world;
  const sendErrors = new Int32Array(16);
  let received: Int32Array = new Int32Array();
  let given = false;
  let released = 0;
  const addon = {
    borrowTunnel(_fds: number[], _kind: TunnelKind, _sends: Int32Array, rows: Int32Array): number {
      received = rows;
      return 3;
    },
    receiveTunnel(): number {
      if (given) return 0;
      given = true;
      datagrams.forEach(({ payloads, shift = 0, source = PEER }, i) => {
        let at = Arena.TunnelStart + i * Arena.TunnelSlot + Arena.FrameStart - 8 + shift;
        const octets = payloads.reduce((sum, p) => sum + p.length, 0);
        received.set([at, octets, source, payloads.length > 1 ? payloads[0]!.length : 0], i * TunnelReceived.Words);
        for (const payload of payloads) {
          cx.memory.u8.set(payload, at);
          at += payload.length;
        }
      });
      return datagrams.length;
    },
    transmitTunnel(_handle: number, count: number): number {
      sendErrors.set(errnos);
      return count - errnos.filter((e) => e !== 0).length;
    },
    release: () => released++,
  } as unknown as Addon;
  const iface = new TunnelIface('tunnel', SLOT, addon, [1, 2], kind, sendErrors, cx);
  const frame = (f: number) => cx.memory.u8.slice(cx.offsets[f]!, cx.offsets[f]! + cx.lengths[f]!);
  const counter = (c: IfaceCounter) => cx.counters.rifs[(CounterRoom.FirstDevice + SLOT) * IfaceCounter.Count + c]!;
  return { iface, cx, frame, counter, released: () => released };
}
