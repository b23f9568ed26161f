import { createRequire } from 'node:module';

/** Why nothing can be captured by the package `cap` here, or false. */
export function capSkipReason(): string | false {
  try {
    createRequire(import.meta.url)('cap');
    return false;
  } catch {
    return 'needs the package cap: npm run build:capture';
  }
}
