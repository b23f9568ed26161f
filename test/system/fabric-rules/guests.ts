import { guestOf, type Vm } from '../support/cloud.js';

/** Those of objects.yaml. */
export const GUESTS: readonly Vm[] = [
  guestOf('a1', 'h1', '0a:01', '10.0.0.11'),
  guestOf('a3', 'h1', '0a:03', '10.0.0.13'),
  guestOf('a2', 'h2', '0a:02', '10.0.0.12'),
  guestOf('b2', 'h2', '0b:02', '20.0.0.22'),
  guestOf('c1', 'h1', '0c:01', '30.0.0.31'),
  guestOf('c2', 'h2', '0c:02', '30.0.0.32'),
  guestOf('l1', 'h1', '0d:01', '50.0.0.11'),
  guestOf('l2', 'h2', '0d:02', '50.0.0.12'),
  guestOf('l3', 'h2', '0d:03', '50.0.0.13'),
  guestOf('g1', 'h1', '0e:01', '40.0.0.41'),
  guestOf('g2', 'h2', '0e:02', '40.0.0.42'),
  guestOf('dh', 'h3', '0f:03', '20.0.0.3'),
];

/** MACs of router interfaces, which no host lets out. */
export const RIF_MACS = [
  'fa:16:3e:3c:74:9c',
  'fa:16:3e:a3:3b:39',
  'fa:16:3e:11:22:33',
  'fa:16:3e:44:55:66',
  'fa:16:3e:77:88:99',
] as const;
