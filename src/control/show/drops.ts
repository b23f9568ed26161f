import { IfaceCounter } from '../../shared/counters.js';
import { FIRST_DROP, Verdict, verdictSpec } from '../../shared/verdict.js';
import type { DropRow } from '../../types/show.js';
import { listNetDevices, listTunnels } from './netDevices.js';
import type { Shown } from './shown.js';
import { type IfaceSlots, ifaceSum, ifaceTotal, listIfaces, NO_DEVICE, verdictTotal } from './totals.js';

interface KernelLoss {
  readonly reason: string;
  /** Undefined: before the gateway read them. */
  readonly counter: IfaceCounter | undefined;
  readonly help: string;
  readonly look: string;
}

/** Frames that the kernel lost before the gateway read them, or did not take. The latter have a verdict: `translated` and so on. */
export const kernelLosses: readonly KernelLoss[] = [
  {
    reason: 'receive_queue',
    counter: undefined,
    help: 'Never read: the queue of a device to the gateway was full.',
    look: 'RX-DROPPED of show ifaces, lports, physnets and tunnels with -o wide; BUSY of show workers.',
  },
  {
    reason: 'send_full',
    counter: IfaceCounter.TxFull,
    help: "Decided and sent, but the device's queue was full, or the far end of a veth pair dropped the frame.",
    look: 'TX-DROPPED of show ifaces, lports, physnets and tunnels with -o wide; whoever reads at the far end, and its MTU.',
  },
  {
    reason: 'send_down',
    counter: IfaceCounter.TxDown,
    help: 'Decided and sent, but the device was down or gone, or there was none.',
    look: 'STATE of show ifaces, lports and physnets; the log tells since when. A physical network that host.physnets lacks is GONE.',
  },
  {
    reason: 'send_too_long',
    counter: IfaceCounter.TxTooLong,
    help: "Decided and sent, but longer than the device's MTU.",
    look: 'Interface: "mtu:" of it, which is above that of its device (ip link). Port, physical network: MTU of its device, set it to that of the network. Tunnel: MTU of show tunnels.',
  },
  {
    reason: 'send_error',
    counter: IfaceCounter.TxError,
    help: 'Decided and sent, but the kernel refused the frame for another reason.',
    look: 'TX-DROPPED of show ifaces and the others with -o wide; sendOffloads of that interface; of tunnels the route to the other host.',
  },
];

/**
 * Every reason in the order of the verdicts, those that never happened too; then what the kernel lost before the gateway read it, and
 * what it did not take. Those have no verdict of their own, and are told by device elsewhere.
 */
export function showDrops(shown: Pick<Shown, 'states' | 'built' | 'links' | 'networks' | 'index'>): DropRow[] {
  const { states, built, links } = shown;
  const rows: DropRow[] = [];
  for (let v: Verdict = FIRST_DROP; v < Verdict.Count; v++) {
    const { reason, help, look } = verdictSpec(v);
    rows.push({ reason, count: verdictTotal(states, v), by: 'gateway', help, look });
  }
  const lossOf = (line: IfaceSlots, counter: IfaceCounter | undefined): number =>
    counter === undefined ? (links.kernelDrops(line.device) ?? 0) : ifaceSum(states, line, counter);
  const devices = listIfaces(built).filter(({ vlan }) => vlan === 0);
  const ofNetworks = (['lport', 'physnet', 'metadata'] as const).flatMap((of) => listNetDevices(shown, of));
  const others = [...ofNetworks, ...listTunnels(shown)];
  for (const { reason, counter, help, look } of kernelLosses) {
    const ofIfaces = devices.reduce((sum, line) => sum + lossOf(line, counter), 0);
    const ofOthers = others.reduce(
      (sum, { row, lost }) => sum + (counter === undefined ? (lost() ?? 0) : ifaceTotal(states, row, counter)),
      0,
    );
    const nowhere = counter === undefined ? 0 : ifaceTotal(states, NO_DEVICE, counter);
    const count = ofIfaces + ofOthers + nowhere;
    rows.push({ reason, count, by: 'kernel', help, look });
  }
  return rows;
}
