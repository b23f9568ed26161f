/** What the control socket answers to `POST /v1/reload`. */
export interface ReloadReport {
  /** The file was taken over, or would be; without a difference there was nothing to do. */
  readonly ok: boolean;
  readonly dryRun: boolean;
  readonly configFile: string;
  /** Faults and warnings of the file, by place. */
  readonly issues: readonly ReportedIssue[];
  /** What else is worth to be known about a file without faults. */
  readonly notes: readonly (Omit<ReportedIssue, 'severity'> & { readonly severity: 'note' })[];
  /** The difference to the configuration that was in use, line by line. */
  readonly changes: readonly string[];
  /** Why a file without faults cannot be taken over. */
  readonly refused: readonly string[];
  /** True when it was begun, and the machine refused: a device, for instance, at which a dry run does not look. */
  readonly begun: boolean;
  /** Of the configuration in use now. */
  readonly generation: number;
  /** Addresses that take no new session, and the sessions they still have. */
  readonly draining: readonly { readonly address: string; readonly zone: string; readonly sessions: number }[];
  /** Workers that have not taken it over yet; they will with their next turn. */
  readonly lateWorkers: readonly number[];
}

/** As the configuration loader reports it. */
export interface ReportedIssue {
  readonly severity: 'error' | 'warning';
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly path: string;
  readonly message: string;
  readonly remedy: string;
}
