import assert from 'node:assert/strict';
import type { MemoryFrame } from '../../src/io/memoryIface.js';
import { describeFrame } from '../../src/wire/describe.js';
import { type Decoded, decode } from './decode.js';
import { type Layer, packet } from './layers.js';

/**
 * Fails unless every field given in `layers` has its value in the frame; fields that are not given do not count. Prints what
 * came and what was expected, in full.
 */
export function expectFrame(frame: MemoryFrame | undefined, ...layers: readonly Layer[]): Decoded {
  const wanted = `expected: ${describeFrame(packet(...layers))}`;
  if (frame === undefined) assert.fail(`no frame came\n${wanted}`);
  const decoded = decode(frame.octets);
  const faults = layers.flatMap((layer) => faultsOf(layer, decoded));
  if (faults.length > 0) assert.fail(`${faults.join('\n')}\ncame:     ${describeFrame(frame.octets, frame.virtio)}\n${wanted}`);
  return decoded;
}

function faultsOf(layer: Layer, decoded: Decoded): string[] {
  if (layer.name === 'payload') return compare('payload', decoded.payload, (layer.given as { data: Uint8Array }).data);
  const found = decoded[layer.name as keyof Decoded] as Record<string, unknown> | undefined;
  if (found === undefined) return [`there is no ${layer.name} layer`];
  return Object.entries(layer.given)
    .filter(([, value]) => value !== undefined)
    .flatMap(([field, value]) =>
      compare(`${layer.name}.${field}`, found[field], field === 'flags' ? flags(value as string) : value),
    );
}

/** Flags in the order the decoder writes them. */
function flags(letters: string): string {
  return Array.from('FSRPAU', (letter) => (letters.includes(letter) ? letter : '')).join('');
}

function compare(what: string, found: unknown, wanted: unknown): string[] {
  const [a, b] = [found, wanted].map((v) => JSON.stringify(v instanceof Uint8Array ? Array.from(v) : v));
  return a === b ? [] : [`${what} is ${a}, expected ${b}`];
}
