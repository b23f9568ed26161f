import { getJson } from '../../controlClient.js';
import { listing } from '../cloud/listing.js';
import type { CloudWorld } from '../cloud/scene.js';
import { H1, H2, HOSTS, N, NETWORKS } from '../cloud/topology.js';
import { controlSocket } from '../gateway.js';
import { DVR } from './walks.js';

/** What an operator sees on the hosts: the listings of the document on east-west routing. */

/** Listings as text, each under its command. */
export function listings(world: CloudWorld): string {
  return [
    'The router has the same interfaces on both hosts, with the same MACs:\n\n',
    listing(world, H1, 'rifs'),
    listing(world, H2, 'rifs'),
    'What leaves a router for another host has the MAC of the sending host instead:\n\n',
    listing(world, H1, 'hostmacs'),
    'A replica knows every port from the objects and asks nobody; a host without ports has no replica:\n\n',
    listing(world, H1, 'neighbors'),
    listing(world, N, 'neighbors'),
  ].join('');
}

/** Throws one line when hosts do not agree, or do not say what the topology has. */
export async function sameEverywhere(world: CloudWorld): Promise<void> {
  const rifs = NETWORKS.map(({ name, gateway, gatewayMac }) => `qr-${name} ${gateway}/24 ${gatewayMac}`);
  const macs = HOSTS.map(({ name, mac }) => `${name} ${mac}`);
  const ports = DVR.guests.map(({ address, mac }) => `${address} ${mac} PERMANENT`);
  for (const { name } of [H1, H2]) {
    await agree(world, name, 'rifs', ['name', 'address', 'mac'], rifs);
    await agree(world, name, 'hostmacs', ['host', 'mac_address'], macs);
    await agree(world, name, 'neighbors', ['address', 'mac', 'state'], ports);
  }
  await agree(world, N.name, 'neighbors', ['address', 'mac', 'state'], []);
}

async function agree(
  world: CloudWorld,
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
