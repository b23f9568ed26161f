/**
 * A verdict is what became of a frame, and at the same time its counter (K6): `forward` cannot return without one, and the
 * turn counts it in one place. Ids are dense; drops come last.
 */
export const enum Verdict {
  /** Not decided yet: the next stage looks at the frame. Never leaves `forward`. */
  Continue = 0,
  /** Translated by a session and handed to an interface. */
  Translated,
  /** Routed without translation and handed to an interface. */
  Routed,
  /** ARP request answered. */
  ArpAnswered,
  /** ARP taken note of. */
  ArpLearned,
  /** ICMP echo to the router answered. */
  EchoAnswered,
  /** Answer of a next hop to a health probe, taken note of. */
  ProbeAnswered,
  /** Waits for a neighbour; comes back, or is dropped as neighbor_failed. */
  Queued,
  /** Given to the worker it belongs to, where it gets a verdict of its own. */
  HandedOff,
  /** A fragment that waits for the first one of its datagram; comes back, or is dropped as fragment_timeout. */
  FragmentHeld,
  /** Within a network, to the one port or host that has its destination. */
  Bridged,
  /** Within a network, to all its ports and hosts but where it came from. */
  Flooded,
  /** From another host, to a port that was here until some seconds ago: passed on to the host it went to. */
  Relayed,
  /** TCP of a port to the metadata address, given to the endpoint of this host. */
  Metadata,
  /** What the endpoint answered, to the port it is for. */
  MetadataAnswered,
  /** Translated by a floating IP of this host, statelessly: out on its external network, in to its guest, or from one guest to another. */
  FloatingOut,
  FloatingIn,
  FloatingHairpin,
  DropShortFrame,
  DropLinkControl,
  DropLldp,
  DropLlc,
  DropIpv6,
  DropEtherType,
  DropVlanUnknown,
  DropNotForUs,
  DropGroupMac,
  DropVirtioHeader,
  DropIpShort,
  DropIpVersion,
  DropIpHeaderLength,
  DropIpTotalLength,
  DropIpChecksum,
  DropMartianSource,
  DropReversePath,
  DropMartianDestination,
  DropMulticast,
  DropBroadcast,
  DropSourceRoute,
  DropFragment,
  DropFragmentMalformed,
  DropFragmentTimeout,
  DropFragmentsFull,
  DropTcpHeader,
  DropTcpFlags,
  DropUdpLength,
  DropIcmpShort,
  DropTtlExceeded,
  DropNoRoute,
  DropRouteUnreachable,
  DropRouteProhibit,
  DropRouteBlackhole,
  DropLocalUnknown,
  DropLocalReset,
  DropLocalPort,
  DropLocalProtocol,
  DropLocalIcmp,
  DropLocalNoWayBack,
  DropLocalFragment,
  DropLocalChecksum,
  DropNoZone,
  DropNoService,
  DropZoneEmpty,
  DropPortsExhausted,
  DropHostLimit,
  DropHostRate,
  DropHostsFull,
  DropSessionsFull,
  DropRouterSessionsFull,
  DropRouterHostsFull,
  DropNotSyn,
  DropBadProtocol,
  DropIcmpError,
  DropIcmpErrorMalformed,
  DropIcmpType,
  DropNoSession,
  DropFiltered,
  DropUnsolicitedSyn,
  DropTcpState,
  DropHairpin,
  DropFragmentationNeeded,
  DropMtuTooSmall,
  DropNeighborFailed,
  DropNeighborQueueFull,
  DropNeighborTableFull,
  DropArpMalformed,
  DropArpForeign,
  DropArpUnsolicited,
  DropArpConflict,
  DropNetworkUnknown,
  DropPhysnetUnused,
  DropVtepUnknown,
  DropTunnelHeader,
  DropVlanTagged,
  DropLportDown,
  DropLportMigrating,
  DropInfrastructureMac,
  DropSpoofMac,
  DropSpoofIp,
  DropIpv6LinkLocal,
  DropSpoofArp,
  DropDhcpServer,
  DropRouterAdvert,
  DropIpv6Headers,
  DropNdFragment,
  DropRifDst,
  DropRifSrc,
  DropOwnHostMac,
  DropOwnRifMac,
  DropHostMacDst,
  DropPeerRouted,
  DropUnknownUnicast,
  DropSplitHorizon,
  DropSnatNotActive,
  DropSnatNowhere,
  DropReflected,
  DropArpUnknown,
  DropNetworkMtu,
  DropRouterLoop,
  DropMetadataNoProxy,
  DropMetadataSource,
  DropMetadataRate,
  DropMetadataFragment,
  DropMetadataStray,
  DropFipNotHere,
  DropNotFloating,
  DropScratchFull,
  DropHandoffFull,
  DropHandoffLoop,
  DropWorkerFault,
  /** Not a verdict: how many there are. */
  Count,
}

