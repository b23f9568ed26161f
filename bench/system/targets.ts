/** Ratios this bench prints, and the least value where one is demanded. A bench reports; it never fails on a number. */
export interface RatioTarget {
  case: string;
  subject: string;
  against: string;
  target?: number;
}

const OF_IO_LIMIT = 0.95;
const OF_OVS_TCP = 1.3;
const OF_OVS_SMALL_FRAMES = 1.8;

/** The cases the I/O limit decides; the others are reported. */
const DECIDED = ['tcp1', 'tcp4', 'udp64'];
const REPORTED = [
  ...['tcp1-reverse', 'tcp4-reverse', 'tcp1-bidir', 'tcp4-bidir'],
  ...['udp512', 'udp1400', 'udp64-1k', 'udp64-64k', 'udp64-200k'],
];

export const ratioTargets: readonly RatioTarget[] = [
  ...DECIDED.flatMap((name) => [
    { case: name, subject: 'windrose', against: 'ioloop', target: OF_IO_LIMIT },
    { case: name, subject: 'windrose', against: 'ovs', target: name === 'udp64' ? OF_OVS_SMALL_FRAMES : OF_OVS_TCP },
  ]),
  ...REPORTED.flatMap((name) => [
    { case: name, subject: 'windrose', against: 'ioloop' },
    { case: name, subject: 'windrose', against: 'ovs' },
  ]),
  ...[...DECIDED, ...REPORTED].flatMap((name) => [
    { case: name, subject: 'windrose', against: 'nftables' },
    { case: name, subject: 'windrose', against: 'nftables-steered' },
    { case: name, subject: 'windrose-packet', against: 'ioloop-packet' },
    { case: name, subject: 'windrose-packet', against: 'nftables' },
    { case: name, subject: 'windrose-2w', against: 'windrose' },
    { case: name, subject: 'windrose-packet-2w', against: 'windrose-packet' },
  ]),
];
