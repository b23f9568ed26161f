import type { FloatingIpRow, RifRow, RouterRow } from './showRouters.js';

export type { FloatingIpRow, GatewayRow, RifRow, RouterRow } from './showRouters.js';

/** Rows of objects of distributed routers (objects/model.ts), as the control socket answers them. Empty text: there is none. */

export interface HostRow {
  name: string;
  /** False: its gateway runs, and the objects do not name it; it forwards nothing of networks. */
  named: boolean;
  vtep: string;
  mode: string;
  /** Empty while it is not known here. */
  mac: string;
  physnets: string[];
  /** Ports that are bound to it. */
  ports: number;
  /** It is this gateway. */
  self: boolean;
  /** It takes no SNAT service, and gives up those it has. */
  draining: boolean;
  /** Routers whose SNAT service it has, or all of them where they are not distributed. */
  services: number;
  /** Of these, while it is silent: those that no other host takes, as none was to have them. They are its own until it is deleted. */
  kept: number;
  /**
   * `alive`: its gateway runs; `starting`: it does, and its workers do not forward yet; `stopped`: it ended as it was told to;
   * `silent`: it went without a word, and may forward on; `never`: it was never there; `unknown`: it has a store of its own, or
   * the store does not answer.
   */
  state: 'alive' | 'starting' | 'stopped' | 'silent' | 'never' | 'unknown';
  /** Seconds it has been so; null: nobody knows. */
  stateSeconds: number | null;
  /** Of the gateway that runs or ran last. */
  bootId: string;
  version: string;
  /** Of the store, that its workers go by; null: it has not said so, or the store does not answer. */
  applied: number | null;
  /** Revisions by which the objects are ahead of that; null likewise. */
  behind: number | null;
  /** How long the newest objects have been there without it, seconds; null likewise. */
  lag: number | null;
}

/** As the reference's table dvr_host_macs has them. */
export interface HostMacRow {
  host: string;
  mac_address: string;
}

export interface NetworkRow {
  name: string;
  type: string;
  /** VLAN id, VNI or GRE key; 0: the type has none. */
  id: number;
  physnet: string;
  mtu: number;
  unknownUnicast: string;
  arp: string;
  /** "10.0.0.0/24" */
  subnets: string[];
  ports: number;
}

export interface SubnetRow {
  name: string;
  network: string;
  cidr: string;
  gateway: string;
  pools: string[];
}

/** What went through a device or a tunnel endpoint; the kernel's losses count before and behind the gateway. */
export interface DeviceTraffic {
  rxFrames: number;
  rxOctets: number;
  /** Lost before the gateway read them. */
  rxDropped: number;
  txFrames: number;
  txOctets: number;
  /** Not taken. */
  txDropped: number;
}

export interface LportRow {
  name: string;
  network: string;
  mac: string;
  addresses: string[];
  /** Empty: it is not bound. */
  host: string;
  /** Host it is about to be bound to; empty: none. */
  migratingTo: string;
  /** "tap tapa1" */
  device: string;
  netns: string;
  owner: string;
  portSecurity: boolean;
  /** "10.0.0.50/32", "10.0.0.50/32 02:00:00:00:00:01" */
  allowedPairs: string[];
  adminUp: boolean;
  /** Of its device, which the host it is bound to has, and the one it is migrating to; empty on the others. */
  state: DeviceState | '';
  /** Null likewise. */
  traffic: DeviceTraffic | null;
}

export type DeviceState = 'UP' | 'DOWN' | 'GONE';

/** A physical network of this host. */
export interface PhysnetRow {
  name: string;
  /** Empty, and so is `device`: the configuration lacks it. */
  kind: 'tap' | 'packet' | '';
  device: string;
  /** Empty: the gateway's own namespace. */
  netns: string;
  state: DeviceState;
  /** As it was when the device was opened; empty: it never was. */
  mac: string;
  /** As in IfaceRow. */
  ringSlots: number;
  /** How often the device was taken away and opened again. */
  returns: number;
  /** null where the configuration lacks it. */
  traffic: DeviceTraffic | null;
}

/** A tunnel endpoint of this host. */
export interface TunnelRow {
  name: 'vxlan' | 'gre';
  address: string;
  /** Empty: the gateway's own namespace. */
  netns: string;
  /** Device that has the address; empty, and its MTU 0: none has, or the gateway may not look. */
  device: string;
  mtu: number;
  /** Octets of the largest IP packet that networks in tunnels put on it, headers included; 0: there is no such network here. */
  needs: number;
  /** Endpoints of the other hosts. */
  peers: string[];
  traffic: DeviceTraffic;
}

/** A MAC of a network, and who has it as this host sees it. */
export interface FdbRow {
  network: string;
  mac: string;
  /** A port of this host; a port of another one, over a tunnel or beyond a physical network; an interface of a router, which is here too. */
  kind: 'port' | 'remote' | 'physnet' | 'router';
  /** Name of the port, the host, the physical network or the router interface. */
  to: string;
  /** Tunnel endpoint of the other host. */
  vtep: string;
}

/** A fixed address of a port of this host, as the metadata endpoint knows it. */
export interface MetadataRow {
  port: string;
  network: string;
  address: string;
  router: string;
  /** What stands for the address towards the endpoint. */
  standIn: string;
  instance: string;
  /** Empty: none is told. */
  project: string;
  /** Of the port, over all of its addresses: open at present; asked and refused since the proxy began. */
  connections: number;
  requests: number;
  refused: number;
  /** HTTP status of the last answer; null: none yet. */
  status: number | null;
}

/** Noun -> row. */
export interface ObjectRows {
  networks: NetworkRow;
  subnets: SubnetRow;
  lports: LportRow;
  routers: RouterRow;
  rifs: RifRow;
  'floating-ips': FloatingIpRow;
  hosts: HostRow;
  hostmacs: HostMacRow;
  fdb: FdbRow;
  physnets: PhysnetRow;
  tunnels: TunnelRow;
  metadata: MetadataRow;
}
