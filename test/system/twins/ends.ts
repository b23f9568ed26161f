/** Programs of hosts, for python3 -c: a server that says who it is and whom it sees, and clients of many. */

/** Serves TCP 8080 and UDP 5353; the argument is what it says of itself. What comes after that is sent back. */
export const SERVER = `
import socket, sys, threading
name = sys.argv[1]
def tell(address): return f'{name} sees {address} '.encode()
def talk(connection, peer):
    try:
        connection.sendall(tell(peer[0]))
        while data := connection.recv(65536): connection.sendall(data)
    except OSError: pass
    connection.close()
def tcp():
    while True: threading.Thread(target=talk, args=listener.accept(), daemon=True).start()
listener = socket.create_server(('', 8080), backlog=64)
datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
datagrams.bind(('', 5353))
threading.Thread(target=tcp, daemon=True).start()
print('ready', flush=True)
while True:
    data, peer = datagrams.recvfrom(65536)
    datagrams.sendto(tell(peer[0]) + data, peer)
`;

/**
 * Asks each of its arguments, KIND:ADDRESS:PORT, and prints a line for each: what it said, or how that failed. \`tcp\` has 100,000 octets sent back,
 * \`udp\` 5 octets, \`large\` 6,000, in fragments.
 */
export const CLIENT = `
import socket, sys
socket.setdefaulttimeout(3)
for one in sys.argv[1:]:
    kind, address, port = one.split(':')
    try:
        if kind == 'tcp':
            with socket.create_connection((address, int(port))) as s:
                said = s.recv(100)
                s.sendall(b'x' * 100000)
                left = 100000
                while left > 0:
                    data = s.recv(65536)
                    if not data: raise EOFError
                    left -= len(data)
        else:
            octets = 5 if kind == 'udp' else 6000
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.connect((address, int(port)))
                s.send(b'x' * octets)
                data = s.recv(65536)
                said = data[:-octets]
        print(one, said.decode().strip())
    except (OSError, EOFError) as e: print(one, type(e).__name__)
`;
