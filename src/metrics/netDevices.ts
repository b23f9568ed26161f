import type { Registry } from 'prom-client';
import { listMissingPhysnets, listNetDevices, listTunnels, type NetDevice } from '../control/show/netDevices.js';
import type { Shown } from '../control/show/shown.js';
import { ifaceTotal } from '../control/show/totals.js';
import { IfaceCounter } from '../shared/counters.js';
import { type Labels, pulledCounter, pulledGauge } from './pulled.js';

/** Devices of one kind, as their metrics call them. */
interface Kind {
  /** "lport": metrics are windrose_lport_..., and it is the label with the name. */
  readonly word: string;
  readonly list: () => readonly NetDevice[];
  /** Beside the name. */
  readonly label?: 'network';
  /** "the port's device" */
  readonly what: string;
  readonly isDevice: boolean;
  /** Names of those that should be there, and have no device. */
  readonly missing?: () => readonly string[];
}

const CAUSES = {
  full: IfaceCounter.TxFull,
  down: IfaceCounter.TxDown,
  too_long: IfaceCounter.TxTooLong,
  error: IfaceCounter.TxError,
} as const;

/**
 * The same of this host's lports, physical networks and tunnel endpoints as of interfaces (metrics/ifaces.ts). Lports come and go: what is
 * listed are those of this moment, and the counters of one that comes anew begin at 0.
 */
export function registerNetDevices(registry: Registry, shown: Shown): void {
  const ofDevices = (of: 'lport' | 'physnet') => () => listNetDevices(shown, of);
  const kinds: readonly Kind[] = [
    { word: 'lport', list: ofDevices('lport'), label: 'network', what: "the port's device", isDevice: true },
    {
      ...{ word: 'physnet', list: ofDevices('physnet'), what: 'the device of the physical network', isDevice: true },
      missing: () => listMissingPhysnets(shown),
    },
    { word: 'tunnel', list: () => listTunnels(shown), what: 'the tunnel endpoint', isDevice: false },
  ];
  for (const kind of kinds) registerKind(registry, shown, kind);
}

function registerKind(registry: Registry, { states, links }: Shown, kind: Kind): void {
  const { word, list, label, what, isDevice, missing = () => [] } = kind;
  const labels = [word, ...(label === undefined ? [] : [label])];
  const labelsOf = ({ name, network }: NetDevice): Labels => ({ [word]: name, ...(label === undefined ? {} : { network }) });
  const traffic = (name: string, help: string, counter: IfaceCounter) =>
    pulledCounter(registry, {
      name: `windrose_${word}_${name}`,
      help,
      labels,
      forgets: true,
      samples: () => list().map((one) => [labelsOf(one), ifaceTotal(states, one.row, counter)] as const),
    });
  traffic('receive_frames_total', `Frames received from ${what}; a super-frame is one.`, IfaceCounter.RxFrames);
  traffic('receive_bytes_total', `Octets received from ${what}, Ethernet header included.`, IfaceCounter.RxOctets);
  traffic('transmit_frames_total', `Frames that ${what} took; a super-frame is one.`, IfaceCounter.TxFrames);
  traffic('transmit_bytes_total', `Octets that ${what} took, Ethernet header included.`, IfaceCounter.TxOctets);
  traffic('receive_errors_total', 'Receive calls that failed.', IfaceCounter.RxError);
  pulledCounter(registry, {
    name: `windrose_${word}_transmit_failed_total`,
    help: `Frames that ${what} did not take, by cause as of windrose_iface_transmit_failed_total.`,
    labels: [...labels, 'cause'],
    forgets: true,
    samples: () =>
      list().flatMap((one) =>
        Object.entries(CAUSES).map(
          ([cause, counter]) => [{ ...labelsOf(one), cause }, ifaceTotal(states, one.row, counter)] as const,
        ),
      ),
  });
  pulledCounter(registry, {
    name: `windrose_${word}_kernel_dropped_total`,
    help: `Frames the kernel dropped before the gateway read them from ${what}.${isDevice ? ' Absent for a TAP in a namespace that cannot be entered.' : ''}`,
    labels,
    forgets: true,
    samples: () =>
      list().flatMap((one): [Labels, number][] => {
        const lost = one.lost();
        return lost === undefined ? [] : [[labelsOf(one), lost]];
      }),
  });
  if (!isDevice) return;
  pulledCounter(registry, {
    name: `windrose_${word}_returns_total`,
    help: `Times ${what} was taken away and opened again.`,
    labels,
    forgets: true,
    samples: () => list().map((one) => [labelsOf(one), one.held!.returns] as const),
  });
  pulledGauge(registry, {
    name: `windrose_${word}_up`,
    help: `1: ${what} is up and operational; 0: it is down or gone${kind.missing ? ', or the configuration lacks it' : ''}.`,
    labels,
    samples: () => [
      ...list().map((one) => [labelsOf(one), links.state(one.held!.config) === 'UP' ? 1 : 0] as const),
      ...missing().map((name) => [{ [word]: name }, 0] as const),
    ],
  });
}
