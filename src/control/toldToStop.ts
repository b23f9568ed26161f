/** Not a fault: the process was told to stop before it forwarded anything. */
export class ToldToStop extends Error {}
