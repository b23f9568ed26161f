import fc from 'fast-check';

/** Configurations without fault, as JSON, which is YAML: everything a reload may change, varied. */

const MATCHES = ['1.1.1.0/24', '1.1.2.0/24', '1.1.3.0/24', '1.1.0.0/16', '10.0.0.0/8', '0.0.0.0/0'];
const ADDRESSES = ['1.2.100.1', '1.2.100.2', '1.2.100.3', '1.2.100.7', '1.2.100.8', '1.2.100.9', '1.2.100.10', '9.9.9.9'];
const ROUTES = [
  'default via 1.2.1.254',
  'default via 1.2.1.253',
  '10.0.0.0/8 via 1.1.1.9',
  'blackhole 10.66.0.0/16',
  'prohibit 10.67.0.0/16',
  '172.16.0.0/12 via 1.2.1.9 dev wan',
];

const millis = fc.integer({ min: 120, max: 9000 }).map((seconds) => `${seconds}s`);
const rate = fc.tuple(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 50 })).map(([a, b]) => `${a}/s burst ${b}`);

const perProtocol = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof(value, fc.record({ tcp: value, udp: value, icmp: value }, { requiredKeys: [] }));
const orOff = <T>(value: fc.Arbitrary<T>) => fc.oneof(fc.constant('off'), value);

/** What a zone does with sessions; never a filtering that the mapping cannot have. */
const modes = fc.record(
  {
    pooling: fc.constantFrom('rr', 'rr-host', 'hash', 'least'),
    protocols: fc.shuffledSubarray(['tcp', 'udp', 'icmp'], { minLength: 1 }),
    mapping: perProtocol(fc.constantFrom('eim', 'apdm')),
    overload: perProtocol(fc.boolean()),
    ports: fc.constantFrom('1024-65535', '5000-6000'),
    hostLimits: fc.record(
      {
        sessions: orOff(fc.integer({ min: 1, max: 99 })),
        ports: orOff(fc.integer({ min: 1, max: 99 })),
        halfOpen: orOff(fc.constant(7)),
        newSessions: orOff(rate),
      },
      { requiredKeys: [] },
    ),
    filtering: fc.constantFrom('apdf', { tcp: 'apdf', icmp: 'apdf' }),
  },
  { requiredKeys: [] },
);

const zones = fc
  .tuple(
    fc.shuffledSubarray(MATCHES),
    fc.shuffledSubarray(ADDRESSES),
    fc.array(fc.record({ at: fc.nat(5), state: fc.constantFrom('active', 'active', 'draining', 'removed') }), {
      minLength: 8,
      maxLength: 8,
    }),
    fc.array(fc.constantFrom('port-unreach', 'silent', undefined), { minLength: 6, maxLength: 6 }),
    fc.array(modes, { minLength: 6, maxLength: 6 }),
  )
  .map(([matches, addresses, places, rejects, variants]) =>
    matches.map((match, i) => {
      const own = addresses.filter((_, a) => places[a]!.at % matches.length === i);
      const localAddresses = own.map((address) => {
        const { state } = places[addresses.indexOf(address)]!;
        return state === 'active' ? address : { address, state };
      });
      return {
        name: `z-${match.replace('/', '-')}`,
        match,
        localAddresses,
        ...variants[i],
        ...(rejects[i] === undefined ? {} : { reject: rejects[i] }),
      };
    }),
  );

const ifaces = fc
  .record({
    kind: fc.constantFrom('tap', 'packet'),
    more: fc.subarray(['1.5.0.1/24', '1.6.0.1/24']),
    vlans: fc.subarray([5, 6, 7]),
    vlanMtu: fc.constantFrom(undefined, 1400),
    dmz: fc.boolean(),
    mac: fc.constantFrom(undefined, '02:00:00:00:00:07'),
    wanFirst: fc.boolean(),
  })
  .map(({ kind, more, vlans, vlanMtu, dmz, mac, wanFirst }) => {
    const tagged = vlans.map((id) => ({
      id,
      addresses: [`10.77.${id}.1/24`],
      ...(vlanMtu === undefined ? {} : { mtu: vlanMtu }),
    }));
    const lan = {
      name: 'lan',
      [kind]: 'lan',
      role: 'inside',
      addresses: ['1.1.100.1/16', ...more],
      vlans: tagged,
      ...(mac === undefined ? {} : { mac }),
    };
    const wan = { name: 'wan', tap: 'wan', role: 'outside', addresses: ['1.2.100.254/16'] };
    const third = { name: 'dmz', packet: 'dmz', netns: 'other', role: 'inside', addresses: ['1.7.0.1/24'] };
    const two = wanFirst ? [wan, lan] : [lan, wan];
    return dmz ? [...two, third] : two;
  });

