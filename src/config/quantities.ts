import type { z } from 'zod';
import type { Parsed } from '../types/parsed.js';
import type { Micros, Millis, Octets } from '../types/units.js';
import type { RateLimit } from './config.js';
import { type ScalarForm, scalar, text } from './scalar.js';
import { memoryText } from './words.js';

/** Durations, rates and port ranges: how one writes them and what they mean. */

const UNIT_MICROS: Readonly<Record<string, number>> = { us: 1, ms: 1e3, s: 1e6, m: 60e6, h: 3600e6, d: 86400e6 };
const DURATION = /^(?:\d{1,9}(?:\.\d{1,6})?(?:us|ms|s|m|h|d))+$/;
const DURATION_PART = /(\d+(?:\.\d+)?)(us|ms|s|m|h|d)/g;

/** Longest time a 32-bit millisecond clock compares safely, less a margin: 14 days. */
const LONGEST_MICROS = 14 * 86400e6;

/** A number without a unit, which counts as seconds. */
const BARE = /^\d{1,9}(\.\d{1,6})?$/;

/** Ends the sentence of a value that is out of range, when the unit may have been meant and forgotten. */
function bareNote(written: string): string {
  return BARE.test(written) ? ' (a number without a unit is seconds)' : '';
}

/** "300" (seconds), "300s", "2h4m", "500ms" -> whole microseconds. */
export function parseMicros(written: string): Parsed<Micros> {
  let micros = 0;
  if (BARE.test(written)) micros = Number(written) * 1e6;
  else if (!DURATION.test(written)) return { fault: 'is not a duration (seconds, or numbers with us, ms, s, m, h, d)' };
  else for (const [, amount, unit] of written.matchAll(DURATION_PART)) micros += Number(amount) * UNIT_MICROS[unit!]!;
  if (micros > LONGEST_MICROS) return { fault: `is longer than 14 days${bareNote(written)}` };
  return { value: Math.round(micros) as Micros };
}

/** A duration of at least `lowMs` and at most `highMs`, kept in milliseconds. */
export function duration(lowMs: number, highMs = Number.POSITIVE_INFINITY): z.ZodType<Millis> {
  return scalar(
    text((written) => {
      const micros = parseMicros(written);
      if ('fault' in micros) return micros;
      const millis = Math.round(micros.value / 1000);
      if (millis > highMs) return { fault: `is longer than ${highMs / 1000} s${bareNote(written)}` };
      return millis < lowMs ? { fault: `is shorter than ${lowMs} ms` } : { value: millis as Millis };
    }),
    { form: 'duration', example: '300s', json: ['string', 'number'] },
  );
}

/**
 * A duration from 0 to `highMicros`, kept in microseconds. All of them are far below a second, so a number without a unit is a unit
 * forgotten: it is refused, except 0.
 */
export function shortDurationOrAuto(highMicros: number): z.ZodType<Micros | 'auto'> {
  return scalar(
    text((written): Parsed<Micros | 'auto'> => {
      if (written === 'auto') return { value: written };
      if (BARE.test(written) && Number(written) > 0)
        return {
          fault: 'has no unit (us, ms)',
          ...(Number.isInteger(Number(written)) && Number(written) <= highMicros ? { meant: `${written}us` } : {}),
        };
      const micros = parseMicros(written);
      if ('fault' in micros) return micros;
      return micros.value > highMicros ? { fault: `is longer than ${highMicros} us` } : micros;
    }),
    { form: 'duration | auto', example: `${highMicros}us`, json: ['string', 'number'] },
  );
}

const RATE = /^(\d{1,7})(?:\/s(?:ec|econd)?)?(?:\s+burst\s+(\d{1,7}))?$/;