export interface VerdictSpec {
  /** Label value on /metrics and word in `show drops`. */
  readonly reason: string;
  readonly help: string;
  /** Where an operator looks next. */
  readonly look: string;
}

/** The first verdict that is a drop. */
export const FIRST_DROP = Verdict.DropShortFrame;

type Counted = Exclude<Verdict, Verdict.Continue | Verdict.Count>;

export const verdictSpecs: Readonly<Record<Counted, VerdictSpec>> = {
  [Verdict.Translated]: { reason: 'translated', help: 'Translated by a session and sent.', look: '' },
  [Verdict.Routed]: { reason: 'routed', help: 'Routed without translation and sent.', look: '' },
  [Verdict.ArpAnswered]: { reason: 'arp_answered', help: 'ARP request answered.', look: '' },
  [Verdict.ArpLearned]: { reason: 'arp_learned', help: 'ARP that confirmed or taught a neighbour.', look: '' },
  [Verdict.EchoAnswered]: { reason: 'echo_answered', help: 'ICMP echo to the router answered.', look: '' },
  [Verdict.ProbeAnswered]: { reason: 'probe_answered', help: 'Answer of a next hop to a health probe.', look: '' },
  [Verdict.Queued]: { reason: 'queued', help: 'Waited for a neighbour; decided again later.', look: '' },
  [Verdict.HandedOff]: {
    reason: 'handed_off',
    help: 'Given to the worker that has the session, or that makes it; counted again there.',
    look: '',
  },
  [Verdict.FragmentHeld]: {
    reason: 'fragment_held',
    help: 'Fragment that waits for the first one of its datagram; decided again later.',
    look: '',
  },
  [Verdict.Bridged]: { reason: 'bridged', help: 'Sent within its network to whoever has its destination.', look: '' },
  [Verdict.Flooded]: { reason: 'flooded', help: 'Sent within its network to all but where it came from.', look: '' },
  [Verdict.Relayed]: {
    reason: 'relayed',
    help: 'From a host that did not know yet that a port had moved from here, passed on to where it went; for 5 s after the move.',
    look: '',
  },
  [Verdict.Metadata]: {
    reason: 'metadata',
    help: 'TCP of a port to 169.254.169.254:80, given to the metadata endpoint of this host.',
    look: '',
  },
  [Verdict.MetadataAnswered]: {
    reason: 'metadata_answered',
    help: 'From the metadata endpoint, to the port it is for.',
    look: '',
  },
  [Verdict.FloatingOut]: {
    reason: 'floating_out',
    help: 'From a guest with a floating IP, translated and sent on the external network.',
    look: '',
  },
  [Verdict.FloatingIn]: {
    reason: 'floating_in',
    help: 'From the external network to a floating IP of this host, translated and sent to its guest.',
    look: '',
  },
  [Verdict.FloatingHairpin]: {
    reason: 'floating_hairpin',
    help: 'From a guest to a floating IP of the same host: both addresses translated, delivered without leaving it.',
    look: '',
  },
  [Verdict.DropShortFrame]: {
    reason: 'short_frame',
    help: 'Frame shorter than its Ethernet header.',
    look: 'The sender or the link; a capture on the interface shows it.',
  },
  [Verdict.DropLinkControl]: {
    reason: 'link_control',
    help: 'Link-local control frame (01:80:c2:00:00:00-0f), never forwarded.',
    look: 'Nothing to do: spanning tree, pause, LACP and the like end here.',
  },
  [Verdict.DropLldp]: {
    reason: 'lldp',
    help: 'LLDP frame.',
    look: 'Nothing to do: a neighbouring switch announces itself.',
  },
  [Verdict.DropLlc]: {
    reason: 'llc',
    help: '802.3 frame with a length instead of an EtherType.',
    look: 'A very old host or a spanning-tree bridge on this segment.',
  },
  [Verdict.DropIpv6]: {
    reason: 'ipv6_unsupported',
    help: 'IPv6 packet; this version routes IPv4 only.',
    look: 'Nothing to do, or turn IPv6 off on the segment.',
  },
  [Verdict.DropEtherType]: {
    reason: 'ethertype',
    help: 'EtherType that is neither IPv4, ARP nor one 802.1Q tag of those.',
    look: 'Which protocol runs on the segment; doubly tagged frames count here too.',
  },
  [Verdict.DropVlanUnknown]: {
    reason: 'vlan_unknown',
    help: 'Tag of a VLAN that no router interface of this device carries, or an untagged frame where only tagged ones are configured.',
    look: 'ifaces[].vlans in the configuration.',
  },
  [Verdict.DropNotForUs]: {
    reason: 'not_for_us',
    help: "Unicast frame to a MAC that is not the router interface's.",
    look: 'Flooded frames of a bridge or promiscuous mode; many of them mean a wrong neighbour entry somewhere.',
  },
  [Verdict.DropGroupMac]: {
    reason: 'group_mac',
    help: 'Broadcast or multicast frame carrying a packet for a single host (RFC 1812 5.3.4).',
    look: "The sending host's neighbour table.",
  },
  [Verdict.DropVirtioHeader]: {
    reason: 'virtio_header',
    help: 'Offload header that contradicts the packet behind it, or asks for more segments than honest senders do.',
    look: 'The driver or the peer that wrote the frame.',
  },
  [Verdict.DropIpShort]: {
    reason: 'ip_short',
    help: 'Fewer than 20 octets of IPv4 header.',
    look: 'The sender; RFC 1812 5.2.2.',
  },
  [Verdict.DropIpVersion]: {
    reason: 'ip_version',
    help: 'IP version is not 4.',
    look: 'The sender.',
  },
  [Verdict.DropIpHeaderLength]: {
    reason: 'ip_header_length',
    help: 'IPv4 header length below 20 octets or beyond the packet.',
    look: 'The sender.',
  },
  [Verdict.DropIpTotalLength]: {
    reason: 'ip_total_length',
    help: 'IPv4 total length below the header or beyond the frame.',
    look: 'The sender, or a link with a smaller MTU that cuts frames.',
  },
  [Verdict.DropIpChecksum]: {
    reason: 'ip_checksum',
    help: 'IPv4 header checksum is wrong.',
    look: 'The sender or a faulty link.',
  },
  [Verdict.DropMartianSource]: {
    reason: 'martian_source',
    help: 'Source address that no sender may have: 0/8, 127/8, multicast, class E, broadcast, or one of our own; from outside an inside one.',
    look: 'The sender; a spoofed source or a loop.',
  },
  [Verdict.DropReversePath]: {
    reason: 'reverse_path',
    help: 'Source that the routes have elsewhere, or nowhere: the reverse-path filter of the interface (RFC 3704).',
    look: 'The sender, whose source may be spoofed; windrose route get SOURCE from DESTINATION; loose instead of strict where ways differ.',
  },
  [Verdict.DropMartianDestination]: {
    reason: 'martian_destination',
    help: 'Destination in 0/8, 127/8 or class E.',
    look: "The sender's routes.",
  },
  [Verdict.DropMulticast]: {
    reason: 'multicast',
    help: 'IPv4 multicast, not routed.',
    look: 'Nothing to do: discovery protocols on the segment.',
  },
  [Verdict.DropBroadcast]: {
    reason: 'broadcast',
    help: 'IPv4 broadcast, not forwarded.',
    look: 'Nothing to do: DHCP and discovery on the segment.',
  },
  [Verdict.DropSourceRoute]: {
    reason: 'source_route',
    help: 'Loose or strict source route option, or a broken option list.',
    look: 'The sender; such packets are never forwarded.',
  },
  [Verdict.DropFragment]: {
    reason: 'fragment',
    help: 'Fragment of a datagram whose first fragment was not let through.',
    look: 'The other drops: the first fragment was counted there.',
  },
  [Verdict.DropFragmentMalformed]: {
    reason: 'fragment_malformed',
    help: 'Fragment that no sender makes: over-long, a first one without ports, or one that overlaps the header of its transport.',
    look: 'The sender; RFC 1858 and 3128 describe the attacks.',
  },
  [Verdict.DropFragmentTimeout]: {
    reason: 'fragment_timeout',
    help: 'Fragment whose first one did not come in time.',
    look: 'Loss on the path, or a flood of lone fragments.',
  },
  [Verdict.DropFragmentsFull]: {
    reason: 'fragments_full',
    help: 'Fragment for which the store has no room: too many datagrams, octets, or too many of one sender.',
    look: 'limits.fragments in the configuration; a flood of fragments.',
  },
  [Verdict.DropTcpHeader]: {
    reason: 'tcp_header',
    help: 'TCP header shorter than 20 octets or beyond the packet.',
    look: 'The sender.',
  },
  [Verdict.DropTcpFlags]: {
    reason: 'tcp_flags',
    help: 'TCP from inside, without a session, with flags that open nothing: SYN with FIN or RST, or none of SYN, ACK, RST (a lone FIN).',
    look: 'A port scanner.',
  },
  [Verdict.DropUdpLength]: {
    reason: 'udp_length',
    help: 'UDP length below 8 or beyond the packet.',
    look: 'The sender.',
  },
  [Verdict.DropIcmpShort]: {
    reason: 'icmp_short',
    help: 'ICMP message shorter than 8 octets.',
    look: 'The sender.',
  },
  [Verdict.DropTtlExceeded]: {
    reason: 'ttl_exceeded',
    help: 'TTL ran out here.',
    look: 'Traceroute, or a routing loop.',
  },
  [Verdict.DropNoRoute]: {
    reason: 'no_route',
    help: 'No route to the destination.',
    look: 'show routes; routes: in the configuration.',
  },
  [Verdict.DropRouteUnreachable]: {
    reason: 'route_unreachable',
    help: 'A route or a rule of type unreachable.',
    look: 'windrose route get; rules: and routes: in the configuration.',
  },
  [Verdict.DropRouteProhibit]: {
    reason: 'route_prohibit',
    help: 'A route or a rule of type prohibit.',
    look: 'windrose route get; rules: and routes: in the configuration.',
  },
  [Verdict.DropRouteBlackhole]: {
    reason: 'route_blackhole',
    help: 'A route or a rule of type blackhole.',
    look: 'windrose route get; rules: and routes: in the configuration.',
  },
  [Verdict.DropLocalUnknown]: {
    reason: 'local_unknown',
    help: 'From outside to an address of the router itself that has port pools, and part of no session; never answered.',
    look: "Scans, or answers that came after the session's timer.",
  },
  [Verdict.DropLocalReset]: {
    reason: 'local_reset',
    help: 'TCP to the router itself, where nothing listens: answered by an RST unless it is one.',
    look: 'The sender: only ICMP echo is served.',
  },
  [Verdict.DropLocalPort]: {
    reason: 'local_port_unreachable',
    help: 'UDP to the router itself, where nothing listens: answered by ICMP 3/3.',
    look: 'The sender, which expects a service (DNS, DHCP, NTP) here; traceroute to the router ends so, too.',
  },
  [Verdict.DropLocalProtocol]: {
    reason: 'local_protocol_unreachable',
    help: 'Neither TCP, UDP nor ICMP, to the router itself: answered by ICMP 3/2.',
    look: 'The sender: no tunnel and no routing protocol ends here.',
  },
  [Verdict.DropLocalIcmp]: {
    reason: 'local_icmp',
    help: 'ICMP to the router itself that asks for no answer, or for one that is not given (RFC 6918).',
    look: 'Nothing to do: errors about what the router sent, timestamp and address mask requests.',
  },
  [Verdict.DropLocalNoWayBack]: {
    reason: 'local_no_way_back',
    help: 'ICMP echo to the router from a source to which no way leads, or one on the other side of the translation: no answer is sent.',
    look: 'The sender: a forged source, or somebody outside who asks for an address inside; routes back to it.',
  },
  [Verdict.DropLocalFragment]: {
    reason: 'local_fragment',
    help: 'Fragment to the router itself, which puts no datagrams together.',
    look: 'A ping larger than the MTU; smaller ones are answered.',
  },
  [Verdict.DropLocalChecksum]: {
    reason: 'local_checksum',
    help: 'To the router itself, with a wrong TCP, UDP or ICMP checksum.',
    look: 'The sender or a faulty link.',
  },
  [Verdict.DropNoZone]: {
    reason: 'no_zone',
    help: 'Source address is in no zone.',
    look: '"zones:" of the configuration; of a router\'s SNAT service "zones:" of its gateway in the objects. Order matters.',
  },
  [Verdict.DropNoService]: {
    reason: 'no_service',
    help: 'Protocol that the zone does not translate.',
    look: 'zones[].protocols in the configuration.',
  },
  [Verdict.DropZoneEmpty]: {
    reason: 'zone_empty',
    help: 'The matching zone has no local addresses.',
    look: 'zones[].localAddresses; an empty zone is a blackhole on purpose.',
  },
  [Verdict.DropPortsExhausted]: {
    reason: 'ports_exhausted',
    help: 'No local address of the zone has a port for this session: all are taken, and none may be shared or taken back.',
    look: 'windrose show pools: ports in use, held back and shared; add local addresses or shorten timers.',
  },
  [Verdict.DropHostLimit]: {
    reason: 'host_limit',
    help: 'Inside host at its limit of sessions, ports or half-open connections.',
    look: 'windrose show inside-hosts: who has as much as zones[].hostLimits allows.',
  },
  [Verdict.DropHostRate]: {
    reason: 'host_rate',
    help: 'Inside host that opens sessions faster than it may.',
    look: 'windrose show top: who opens most; zones[].hostLimits.newSessions.',
  },
  [Verdict.DropHostsFull]: {
    reason: 'hosts_full',
    help: 'No room for another inside host with sessions.',
    look: 'windrose show inside-hosts; limits.hosts in the configuration.',
  },
  [Verdict.DropSessionsFull]: {
    reason: 'sessions_full',
    help: 'The session table is full.',
    look: 'limits.sessions in the configuration.',
  },
  [Verdict.DropRouterSessionsFull]: {
    reason: 'router_sessions_full',
    help: 'The router has its share of the session table: 8 times the rows that are free.',
    look: 'windrose show top: who opens most; zones[].hostLimits of its gateway; limits.sessions in the configuration.',
  },
  [Verdict.DropRouterHostsFull]: {
    reason: 'router_hosts_full',
    help: 'Another inside host of a router that has its share of the hosts with sessions: 8 times the rows that are free.',
    look: 'windrose show inside-hosts; limits.hosts in the configuration.',
  },
  [Verdict.DropNotSyn]: {
    reason: 'not_syn',
    help: 'TCP segment without a session that does not open one.',
    look: "Connections older than this process, or timers shorter than the application's silence; tcp.midstream in the configuration.",
  },
  [Verdict.DropBadProtocol]: {
    reason: 'bad_protocol',
    help: 'Protocol that PAT does not translate (not TCP, UDP or ICMP echo).',
    look: 'Tunnels (GRE, ESP) need a static mapping of the whole host.',
  },
  [Verdict.DropIcmpError]: {
    reason: 'icmp_error',
    help: 'ICMP error about a packet of no session, or of others than those it goes between.',
    look: 'Late or forged errors; nothing to do unless many arrive.',
  },
  [Verdict.DropIcmpErrorMalformed]: {
    reason: 'icmp_error_malformed',
    help: 'ICMP error that is cut short or whose checksums are wrong, its own or that of the header it quotes.',
    look: 'The router that sent it.',
  },
  [Verdict.DropIcmpType]: {
    reason: 'icmp_type',
    help: 'ICMP message that is not let through: redirect, source quench, router discovery, address mask, information.',
    look: 'Nothing to do.',
  },
  [Verdict.DropNoSession]: {
    reason: 'no_session',
    help: 'From outside, and no session expects it.',
    look: "Scans, or answers that came after the session's timer.",
  },
  [Verdict.DropFiltered]: {
    reason: 'filtered',
    help: 'From outside to a live mapping, by a sender that the filtering of its zone keeps out.',
    look: 'windrose show mappings: who may answer; zones[].filtering in the configuration.',
  },
  [Verdict.DropUnsolicitedSyn]: {
    reason: 'unsolicited_syn',
    help: 'TCP connection from outside that nothing inside asked for.',
    look: 'Scans; a server inside needs a static mapping (windrose show statics).',
  },
  [Verdict.DropTcpState]: {
    reason: 'tcp_state',
    help: 'TCP segment that does not fit the state of its connection.',
    look: 'Scans, or late segments of a closed connection.',
  },
  [Verdict.DropHairpin]: {
    reason: 'hairpin',
    help: 'From inside to a local address, a second time: a packet turns back once.',
    look: 'A loop between two static mappings.',
  },
  [Verdict.DropMtuTooSmall]: {
    reason: 'mtu_too_small',
    help: 'Packet larger than the MTU of its way, which is below the 68 octets that a fragment needs (RFC 791).',
    look: 'MTU of the way out: windrose show ifaces, show networks, show routes.',
  },
  [Verdict.DropFragmentationNeeded]: {
    reason: 'fragmentation_needed',
    help: 'Too big for the way out, and must not be fragmented; the sender was told (3/4).',
    look: 'MTU of the interfaces; a sender that ignores 3/4 hangs.',
  },
  [Verdict.DropNeighborFailed]: {
    reason: 'neighbor_failed',
    help: 'The next hop does not answer ARP.',
    look: 'show neighbors; is the host up and on this segment?',
  },
  [Verdict.DropNeighborQueueFull]: {
    reason: 'neighbor_queue_full',
    help: 'Too many frames already wait for this next hop.',
    look: 'A burst to a silent host; 64 frames wait for at most 1 s.',
  },
  [Verdict.DropNeighborTableFull]: {
    reason: 'neighbor_table_full',
    help: 'No room for another neighbour.',
    look: 'limits.neighbors; a scan of a large connected subnet.',
  },
  [Verdict.DropArpMalformed]: {
    reason: 'arp_malformed',
    help: 'ARP packet that is not Ethernet and IPv4, or is cut short.',
    look: 'The sender.',
  },
  [Verdict.DropArpForeign]: {
    reason: 'arp_foreign',
    help: 'ARP request for an address that is not ours.',
    look: 'Nothing to do: broadcast ARP of the segment.',
  },
  [Verdict.DropArpUnsolicited]: {
    reason: 'arp_unsolicited',
    help: 'ARP reply or announcement about a host this router does not talk to.',
    look: 'Nothing to do, unless many arrive.',
  },
  [Verdict.DropArpConflict]: {
    reason: 'arp_conflict',
    help: 'ARP from somebody else who claims one of our addresses.',
    look: 'Find the host with this address: duplicate address on the segment.',
  },
  [Verdict.DropNetworkUnknown]: {
    reason: 'network_unknown',
    help: 'From the fabric, with a VNI, key or VLAN of no network this host knows.',
    look: 'Networks of the objects (show networks), and the segment ids of the sender.',
  },
  [Verdict.DropPhysnetUnused]: {
    reason: 'physnet_unused',
    help: 'From the device of a physical network (host.physnets) that no network of this host uses now.',
    look: 'Nothing to do: others speak there, until a network on it has a port, a router or a floating IP here.',
  },
  [Verdict.DropVtepUnknown]: {
    reason: 'vtep_unknown',
    help: 'Through a tunnel from an address that is no tunnel endpoint of a host.',
    look: 'Addresses of the hosts (windrose show hosts); else somebody sends into the underlay.',
  },
  [Verdict.DropTunnelHeader]: {
    reason: 'tunnel_header',
    help: 'Through a tunnel with a header that is malformed or has flags this endpoint refuses.',
    look: 'What the other end sends: tcpdump on the underlay.',
  },
  [Verdict.DropVlanTagged]: {
    reason: 'vlan_tagged',
    help: 'A tagged frame from a port: networks carry none.',
    look: 'The guest, which uses VLANs of its own.',
  },
  [Verdict.DropLportDown]: {
    reason: 'lport_down',
    help: 'From a port that is administratively down.',
    look: 'adminUp of the port (show lports).',
  },
  [Verdict.DropLportMigrating]: {
    reason: 'lport_migrating',
    help: 'From a port that is migrating to this host and not bound here yet: its guest is here, which is about to be told to all hosts.',
    look: 'Nothing to do for a few of them; many: does the store answer (windrose_store_up)? windrose activate does it by hand.',
  },
  [Verdict.DropInfrastructureMac]: {
    reason: 'infrastructure_mac',
    help: 'From a port, with the MAC of a router interface or of a host as source.',
    look: 'The guest: no guest may have such a MAC, with port security or without.',
  },
  [Verdict.DropSpoofMac]: {
    reason: 'spoof_mac',
    help: 'From a port, with a source MAC that is neither its own nor of an allowed pair.',
    look: 'MAC and allowed pairs of the port (show lports), or the guest.',
  },
  [Verdict.DropSpoofIp]: {
    reason: 'spoof_ip',
    help: 'From a port, with a source address that is neither its own nor of an allowed pair.',
    look: 'Addresses and allowed pairs of the port (show lports), or the guest.',
  },
  [Verdict.DropIpv6LinkLocal]: {
    reason: 'ipv6_link_local',
    help: 'IPv6 from a port, with no address or a link-local one that its MAC does not give, and nobody else here has: not forwarded.',
    look: 'Nothing to do: a device that came up before it had its MAC, or draws its address (RFC 7217): the pair fe80::/10 allows that.',
  },
  [Verdict.DropSpoofArp]: {
    reason: 'spoof_arp',
    help: 'ARP, or an advertisement of a neighbour over IPv6, from a port about an address or MAC that the port does not have.',
    look: 'Addresses and allowed pairs of the port (show lports), or the guest.',
  },
  [Verdict.DropDhcpServer]: {
    reason: 'dhcp_server',
    help: 'A DHCP answer from a port that is no DHCP server.',
    look: 'The guest, which runs a DHCP server; owner dhcp makes a port one.',
  },
  [Verdict.DropRouterAdvert]: {
    reason: 'router_advert',
    help: 'A router advertisement or redirect of IPv6 from a port.',
    look: 'The guest, which believes to be a router.',
  },
  [Verdict.DropIpv6Headers]: {
    reason: 'ipv6_headers',
    help: 'IPv6 from a port whose headers cannot be told: cut short, more than eight extension headers or 256 octets of them, or not all in the first fragment (RFC 7112, 7113).',
    look: 'The guest: it hides what it sends, or a fault of its driver cuts frames.',
  },
  [Verdict.DropNdFragment]: {
    reason: 'nd_fragment',
    help: 'Neighbour discovery of IPv6 in a fragment, from a port (RFC 6980).',
    look: 'The guest: no honest one sends it.',
  },
  [Verdict.DropSnatNotActive]: {
    reason: 'snat_not_active',
    help: 'To the SNAT service of a router, which another host has, or takes because the lease of this one is over.',
    look: 'show routers at the host it came from: it goes by an older state, or the SNAT service has just moved.',
  },
  [Verdict.DropSnatNowhere]: {
    reason: 'snat_nowhere',
    help: 'To the SNAT service of a router that no host has: the way out to its external networks.',
    look: 'show routers: SNAT; show hosts: who of mode dvr_snat is ALIVE and not draining; trace says why none has it.',
  },
  [Verdict.DropRifDst]: {
    reason: 'rif_dst_from_fabric',
    help: 'From the fabric, to the MAC of a router interface: replicas are addressed by their host MAC.',
    look: 'The host it came from: it must never let such a frame out.',
  },
  [Verdict.DropRifSrc]: {
    reason: 'rif_src_from_fabric',
    help: 'From the fabric, from the MAC of a router interface: a foreign replica.',
    look: 'The host it came from: its replica sends with the MAC that all replicas share.',
  },
  [Verdict.DropOwnHostMac]: {
    reason: 'own_hostmac_loop',
    help: 'From the fabric, from the host MAC of this host: a loop, or two hosts with one host MAC.',
    look: 'Loops in the fabric; host MACs (show hostmacs).',
  },
  [Verdict.DropOwnRifMac]: {
    reason: 'own_rif_mac_loop',
    help: 'From the fabric or the physical network, from a MAC that is of an SNAT service or exit of this host: a loop, forged, or two hosts with one service. Or ARP on an external network that gives such a MAC, of whatever host, to an address that is none of theirs.',
    look: 'Loops of the physical network; who sends with the MAC there; show routers on all hosts: which has the SNAT service.',
  },
  [Verdict.DropHostMacDst]: {
    reason: 'host_mac_dst',
    help: 'To the host MAC of this host, and no answer to a question of it.',
    look: 'Nobody sends there but hosts that answer: a stranger on the fabric, or an old answer.',
  },
  [Verdict.DropPeerRouted]: {
    reason: 'peer_routed_unknown_dst',
    help: 'Routed at another host, to a MAC that no port of this host has.',
    look: 'Whether the port has just moved; else the tables of the sender (show fdb there).',
  },
  [Verdict.DropUnknownUnicast]: {
    reason: 'unknown_unicast',
    help: 'To a MAC that nobody in the network has.',
    look: 'A destination that is gone; unknownUnicast: flood, where a network has silent stations.',
  },
  [Verdict.DropSplitHorizon]: {
    reason: 'split_horizon',
    help: 'From the fabric, to a MAC at another host: what comes from the fabric never goes back.',
    look: 'Whether the port has just moved; else the tables of the sender (show fdb there).',
  },
  [Verdict.DropReflected]: {
    reason: 'reflected',
    help: 'To the port it came from.',
    look: 'The guest, which sends to itself.',
  },
  [Verdict.DropArpUnknown]: {
    reason: 'arp_unknown',
    help: 'ARP for an address that nobody in the network has, where arp is strict.',
    look: 'Nothing to do; arp: flood asks everybody.',
  },
  [Verdict.DropNetworkMtu]: {
    reason: 'network_mtu',
    help: 'Within a network, larger than its MTU: it would not fit the tunnel.',
    look: 'MTU of the guest against that of the network (show networks).',
  },
  [Verdict.DropRouterLoop]: {
    reason: 'router_loop',
    help: 'Through more than eight routers of this host, one after the other.',
    look: 'Routes of routers that share a network: they lead in a circle.',
  },
  [Verdict.DropMetadataNoProxy]: {
    reason: 'metadata_no_proxy',
    help: 'TCP to 169.254.169.254:80, and this host has no metadata endpoint: answered by an RST, never routed.',
    look: 'host.metadata in the configuration.',
  },
  [Verdict.DropMetadataSource]: {
    reason: 'metadata_source',
    help: 'TCP to 169.254.169.254:80 from an address that is no fixed address of the port, which is answered by an RST, or from no port of this host.',
    look: 'addresses of the port in the objects; an allowed pair has no metadata.',
  },
  [Verdict.DropMetadataRate]: {
    reason: 'metadata_rate',
    help: 'New connection to the metadata address beyond what a port may open in a second.',
    look: 'The guest; host.metadata.newPerSecond.',
  },
  [Verdict.DropMetadataFragment]: {
    reason: 'metadata_fragment',
    help: 'Fragment of TCP to the metadata address, which is never routed.',
    look: 'The MTU of the guest, which ought to be that of its network.',
  },
  [Verdict.DropMetadataStray]: {
    reason: 'metadata_stray',
    help: 'From the side of the metadata endpoint, and no answer to a port.',
    look: 'Nothing to do: the kernel announces itself there, and connections outlive their ports.',
  },
  [Verdict.DropFipNotHere]: {
    reason: 'fip_not_here',
    help: 'From an external network to an address that is no floating IP of this host.',
    look: 'show floating-ips: where it is served; after a move, a neighbour of the upstream router that is not up to date yet.',
  },
  [Verdict.DropNotFloating]: {
    reason: 'not_floating',
    help: 'From a guest by the way of floating IPs, whose source has none there: it does not leave with an inside address.',
    look: "Rules of the router that look up a table of floating IPs (16 and on) for other sources than the gateway's own rules do.",
  },
  [Verdict.DropScratchFull]: {
    reason: 'scratch_full',
    help: 'No room for more frames made in one turn (fragments, errors, ARP).',
    look: 'A flood of oversized or erroneous packets.',
  },
  [Verdict.DropHandoffFull]: {
    reason: 'handoff_full',
    help: 'Frame that belongs to another worker, which takes them too slowly: the ring to it is full.',
    look: 'windrose show workers: the busy worker, and how many frames change hands.',
  },
  [Verdict.DropHandoffLoop]: {
    reason: 'handoff_loop',
    help: 'Frame that changed hands eight times without finding its session.',
    look: 'Nothing in normal operation; many of them are a fault of this program.',
  },
  [Verdict.DropWorkerFault]: {
    reason: 'worker_fault',
    help: "Frame that was in a worker's hands when the worker failed.",
    look: 'The log: the worker was replaced.',
  },
};

export function verdictSpec(v: Verdict): VerdictSpec {
  return verdictSpecs[v as Counted];
}
