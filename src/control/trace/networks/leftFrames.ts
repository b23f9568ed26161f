import type { PipelineContext } from '../../../pipeline/context.js';
import { Outlet } from '../../../pipeline/outlet.js';
import { TunnelSend } from '../../../pipeline/tunnelList.js';
import { CounterRoom } from '../../../shared/counters.js';
import { SegType } from '../../../tables/networks.js';
import { FIRST_LPORT } from '../../../tables/rifs.js';
import type { FrameFields } from '../../../types/traceFrame.js';
import { Gre } from '../../../wire/gre.js';
import { listNetDevices } from '../../show/netDevices.js';
import type { Shown } from '../../show/shown.js';
import { FIELD_OCTETS, frameFields } from '../frameFields.js';
import { type LeavingFrame, lacksIn, leavingFrame, outletsLike } from '../wayOutOffloads.js';

/** A frame on the list of a device or of a tunnel. */
export interface Left {
  /** Slot of the device; -1: it is in a tunnel. */
  readonly slot: number;
  /** Of a tunnel: which kind, and the address of its other end. */
  readonly tunnel: { readonly type: SegType; readonly to: number } | undefined;
  /** Of the frame, without what a tunnel puts before it. */
  readonly octets: number;
  /** Undefined: it is no IPv4. */
  readonly fields: FrameFields | undefined;
  /** Type and code of an ICMP message. */
  readonly type: number;
  readonly code: number;
  readonly leaving: LeavingFrame;
}

const IN_TUNNEL: LeavingFrame = { superFrame: 'none', segments: 1 };

/** Lists to send by that are like those of the devices, ports and physical networks among them. */
export function networkOutlets(shown: Shown): Outlet[] {
  const { lports } = shown.built.snapshot.switching;
  const own = outletsLike(shown);
  const outlets = Array.from({ length: FIRST_LPORT + lports.count }, (_, slot) => own[slot] ?? new Outlet());
  for (const { held, row } of [...listNetDevices(shown, 'lport'), ...listNetDevices(shown, 'physnet')]) {
    const outlet = outlets[row - CounterRoom.FirstDevice];
    if (held === undefined || outlet === undefined) continue;
    const offloads = shown.links.offloads(held.config);
    outlet.lacks = lacksIn(offloads);
    outlet.coalesces = offloads.coalesce;
  }
  return outlets;
}

/** All that is on the lists: first what stays on this host, then what is on tunnels. */
export function leftFrames(cx: PipelineContext): Left[] {
  const { u8 } = cx.memory;
  const on = cx.outlets.flatMap((outlet, slot) =>
    Array.from({ length: outlet.queued }, (_, i): Left => {
      const [frame, length] = [outlet.sends[i * 2]!, outlet.sends[i * 2 + 1]!];
      return {
        slot,
        tunnel: undefined,
        octets: length,
        ...read(u8.subarray(frame, frame + length)),
        leaving: leavingFrame(cx, outlet, frame, length),
      };
    }),
  );
  const tunnelled = cx.tunnels.flatMap(({ queued, sends }, kind) =>
    Array.from({ length: queued }, (_, i): Left => {
      const at = i * TunnelSend.Words;
      const frame = sends[at + TunnelSend.Offset]! + Gre.Octets;
      const end = sends[at + TunnelSend.Offset]! + sends[at + TunnelSend.Octets]!;
      const tunnel = { type: kind === 1 ? SegType.Gre : SegType.Vxlan, to: sends[at + TunnelSend.Destination]! };
      return { slot: -1, tunnel, octets: end - frame, ...read(u8.subarray(frame, end)), leaving: IN_TUNNEL };
    }),
  );
  return [...on, ...tunnelled];
}

function read(octets: Uint8Array): Pick<Left, 'fields' | 'type' | 'code'> {
  const fields = frameFields(octets.subarray(0, FIELD_OCTETS));
  const isTagged = octets[12] === 0x81 && octets[13] === 0;
  const ip = isTagged ? 18 : 14;
  const l4 = ip + ((octets[ip] ?? 5) & 15) * 4;
  return { fields, type: octets[l4] ?? 0, code: octets[l4 + 1] ?? 0 };
}