/** "10/s burst 20", "10/s", "10": a token bucket. Without `burst` it holds one second's worth. */
export function rate(): z.ZodType<RateLimit> {
  return scalar(
    text((written) => {
      const match = RATE.exec(written);
      if (match === null) return { fault: 'is not a rate' };
      const perSecond = Number(match[1]);
      const burst = match[2] === undefined ? perSecond : Number(match[2]);
      if (perSecond < 1 || perSecond > 1_000_000) return { fault: 'is not between 1/s and 1000000/s' };
      if (burst < 1 || burst > 1_000_000) return { fault: 'has a burst that is not between 1 and 1000000' };
      return { value: { perSecond, burst } };
    }),
    { form: 'rate', example: '10/s burst 20', json: ['string', 'integer'] },
  );
}

const UNIT_OCTETS: Readonly<Record<string, number>> = { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/** "16MiB", "512KiB": an amount of memory from `low` to `high`. */
export function memory(low: Octets, high: Octets): z.ZodType<Octets> {
  return scalar(
    text((written) => {
      const match = /^(\d{1,7})\s*(KiB|MiB|GiB)$/.exec(written);
      if (match === null) return { fault: 'is not an amount of memory (a whole number with KiB, MiB or GiB)' };
      const octets = Number(match[1]) * UNIT_OCTETS[match[2]!]!;
      if (octets < low || octets > high) return { fault: `is not between ${memoryText(low)} and ${memoryText(high)}` };
      return { value: octets as Octets };
    }),
    { form: 'memory', example: '16MiB' },
  );
}

/** `off`, which YAML 1.1 editors may write as false. */
export const isOff = (raw: unknown): boolean => raw === 'off' || raw === false;

/** What another schema reads, or `off`. `rule` ends the sentence "is neither off nor ...". */
export function orOff<T>(value: z.ZodType<T>, rule: string, about: ScalarForm): z.ZodType<T | 'off'> {
  return scalar(
    (raw): Parsed<T | 'off'> => {
      if (isOff(raw)) return { value: 'off' };
      const parsed = value.safeParse(raw);
      return parsed.success ? { value: parsed.data } : { fault: `is neither off nor ${rule}` };
    },
    { ...about, json: ['string', 'number', 'boolean'] },
  );
}

/** "127.0.0.1:9473", "[::1]:0", "collector.example:4739" */
export function listenAddress(example: string): z.ZodType<{ readonly host: string; readonly port: number }> {
  return scalar(
    (raw) => {
      const match = typeof raw === 'string' ? /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):(\d{1,5})$/.exec(raw) : null;
      if (match === null) return { fault: 'is not address:port' };
      if (Number(match[2]) > HIGHEST_PORT) return { fault: 'has a port above 65535' };
      return { value: { host: match[1]!.replace(/^\[|\]$/g, ''), port: Number(match[2]) } };
    },
    { form: 'address:port', example },
  );
}

const LOWEST_NAT_PORT = 1024;
const HIGHEST_PORT = 65535;

/** "1024-65535": external ports, both ends included. Ports below 1024 belong to services and are refused. */
export function portRange(): z.ZodType<{ readonly low: number; readonly high: number }> {
  return scalar(
    text((written) => {
      const match = /^(\d{1,6})\s*-\s*(\d{1,6})$/.exec(written);
      if (match === null) return { fault: 'is not a port range' };
      const low = Number(match[1]);
      const high = Number(match[2]);
      if (high > HIGHEST_PORT) return { fault: `goes beyond port ${HIGHEST_PORT}` };
      if (low > high) return { fault: `starts above its end (${low} > ${high})` };
      if (low < LOWEST_NAT_PORT) return { fault: `starts below port ${LOWEST_NAT_PORT}` };
      return { value: { low, high } };
    }),
    { form: 'port range', example: '1024-65535' },
  );
}

/** A factor above 0, at most 1000. */
export function factor(): z.ZodType<number> {
  return scalar(
    (raw) => {
      if (typeof raw !== 'number' || !Number.isFinite(raw)) return { fault: 'is not a number' };
      return raw <= 0 || raw > 1000 ? { fault: 'is not above 0 and at most 1000' } : { value: raw };
    },
    { form: 'number above 0', example: '0.01', json: 'number' },
  );
}
