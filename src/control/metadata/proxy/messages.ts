/** What the gateway and the process of the metadata proxy tell each other. */

export interface ProxySettings {
  /** "http://127.0.0.1:8775", "https://...", or "unix:/run/metadata.sock" */
  readonly endpoint: string;
  readonly secret: string | undefined;
  /** Certificates (PEM) that the endpoint's must be signed by. */
  readonly ca: string | undefined;
  /** Of a port, at the same time. */
  readonly connections: number;
}

/** Whom an address of the range stands for. */
export interface Identity {
  readonly port: string;
  readonly instance: string;
  readonly project: string | undefined;
  readonly network: string;
  readonly router: string;
  /** "10.0.0.11" */
  readonly fixed: string;
}

/** Gateway to proxy; each says all of it. */
export type ToProxy =
  | { readonly kind: 'settings'; readonly settings: ProxySettings }
  /** By address, "100.100.0.2". */
  | { readonly kind: 'identities'; readonly identities: readonly (readonly [address: string, identity: Identity])[] };

/** What became of requests. */
export const OUTCOMES = ['answered', 'unreachable', 'timeout', 'bad_answer', 'refused', 'broken_off'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Why a connection was closed before it was served. */
export const REFUSALS = ['connections', 'nobody', 'pipelined'] as const;
export type Refusal = (typeof REFUSALS)[number];

export interface PortCounts {
  readonly port: string;
  /** Open at present. */
  readonly connections: number;
  readonly requests: number;
  readonly refused: number;
  /** HTTP status of the last answer; 0: none yet. */
  readonly status: number;
}

/** Proxy to gateway, when something has changed, once a second at most. Counted since this process began. */
export interface ProxyCounts {
  readonly requests: Readonly<Record<Outcome, number>>;
  readonly refused: Readonly<Record<Refusal, number>>;
  readonly connections: number;
  /** Ports that have asked. */
  readonly ports: readonly PortCounts[];
  /** Why the endpoint was not reached the last time; empty: it was. */
  readonly failure: string;
}
