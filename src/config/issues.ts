import { visible } from '../types/visible.js';

/** A fault or a warning in the configuration, with the place it is at. Only an error hinders. */
export interface Issue<Severity extends string = 'error' | 'warning'> {
  readonly severity: Severity;
  readonly file: string;
  /** From 1; 0 when the fault is not at a place in the file. */
  readonly line: number;
  readonly column: number;
  /** "zones[1].localAddresses[0]"; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
  /** What to do about it; may be empty when the message says it. */
  readonly remedy: string;
}

/** About something that is meant, and that an operator should know all the same; only `check` tells it. */
export type Note = Issue<'note'>;

export type Path = readonly (string | number)[];

/** Takes what a check has to say; the place is found from the path. `other`: what it conflicts with, which the message names by its path. */
export type Report = (severity: Issue['severity'], path: Path, message: string, remedy: string, other?: Path) => void;

/** zones[1].localAddresses[0] */
export function formatPath(path: Path): string {
  let written = '';
  for (const step of path) {
    if (typeof step === 'number') written += `[${step}]`;
    else written += written === '' ? step : `.${step}`;
  }
  return written;
}

/** Reports at places below `path`, for checks that know only of those. */
export function under(path: Path, report: Report): Report {
  return (severity, at, message, remedy, other) => {
    const whole = other && [...path, ...other];
    const text = whole === undefined ? message : message.replace(formatPath(other!), () => formatPath(whole));
    report(severity, [...path, ...at], text, remedy, whole);
  };
}

/** gateway.yaml:41:7 zones[1].localAddresses[0]: "1.2.100.300" is not an IPv4 address (last octet above 255). One line, printable. */
export function formatIssue(issue: Issue | Note): string {
  const place = issue.line === 0 ? `${issue.file}:` : `${issue.file}:${issue.line}:${issue.column}`;
  const path = issue.path === '' ? '' : ` ${issue.path}:`;
  const severity = issue.severity === 'error' ? '' : ` ${issue.severity}:`;
  return visible(`${place}${severity}${path} ${issue.message}`);
}

/** Order of a listing: by place, then errors first. */
export function byPlace(a: Issue | Note, b: Issue | Note): number {
  return a.line - b.line || a.column - b.column || a.severity.localeCompare(b.severity);
}