const timers = fc.oneof(
  fc.record({ udp: millis, icmp: millis }, { requiredKeys: [] }),
  fc.record(
    { profile: fc.constantFrom('rfc', 'dense', 'dsnat'), udpShort: orOff(millis), portHold: orOff(millis) },
    { requiredKeys: [] },
  ),
  fc.record({
    allowShort: fc.constant(true),
    scale: fc.constantFrom(0.01, 0.3, 1, 7),
    tcpEstablished: fc.integer({ min: 1, max: 9000 }),
  }),
);

/** Mappings of ports and of whole hosts, each external endpoint and each host once. */
const STATICS = [
  { name: 'web', protocol: 'tcp', external: '1.2.100.11:80', inside: '1.1.1.80:8080' },
  { protocol: 'udp', external: '1.2.100.11:80', inside: '1.1.1.80:8080' },
  { protocol: 'tcp', external: '1.2.100.1:8080', inside: '10.0.0.6:80' },
  { external: '1.2.100.12', inside: '1.1.1.12' },
  { name: 'mail', external: '9.9.9.10', inside: '1.1.1.13' },
];

/** Text of a configuration. */
export const arbitraryConfig: fc.Arbitrary<string> = fc
  .record(
    {
      profile: fc.constantFrom('default', 'dsnat'),
      events: fc.record(
        {
          file: fc.constant('/var/log/events'),
          ipfix: fc.record(
            { collector: fc.constantFrom('c.example:4739', '[::1]:1'), domain: fc.nat(9) },
            { requiredKeys: ['collector'] },
          ),
          sessions: fc.constant(true),
        },
        { requiredKeys: [] },
      ),
      ifaces,
      routes: fc
        .shuffledSubarray(ROUTES)
        .map((list) =>
          list.filter((line, i) => !line.startsWith('default') || list.findIndex((other) => other.startsWith('default')) === i),
        ),
      nexthopProbes: fc.shuffledSubarray([
        { address: '1.2.1.254', interval: '250ms' },
        { address: '1.2.1.253', dev: 'wan', fails: 5 },
        { address: '1.1.1.9', dev: 'lan', recovers: 1, interval: '1m' },
      ]),
      neighbors: fc.subarray([
        { address: '1.1.1.9', mac: '02:00:00:00:00:09', dev: 'lan' },
        { address: '1.2.1.254', mac: '02:00:00:00:01:09', dev: 'wan' },
      ]),
      zones,
      staticMappings: fc.shuffledSubarray(STATICS),
      timers,
      drainTimeout: fc.oneof(fc.constant('off'), millis),
      neighborTimers: fc.record({ reachable: millis, probes: fc.integer({ min: 1, max: 9 }) }, { requiredKeys: [] }),
      limits: fc.record(
        {
          icmpErrorsPerSource: rate,
          icmpErrorsGlobal: rate,
          heldPorts: fc.nat(9),
          fragments: fc.record(
            {
              datagrams: fc.constantFrom(8, 4096),
              perDatagram: fc.constantFrom(2, 64),
              memory: fc.constantFrom('64KiB', '16MiB', '2047 KiB'),
            },
            { requiredKeys: [] },
          ),
        },
        { requiredKeys: [] },
      ),
      tcp: fc.record(
        {
          midstream: fc.constantFrom('drop', 'reset', 'adopt'),
          mss: fc.constantFrom('off', 'pmtu', 536, 1400),
          resetOnExpiry: fc.boolean(),
          answerUnsolicited: fc.boolean(),
        },
        { requiredKeys: [] },
      ),
      icmp: fc.record({ answerEchoToLocalAddresses: fc.boolean() }, { requiredKeys: [] }),
      reject: fc.constantFrom('port-unreach', 'silent', 'host-unreach'),
      metrics: fc.constantFrom('off', { listen: '[::1]:9473' }, {}),
      log: fc.record({ level: fc.constantFrom('debug', 'warn') }, { requiredKeys: [] }),
    },
    { requiredKeys: ['ifaces', 'zones'] },
  )
  .map((config) => JSON.stringify(config));
