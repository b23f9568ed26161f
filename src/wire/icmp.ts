/** RFC 792. Offsets count from the first octet of the ICMP header. */
export const enum Icmp {
  Type = 0,
  Code = 1,
  Checksum = 2,
  Id = 4,
  /** Length of the quoted packet in an error with extensions, in words of 4 octets; else 0 (RFC 4884). */
  QuotedWords = 5,
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
  Protocol = 2,
  Port = 3,
  FragmentationNeeded = 4,
  AdminProhibited = 13,
}

/** Types that report an error and so are never answered by one (ERR-13): unreachable, quench, redirect, time exceeded, parameter problem. */
export function isIcmpError(type: number): boolean {
  return type === 3 || type === 4 || type === 5 || type === 11 || type === 12;
}

/** Errors that are translated (ERR-9): unreachable, time exceeded, parameter problem, every code. */
export function isTranslatedError(type: number): boolean {
  return type === 3 || type === 11 || type === 12;
}

/** Types that never cross (ICM-4): source quench, redirect, router advertisement and solicitation, information, address mask. */
export function isRefusedIcmp(type: number): boolean {
  return type === 4 || type === 5 || type === 9 || type === 10 || (type >= 15 && type <= 18);
}
