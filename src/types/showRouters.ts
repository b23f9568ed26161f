/** Rows of distributed routers and their addresses, as the control socket answers them. Empty text: there is none. */

export interface RouterRow {
  name: string;
  distributed: boolean;
  adminUp: boolean;
  /** Names of its interfaces. */
  interfaces: string[];
  /** Its ways to external networks; the first one is the way of what no other one has the source of. */
  gateways: GatewayRow[];
  /** Host that has its SNAT service at present, or all of it where it is not distributed; empty: none has. */
  snatHost: string;
  /** What of it this host has no room for: "router interfaces: 8192"; empty: nothing, or it does not concern this host. */
  leftOut: string;
  routes: string[];
  rules: string[];
}

export interface GatewayRow {
  network: string;
  subnet: string;
  address: string;
  mac: string;
  /** False: what leaves by it keeps its source. */
  enableSnat: boolean;
  /** Empty for the first. */
  sources: string[];
  /** Names of its zones. */
  zones: string[];
  /** Hosts that may have it, by preference; empty: all that can. */
  hosts: string[];
}

/** A floating IP of any host. */
export interface FloatingIpRow {
  name: string;
  address: string;
  network: string;
  /** Empty: it is associated with nothing. */
  router: string;
  /** Empty, and so is `fixed`: there is none, or only ports are forwarded. */
  lport: string;
  fixed: string;
  placement: 'distributed' | 'centralized';
  mac: string;
  /** "tcp 8080 to a1 10.0.0.11:80" */
  forwardings: string[];
  /** Host that serves it: its guest's, or the one that has its router's SNAT service. Empty: none does. */
  host: string;
  /**
   * `reserved`: it is for nothing; `down`: its router or its port is, or no host has the SNAT service that would serve it;
   * `unbound`: its port is bound to no host; `silent`, `stopped`, `never`: so is its host (HostRow); `forwards`: ports of it lead
   * to ports of machines; `active`: none of that.
   */
  status: 'reserved' | 'down' | 'unbound' | 'silent' | 'stopped' | 'never' | 'forwards' | 'active';
}

export interface RifRow {
  name: string;
  /**
   * `replica`: on every host that has the router (Neutron: qr-); on one host at a time `snat` (sg-), its service there, and `gateway` (qg-). Of this
   * host `exit`: on an external network, for floating IPs (fg-), and `pair`: between a router and an exit, both sides (rfp-, fpr-).
   */
  kind: 'replica' | 'snat' | 'gateway' | 'exit' | 'pair';
  /** Of an exit its name, `fip-<network>`. */
  router: string;
  /** Empty for exits and pairs. */
  subnet: string;
  network: string;
  /** "10.0.0.1/24"; empty: it has none of its own. */
  address: string;
  /** Empty for pairs, which nothing is sent on. */
  mac: string;
  /** Host it is on; empty: on every one that has the router, or on none. */
  host: string;
  /** It is what the hosts of the subnet call their gateway. */
  gateway: boolean;
}
