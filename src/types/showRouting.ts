/** Rows of `show rules` and `show routes`: what ip-rule(8) and ip-route(8) print, by its words. Empty text: not said. */

export interface RuleRow {
  priority: number;
  not: boolean;
  /** "all", "10.0.0.1/24", "10.0.0.1" */
  from: string;
  to: string;
  /** "0x10" */
  tos: string;
  /** "10", "0x8/0x38" */
  dscp: string;
  /** "0x1/0xff" */
  fwmark: string;
  iif: string;
  /** No interface has the name of iif: the rule matches nothing. */
  iifDetached: boolean;
  oif: string;
  oifDetached: boolean;
  /** "5-10" */
  uidrange: string;
  /** "udp", "ipproto-200" */
  ipproto: string;
  /** "1000-2000" */
  sport: string;
  dport: string;
  tunId: string;
  /** Name or number; empty for an action that looks at none. */
  table: string;
  suppressPrefixlength: number | null;
  suppressIfgroup: string;
  /** "3", "3/4" */
  realms: string;
  action: 'lookup' | 'goto' | 'nat' | 'nop' | 'blackhole' | 'unreachable' | 'prohibit';
  /** Address that the source becomes. */
  mapTo: string;
  goto: number | null;
  /** No rule has the priority of goto: the rule does nothing. */
  unresolved: boolean;
  /** Who made it: "static". */
  proto: string;
}

export interface NexthopRow {
  via: string;
  dev: string;
  weight: number;
  onlink: boolean;
  /** The device is gone or down, or probes are not answered; no carrier. Absent: none of it. A configured route passes such a way over. */
  dead?: true;
  linkdown?: true;
}

export interface RouteRow {
  type: 'unicast' | 'local' | 'broadcast' | 'multicast' | 'blackhole' | 'unreachable' | 'prohibit' | 'throw';
  /** "default", "10.0.0.0/8", "10.0.0.1" */
  to: string;
  /** "CS1", "0x10" */
  tos: string;
  /** One for a route with one way, none for those that refuse. */
  nexthops: NexthopRow[];
  /** Name or number. */
  table: string;
  /** "static"; zone and mapping: an external address of zones, or of static mappings alone. */
  proto: string;
  /** "link" */
  scope: string;
  src: string;
  metric: number;
  /** "3", "3/4" */
  realm: string;
  /** Octets; 0: not said. */
  mtu: number;
  mtuLocked: boolean;
}

/** A next hop that is asked by ICMP echo whether it lives (nexthopProbes). */
export interface ProbeRow {
  address: string;
  dev: string;
  /** DEAD: routes pass it over. UNKNOWN: not found dead, but no answer came yet. */
  state: 'UP' | 'DEAD' | 'UNKNOWN';
  /** Time the last answer took, whole milliseconds; null: there was none. */
  rttMs: number | null;
  /** Since the last answer; null likewise. */
  answerSeconds: number | null;
  /** Requests in a row without an answer. */
  lost: number;
  sent: number;
  answers: number;
  intervalMs: number;
  fails: number;
  recovers: number;
}
