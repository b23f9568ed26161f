/*
 * Sends UDP frames out of a device as fast as one CPU can, or at a given rate, through a packet socket and sendmmsg(2).
 *
 *   generate --device DEV --to-mac MAC --to ADDRESS[:PORT[+COUNT]] --from ADDRESS[+COUNT] [--ports FIRST[+COUNT]]
 *            [--size OCTETS] [--seconds S] [--rate FRAMES_PER_SECOND] [--bypass 0|1]
 *
 * Run it inside the sender's namespace. One frame per pair of source address and source port (COUNT x COUNT flows, 262,144 at
 * most) is built beforehand, with right IPv4 and UDP checksums, and sent in turn; destination ports, when several, alternate from
 * frame to frame, because a translator with one address has only so many ports towards one of them. --size is the Ethernet frame
 * without FCS, 60 to 1514.
 * --bypass 1 (default) hands frames straight to the driver (PACKET_QDISC_BYPASS). A frame the driver refuses because its
 * queue is full counts as refused, not as sent. Prints one line: {"sent":N,"refused":N,"seconds":S,"system":S}; `system` is its CPU time
 * in the kernel, with what receivers do in its soft interrupts.
 * Exit status: 0 done (also when a signal ended it early), 1 a system call failed, 2 usage.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BURST = 64, ETH = 14, IP = 20, UDP = 8, MAX_FLOWS = 1 << 18 };

/* Addresses and ports in host order. */
struct plan {
  const char *device;
  unsigned char to_mac[6], from_mac[6];
  uint32_t to, from, addresses;
  unsigned to_port, to_ports, first_port, ports, size;
  double seconds, rate;
  int bypass;
};

static volatile sig_atomic_t stopping;

static void stop(int signal_number) {
  (void)signal_number;
  stopping = 1;
}

static void fail(const char *what) {
  fprintf(stderr, "generate: %s: %s\n", what, strerror(errno));
  exit(1);
}

static void usage(const char *about) {
  fprintf(stderr, "generate: %s\nusage: generate --device DEV --to-mac MAC --to ADDRESS[:PORT[+COUNT]] --from ADDRESS[+COUNT] "
                  "[--ports FIRST[+COUNT]] [--size 60..1514] [--seconds S] [--rate FRAMES/S] [--bypass 0|1]\n", about);
  exit(2);
}

/* "1.2.3.4", then optionally `mark` and a number, and behind it "+" and another. Returns the address in host order. */
static uint32_t parse_address(const char *text, char mark, unsigned *number, unsigned *count) {
  char copy[64];
  snprintf(copy, sizeof copy, "%s", text);
  char *tail = strchr(copy, mark);
  if (tail) *tail++ = 0, sscanf(tail, "%u+%u", number, count);
  struct in_addr address;
  if (inet_pton(AF_INET, copy, &address) != 1) usage(text);
  return ntohl(address.s_addr);
}

