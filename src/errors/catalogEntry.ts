/** An operational error in words. */
export interface CatalogEntry {
  /** Whole sentence without the remedy; `what` is the object, `detail` what the system said. */
  readonly says: (what: string, detail: string) => string;
  readonly remedy: string;
}
