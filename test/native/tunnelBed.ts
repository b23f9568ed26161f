import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { NetSandbox } from '../support/netns.js';
import { wireIp } from '../support/octets.js';
import type { LoopOptions, LoopReport } from './tunnelLoop.js';

const LOOP = fileURLToPath(new URL('./tunnelLoop.js', import.meta.url));

/**
 * Two namespaces with an underlay between them, 192.0.2.1 and 192.0.2.2 with MTU 1500, and what is at their ends of a tunnel: 10.9.0.1 and
 * 10.9.0.2, MTU 1450.
 */
export class TunnelBed {
  readonly net = new NetSandbox('wtn');
  readonly near = this.net.namespace('near');
  readonly far = this.net.namespace('far');

  constructor() {
    const { net, near, far } = this;
    net.veth({ netns: near, device: 'under' }, { netns: far, device: 'under' });
    net.run(near, 'ip address add 192.0.2.1/24 dev under');
    net.run(far, 'ip address add 192.0.2.2/24 dev under');
  }

  /** The kernel's own end of a VXLAN tunnel, in one of the namespaces. Its super-frames are cut and summed up as a card would do it. */
  kernelEnd(netns: string, vni: number): void {
    const { net } = this;
    const number = netns === this.near ? 1 : 2;
    net.run(netns, 'ethtool -K under tx off tso off gso off tx-udp_tnl-segmentation off tx-udp_tnl-csum-segmentation off');
    net.run(
      netns,
      `ip link add vx type vxlan id ${vni} local 192.0.2.${number} remote 192.0.2.${3 - number} dstport 4789 udpcsum`,
    );
    net.run(netns, `ip address add 10.9.0.${number}/24 dev vx`);
    // Joined segments would have partial checksums, and nobody could judge ours.
    net.run(netns, 'ethtool -K vx gro off');
    net.run(netns, 'ip link set vx up mtu 1450');
  }

  /** Our end, behind a TAP with the address of its side. */
  async ourEnd(netns: string, kind: LoopOptions['kind'], segment: number): Promise<Loop> {
    const number = netns === this.near ? 1 : 2;
    const options: LoopOptions = {
      netns,
      device: 'inner',
      kind,
      address: `192.0.2.${number}`,
      remote: wireIp(`192.0.2.${3 - number}`),
      segment,
      mtu: 1450,
    };
    const loop = await Loop.start(options);
    this.net.run(netns, `ip address add 10.9.0.${number}/24 dev inner`);
    return loop;
  }

  close(): void {
    this.net.close();
  }
}

export class Loop {
  private constructor(private readonly child: ChildProcess) {}

  static async start(options: LoopOptions): Promise<Loop> {
    const child = spawn(process.execPath, [LOOP, JSON.stringify(options)], { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(child.stdout!, 'data');
    return new Loop(child);
  }

  /** Ends it and returns its counters. */
  async stop(): Promise<LoopReport> {
    let text = '';
    this.child.stdout!.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    this.child.stdin!.end();
    await once(this.child, 'close');
    return JSON.parse(text) as LoopReport;
  }
}