static struct plan parse(int argc, char **argv) {
  struct plan p = {.addresses = 1, .first_port = 10000, .ports = 1, .to_port = 9, .to_ports = 1, .size = 64, .seconds = 1, .bypass = 1};
  unsigned one = 1;
  for (int i = 1; i < argc; i += 2) {
    const char *key = argv[i], *value = i + 1 < argc ? argv[i + 1] : "";
    unsigned char *m = p.to_mac;
    if (!strcmp(key, "--device")) p.device = value;
    else if (!strcmp(key, "--to-mac")) {
      if (sscanf(value, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", m, m + 1, m + 2, m + 3, m + 4, m + 5) != 6) usage(value);
    } else if (!strcmp(key, "--to")) p.to = parse_address(value, ':', &p.to_port, &p.to_ports);
    else if (!strcmp(key, "--from")) p.from = parse_address(value, '+', &p.addresses, &one);
    else if (!strcmp(key, "--ports")) {
      if (sscanf(value, "%u+%u", &p.first_port, &p.ports) < 1) usage(value);
    } else if (!strcmp(key, "--size")) p.size = (unsigned)atoi(value);
    else if (!strcmp(key, "--seconds")) p.seconds = atof(value);
    else if (!strcmp(key, "--rate")) p.rate = atof(value);
    else if (!strcmp(key, "--bypass")) p.bypass = atoi(value);
    else usage(key);
  }
  if (!p.device || !p.to || !p.from || p.size < 60 || p.size > 1514 || p.seconds <= 0) usage("missing or out of range");
  if (!p.addresses || !p.ports || (uint64_t)p.addresses * p.ports > MAX_FLOWS || p.first_port + p.ports > 65536 || !p.to_ports ||
      p.to_port + p.to_ports > 65536)
    usage("flows out of range");
  return p;
}

/* Adds `length` octets to a ones' complement sum of big-endian words. */
static uint32_t sum(const unsigned char *at, size_t length, uint32_t start) {
  for (size_t i = 0; i + 1 < length; i += 2) start += (uint32_t)at[i] << 8 | at[i + 1];
  return length & 1 ? start + ((uint32_t)at[length - 1] << 8) : start;
}

static uint16_t finish(uint32_t s) {
  while (s >> 16) s = (s & 0xffff) + (s >> 16);
  return (uint16_t)~s;
}

static void put16(unsigned char *at, unsigned value) { at[0] = (unsigned char)(value >> 8), at[1] = (unsigned char)value; }

static void build(const struct plan *p, unsigned char *frame, uint32_t from, unsigned port, unsigned to_port) {
  unsigned char *ip = frame + ETH, *udp = ip + IP;
  unsigned length = p->size - ETH;
  memcpy(frame, p->to_mac, 6);
  memcpy(frame + 6, p->from_mac, 6);
  put16(frame + 12, ETH_P_IP);
  ip[0] = 0x45, ip[8] = 64, ip[9] = IPPROTO_UDP;
  put16(ip + 2, length);
  put16(ip + 6, 0x4000); /* don't fragment */
  put16(ip + 12, from >> 16), put16(ip + 14, from & 0xffff);
  put16(ip + 16, p->to >> 16), put16(ip + 18, p->to & 0xffff);
  put16(ip + 10, finish(sum(ip, IP, 0)));
  put16(udp, port), put16(udp + 2, to_port);
  put16(udp + 4, length - IP);
  unsigned check = finish(sum(udp, length - IP, sum(ip + 12, 8, IPPROTO_UDP + length - IP)));
  put16(udp + 6, check ? check : 0xffff);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int open_socket(struct plan *p) {
  int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), room = 16 << 20;
  struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(p->device)};
  struct ifreq req = {0};
  if (fd < 0) fail("socket");
  if (!at.sll_ifindex) fail(p->device);
  snprintf(req.ifr_name, sizeof req.ifr_name, "%s", p->device);
  if (ioctl(fd, SIOCGIFHWADDR, &req) < 0) fail("SIOCGIFHWADDR");
  memcpy(p->from_mac, req.ifr_hwaddr.sa_data, 6);
  if (p->bypass && setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &p->bypass, sizeof p->bypass) < 0) fail("PACKET_QDISC_BYPASS");
  setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);
  if (bind(fd, (struct sockaddr *)&at, sizeof at) < 0) fail("bind"); /* protocol 0: this socket receives nothing */
  return fd;
}

int main(int argc, char **argv) {
  struct plan p = parse(argc, argv);
  struct sigaction end = {.sa_handler = stop};
  sigaction(SIGTERM, &end, NULL);
  sigaction(SIGINT, &end, NULL);
  int fd = open_socket(&p);

  unsigned flows = p.addresses * p.ports, count = flows < BURST ? BURST : flows;
  unsigned char *frames = calloc(flows, p.size);
  struct iovec *parts = calloc(count, sizeof *parts);
  struct mmsghdr *messages = calloc(count, sizeof *messages);
  if (!frames || !parts || !messages) fail("calloc");
  for (unsigned i = 0; i < flows; i++)
    build(&p, frames + (size_t)i * p.size, p.from + i % p.addresses, p.first_port + i / p.addresses, p.to_port + i % p.to_ports);
  for (unsigned i = 0; i < count; i++) {
    parts[i] = (struct iovec){frames + (size_t)(i % flows) * p.size, p.size};
    messages[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1};
  }

  uint64_t sent = 0, refused = 0;
  double start = now(), t = start;
  for (unsigned at = 0; !stopping && (t = now()) - start < p.seconds;) {
    unsigned want = count - at < BURST ? count - at : BURST;
    if (p.rate > 0) {
      double due = (t - start) * p.rate - (double)(sent + refused);
      if (due < 1) continue;
      if (due < want) want = (unsigned)due;
    }
    int done = sendmmsg(fd, messages + at, want, 0);
    if (done > 0) sent += (unsigned)done;
    else if (errno == ENOBUFS || errno == EAGAIN) refused++, done = 1;
    else if (errno == EINTR) continue;
    else fail("sendmmsg");
    at = at + (unsigned)done >= count ? 0 : at + (unsigned)done;
  }
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  printf("{\"sent\":%llu,\"refused\":%llu,\"seconds\":%.6f,\"system\":%.6f}\n", (unsigned long long)sent, (unsigned long long)refused, t - start,
         (double)used.ru_stime.tv_sec + (double)used.ru_stime.tv_usec / 1e6);
  free(messages), free(parts), free(frames);
  close(fd);
  return 0;
}
