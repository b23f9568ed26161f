"""Rules that ip(8) of iproute2 6.1 cannot write (dscp, masks of ports), added by rtnetlink(7).

Standard input: one rule a line, in the words that the configuration has for it. Standard output: 0 or the errno, a line each.
"""
import socket
import struct
import sys

RTM_NEWRULE = 32
NLM_F_REQUEST, NLM_F_ACK, NLM_F_CREATE, NLM_F_EXCL = 1, 4, 0x400, 0x200
FRA_DST, FRA_SRC, FRA_IIFNAME, FRA_PRIORITY, FRA_FWMARK, FRA_FWMASK, FRA_TABLE = 1, 2, 3, 6, 10, 16, 15
FRA_IP_PROTO, FRA_SPORT_RANGE, FRA_DPORT_RANGE, FRA_DSCP, FRA_SPORT_MASK, FRA_DPORT_MASK, FRA_DSCP_MASK = 22, 23, 24, 25, 28, 29, 30
ACTIONS = {'lookup': 1, 'blackhole': 6, 'unreachable': 7, 'prohibit': 8}
PROTOCOLS = {'icmp': 1, 'tcp': 6, 'udp': 17}
TABLES = {'main': 254, 'default': 253, 'local': 255}
FIB_RULE_INVERT = 2


def attribute(kind, data):
    return struct.pack('HH', 4 + len(data), kind) + data + b'\0' * (-len(data) % 4)


def number(text):
    return int(text, 0)


def ports(text, range_kind, mask_kind):
    value, _, mask = text.partition('/')
    low, _, high = value.partition('-')
    attributes = attribute(range_kind, struct.pack('HH', number(low), number(high or low)))
    return attributes + (attribute(mask_kind, struct.pack('H', number(mask))) if mask else b'')


def message(words):
    flags, action, lengths, table, attributes = 0, 1, {FRA_DST: 0, FRA_SRC: 0}, 254, b''
    while words:
        word = words.pop(0)
        if word == 'not':
            flags = FIB_RULE_INVERT
            continue
        if word in ('blackhole', 'unreachable', 'prohibit'):
            action = ACTIONS[word]
            continue
        value = words.pop(0)
        if word in ('from', 'to'):
            kind = FRA_SRC if word == 'from' else FRA_DST
            address, _, length = value.partition('/')
            lengths[kind] = int(length or 32)
            attributes += attribute(kind, socket.inet_aton(address))
        elif word == 'lookup':
            table = TABLES.get(value) or number(value)
        elif word == 'pref':
            attributes += attribute(FRA_PRIORITY, struct.pack('I', number(value)))
        elif word == 'iif':
            attributes += attribute(FRA_IIFNAME, value.encode() + b'\0')
        elif word == 'ipproto':
            attributes += attribute(FRA_IP_PROTO, struct.pack('B', PROTOCOLS[value]))
        elif word == 'dscp':
            chosen, _, mask = value.partition('/')
            attributes += attribute(FRA_DSCP, struct.pack('B', number(chosen)))
            attributes += attribute(FRA_DSCP_MASK, struct.pack('B', number(mask))) if mask else b''
        elif word == 'sport':
            attributes += ports(value, FRA_SPORT_RANGE, FRA_SPORT_MASK)
        elif word == 'dport':
            attributes += ports(value, FRA_DPORT_RANGE, FRA_DPORT_MASK)
        else:
            raise ValueError(word)
    if action == 1:
        attributes += attribute(FRA_TABLE, struct.pack('I', table))
    header = struct.pack('BBBBBBBBI', socket.AF_INET, lengths[FRA_DST], lengths[FRA_SRC], 0, 0, 0, 0, action, flags)
    return header + attributes


def main():
    link = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
    link.bind((0, 0))
    for sequence, line in enumerate(sys.stdin.read().splitlines(), 1):
        body = message(line.split())
        wanted = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL
        link.send(struct.pack('IHHII', 16 + len(body), RTM_NEWRULE, wanted, sequence, 0) + body)
        print(-struct.unpack_from('i', link.recv(65536), 16)[0])


main()
