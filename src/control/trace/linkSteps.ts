import type { IfaceConfig } from '../../config/config.js';
import type { TraceStep } from '../../types/trace.js';
import type { Shown } from '../show/shown.js';

/**
 * Devices that are not up now, where the packet comes in and where it leaves: the verdict does not know it, for it is what would become of
 * the packet if it came. Undefined: no device of this host.
 */
export function linkSteps(
  { links }: Pick<Shown, 'links'>,
  into: IfaceConfig | undefined,
  out: IfaceConfig | undefined,
): TraceStep[] {
  const steps: TraceStep[] = [];
  const say = (device: IfaceConfig | undefined, effect: string): void => {
    if (device === undefined) return;
    const state = links.state(device);
    if (state !== 'UP') steps.push({ step: 'link', found: `${device.name}: ${device.device} is ${state}: ${effect}` });
  };
  say(into, 'nothing comes in by it now; the verdict is of a packet that would');
  say(out === into ? undefined : out, 'LOST, the kernel takes nothing for it (send_down)');
  return steps;
}
