import assert from 'node:assert/strict';
import { snatHostsOf } from '../../src/control/dvr/placement/snatPlacement.js';
import type { Shown } from '../../src/control/show/shown.js';
import { trace, traceFrame } from '../../src/control/trace/trace.js';
import { isFault } from '../../src/types/parsed.js';
import { parseTrace, type TraceAnswer } from '../../src/types/trace.js';
import { packetWords } from '../../src/types/tracePacket.js';
import { deviceConfig, heldAs } from '../control/heldDevices.js';
import type { FabricWorld } from './fabric.js';
import { quietLinks } from './quietLinks.js';

/** What the gateway of a host shows of itself. */
export function shownOf(w: FabricWorld, host: string): Shown {
  const { built, state, index, view } = w.on(host);
  const objects = { objects: w.objects, host, view, snatHosts: snatHostsOf(w.objects) };
  const devices = view.lports.map(({ name, device }) =>
    heldAs(deviceConfig(device.kind, name, device.name, device.netns), 'lport'),
  );
  const physnets = w.objects.hosts.find(({ name }) => name === host)?.physnets ?? [];
  for (const name of physnets) devices.push(heldAs(deviceConfig('packet', name, 'eth1'), 'physnet'));
  const networks = { devices, tunnels: [], view };
  return { built, states: [state], index, objects, networks, links: quietLinks } as unknown as Shown;
}

/** What a trace at a host says of a packet in one word. */
export function traceAt(w: FabricWorld, host: string, packet: string): TraceAnswer {
  const words = packetWords(packet);
  assert.ok(!isFault(words), JSON.stringify(words));
  const request = parseTrace(words.value);
  assert.ok(!isFault(request), JSON.stringify(request));
  const answer = trace(shownOf(w, host), request.value);
  assert.ok(!isFault(answer), JSON.stringify(answer));
  return answer.value;
}

/** Why it says nothing. */
export function faultAt(w: FabricWorld, host: string, packet: string): string {
  const words = packetWords(packet);
  const request = isFault(words) ? words : parseTrace(words.value);
  const answer = isFault(request) ? request : trace(shownOf(w, host), request.value);
  return isFault(answer) ? answer.fault : assert.fail('the packet was traced');
}

/** The same of a frame as a port sends it. */
export function traceFrameAt(w: FabricWorld, host: string, port: string, octets: Uint8Array): TraceAnswer {
  const answer = traceFrame(shownOf(w, host), port, octets, 0);
  assert.ok(!isFault(answer), JSON.stringify(answer));
  return answer.value;
}

/** What the first step of that name found. */
export function found({ steps }: TraceAnswer, step: string): string | undefined {
  return steps.find((one) => one.step === step)?.found;
}

/** Of all steps of that name. */
export function foundAll({ steps }: TraceAnswer, step: string): string[] {
  return steps.filter((one) => one.step === step).map((one) => one.found);
}

/** Does what the command says that goes on at another host. */
export function goOn(w: FabricWorld, { ask }: TraceAnswer): TraceAnswer {
  const [, packet, host] = /^windrose trace --packet '(.*)' --name (\S+)$/.exec(ask) ?? [];
  assert.ok(packet !== undefined && host !== undefined, `it says "${ask}"`);
  return traceAt(w, host, packet);
}
