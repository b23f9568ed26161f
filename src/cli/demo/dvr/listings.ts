import { getJson } from '../../controlClient.js';
import { controlSocket, show } from '../gateway.js';
import type { DvrWorld } from './setUp.js';
import { GUESTS, H1, H2, HOSTS, N, NETWORKS } from './topology.js';

/** What an operator sees on the hosts: the listings of the document on east-west routing. */

/** Listings as text, each under its command. */
export function listings(world: DvrWorld): string {
  const listing = (host: string, noun: string): string =>
    `${host}$ windrose show ${noun} --name ${host}\n${show(world, host, noun)}\n`;
  return [
    'The router has the same interfaces on both hosts, with the same MACs:\n\n',
    listing(H1.name, 'rifs'),
    listing(H2.name, 'rifs'),
    'What leaves a router for another host has the MAC of the sending host instead:\n\n',
    listing(H1.name, 'hostmacs'),
    'A replica knows every port from the objects and asks nobody; a host without ports has no replica:\n\n',
    listing(H1.name, 'neighbors'),
    listing(N.name, 'neighbors'),
  ].join('');
}

/** Throws one line when hosts do not agree, or do not say what the topology has. */
export async function sameEverywhere(world: DvrWorld): Promise<void> {
  const rifs = NETWORKS.map(({ name, gateway, gatewayMac }) => `qr-${name} ${gateway}/24 ${gatewayMac}`);
  const macs = HOSTS.map(({ name, mac }) => `${name} ${mac}`);
  const ports = GUESTS.map(({ address, mac }) => `${address} ${mac} PERMANENT`);
  for (const { name } of [H1, H2]) {
    await agree(world, name, 'rifs', ['name', 'address', 'mac'], rifs);
    await agree(world, name, 'hostmacs', ['host', 'mac_address'], macs);
    await agree(world, name, 'neighbors', ['address', 'mac', 'state'], ports);
  }
  await agree(world, N.name, 'neighbors', ['address', 'mac', 'state'], []);
}

async function agree(
  world: DvrWorld,
  host: string,
  noun: string,
  columns: readonly string[],
  wanted: readonly string[],
): Promise<void> {
  const rows = (await getJson(controlSocket(world, host), `/v1/show/${noun}`)) as Record<string, string>[];
  const said = rows.map((row) => columns.map((column) => row[column]).join(' ')).sort();
  const right = wanted.toSorted();
  if (said.join() !== right.join())
    throw new Error(`show ${noun} on ${host}: expected ${right.join(', ') || 'nothing'}, seen ${said.join(', ') || 'nothing'}`);
}
