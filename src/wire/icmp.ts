/** RFC 792. Offsets count from the first octet of the ICMP header. */
export const enum Icmp {
  Type = 0,
  Code = 1,
  Checksum = 2,
  Id = 4,
  Sequence = 6,
  /** MTU of the next hop in a 3/4 (RFC 1191). */
  NextHopMtu = 6,
  Header = 8,
}

export const enum IcmpType {
  EchoReply = 0,
  Unreachable = 3,
  Echo = 8,
  TimeExceeded = 11,
  ParameterProblem = 12,
}

export const enum UnreachableCode {
  Net = 0,
  Host = 1,
  Port = 3,
  FragmentationNeeded = 4,
  AdminProhibited = 13,
}

/** Types that report an error and so are never answered by one (ERR-13): unreachable, quench, redirect, time exceeded, parameter problem. */
export function isIcmpError(type: number): boolean {
  return type === 3 || type === 4 || type === 5 || type === 11 || type === 12;
}
