/** What the control socket answers to `POST /v1/activate?port=NAME`. */
export interface ActivateReport {
  /** The port is bound where it was migrating to. */
  readonly ok: boolean;
  readonly port: string;
  /** Where it is bound now; empty: nowhere. */
  readonly host: string;
  /** Where it was bound; empty: nothing has changed. */
  readonly from: string;
  /** The other hosts take it from the store; false: each has its own. */
  readonly shared: boolean;
  /** Why not; empty when it is. */
  readonly refused: string;
}
