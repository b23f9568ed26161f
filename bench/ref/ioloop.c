/*
 * The I/O limit: reads bursts of frames from one device and writes them to the other, both ways, in one thread, and does
 * nothing else. No gateway built on the same system calls can be faster, so the gateway is measured against it.
 *
 *   ioloop tap    NETNS:DEVICE NETNS:DEVICE [--spin MICROSECONDS] [--burst FRAMES]
 *   ioloop packet NETNS:DEVICE NETNS:DEVICE [...]
 *
 * `tap` creates the two devices in their namespaces: one queue (multi-queue flag), virtio-net header of 10 octets, all
 * offloads, transmit queue of 4096 frames. `packet` opens a packet socket on two devices that exist. NETNS is a name under
 * /run/netns; empty means the caller's own. The loop sleeps in poll(2) only after both sides have been empty for --spin
 * microseconds (300 by default). It prints "ready" when it forwards and one line of JSON when SIGTERM or SIGINT ends it.
 * Exit status: 0 ended by a signal, 1 a system call failed, 2 usage.
 *
 * Frames are packed densely into one arena (64-octet steps) where the system call allows it: a TAP gives one frame per
 * read(2). recvmmsg(2) needs its buffers beforehand, so packet frames get a slot each; slots are staggered by 17 cache
 * lines, for buffers at strides of 4 KiB would fight for the same cache sets.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

enum { MAX_BURST = 64, MAX_RECORD = 10 + 18 + 65535, ARENA = 512 * 1024, SLOT = 66 * 1024 + 17 * 64, TX_QUEUE = 4096 };

struct side {
  int fd;
  const char *name;
  uint64_t frames, octets, lost;
};

static unsigned char arena[MAX_BURST * SLOT] __attribute__((aligned(64)));
static struct mmsghdr messages[MAX_BURST];
static struct iovec records[MAX_BURST];
static unsigned burst = MAX_BURST;
static volatile sig_atomic_t stopping;

static void stop(int signal_number) {
  (void)signal_number;
  stopping = 1;
}

static void fail(const char *what, const char *object) {
  fprintf(stderr, "ioloop: %s %s: %s\n", what, object, strerror(errno));
  exit(1);
}

/* Enters the namespace that the part of `where` before ':' names; returns the device name behind it. */
static const char *enter_namespace(const char *where) {
  const char *colon = strchr(where, ':');
  if (!colon || !colon[1] || strlen(colon + 1) >= IFNAMSIZ) {
    fprintf(stderr, "ioloop: \"%s\" is not NETNS:DEVICE\n", where);
    exit(2);
  }
  if (colon == where) return colon + 1;
  char path[128];
  snprintf(path, sizeof path, "/run/netns/%.*s", (int)(colon - where), where);
  int ns = open(path, O_RDONLY | O_CLOEXEC);
  if (ns < 0 || setns(ns, CLONE_NEWNET) < 0) fail("enter", path);
  close(ns);
  return colon + 1;
}

static int open_tap(const char *device) {
  struct ifreq req = {0};
  int header = 10, fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) fail("open", "/dev/net/tun");
  memcpy(req.ifr_name, device, strlen(device));
  req.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE;
  if (ioctl(fd, TUNSETIFF, &req) < 0) fail("TUNSETIFF", device);
  if (ioctl(fd, TUNSETVNETHDRSZ, &header) < 0) fail("TUNSETVNETHDRSZ", device);
  unsigned long offloads = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;
  if (ioctl(fd, TUNSETOFFLOAD, offloads | TUN_F_USO4 | TUN_F_USO6) < 0 && ioctl(fd, TUNSETOFFLOAD, offloads) < 0)
    fail("TUNSETOFFLOAD", device);
  int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  req.ifr_qlen = TX_QUEUE;
  if (control < 0 || ioctl(control, SIOCSIFTXQLEN, &req) < 0) fail("SIOCSIFTXQLEN", device);
  if (ioctl(control, SIOCGIFFLAGS, &req) < 0) fail("SIOCGIFFLAGS", device);
  req.ifr_flags |= IFF_UP;
  if (ioctl(control, SIOCSIFFLAGS, &req) < 0) fail("SIOCSIFFLAGS", device);
  close(control);
  return fd;
}

static int open_packet(const char *device) {
  int one = 1, room = 16 << 20, fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket", device);
  struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = __builtin_bswap16(ETH_P_ALL), .sll_ifindex = (int)if_nametoindex(device)};
  struct packet_mreq all = {.mr_ifindex = at.sll_ifindex, .mr_type = PACKET_MR_PROMISC};
  if (!at.sll_ifindex) fail("find", device);
  if (setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &one, sizeof one) < 0) fail("PACKET_VNET_HDR", device);
  if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one) < 0) fail("PACKET_IGNORE_OUTGOING", device);
  if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof all) < 0) fail("PACKET_ADD_MEMBERSHIP", device);
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) < 0) fail("SO_RCVBUFFORCE", device);
  if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room) < 0) fail("SO_SNDBUFFORCE", device);
  if (bind(fd, (struct sockaddr *)&at, sizeof at) < 0) fail("bind", device);
  return fd;
}

/* Fills `records` with up to `burst` frames, virtio-net header first. Returns the count; 0 = nothing waits. */
static unsigned receive_tap(struct side *from) {
  unsigned count = 0;
  for (size_t at = 0; count < burst && at < ARENA; count++) {
    ssize_t length = read(from->fd, arena + at, MAX_RECORD);
    if (length <= 0) break;
    records[count] = (struct iovec){arena + at, (size_t)length};
    at += ((size_t)length + 63) & ~(size_t)63;
  }
  return count;
}

static unsigned receive_packet(struct side *from) {
  for (unsigned i = 0; i < burst; i++) records[i].iov_len = MAX_RECORD;
  int count = recvmmsg(from->fd, messages, burst, MSG_DONTWAIT, NULL);
  for (int i = 0; i < count; i++) records[i].iov_len = messages[i].msg_len;
  return count < 0 ? 0 : (unsigned)count;
}

static void send_tap(struct side *to, unsigned count) {
  for (unsigned i = 0; i < count; i++)
    if (write(to->fd, records[i].iov_base, records[i].iov_len) < 0) to->lost++;
}

/* A frame the kernel refuses is lost; the ones behind it are sent all the same. */
static void send_packet(struct side *to, unsigned count) {
  for (unsigned done = 0; done < count;) {
    int sent = sendmmsg(to->fd, messages + done, count - done, MSG_DONTWAIT);
    if (sent > 0) done += (unsigned)sent;
    else done++, to->lost++;
  }
}

static int64_t now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void forward(struct side sides[2], int is_tap, int64_t spin_us) {
  struct pollfd waits[2] = {{.fd = sides[0].fd, .events = POLLIN}, {.fd = sides[1].fd, .events = POLLIN}};
  for (int64_t last = now_us(); !stopping;) {
    unsigned moved = 0;
    for (int i = 0; i < 2; i++) {
      unsigned count = is_tap ? receive_tap(&sides[i]) : receive_packet(&sides[i]);
      if (!count) continue;
      (is_tap ? send_tap : send_packet)(&sides[1 - i], count);
      sides[i].frames += count;
      for (unsigned k = 0; k < count; k++) sides[i].octets += records[k].iov_len;
      moved += count;
    }
    int64_t now = now_us();
    if (moved) last = now;
    else if (now - last >= spin_us) {
      poll(waits, 2, 100); /* bounded, so that a signal just before the call is seen */
      last = now_us();
    }
  }
}

int main(int argc, char **argv) {
  int64_t spin_us = 300;
  int is_tap = argc > 1 && !strcmp(argv[1], "tap");
  int known = argc >= 4 && (is_tap || !strcmp(argv[1], "packet"));
  for (int i = 4; known && i < argc; i += 2) {
    long value = i + 1 < argc ? atol(argv[i + 1]) : -1;
    if (!strcmp(argv[i], "--spin") && value >= 0) spin_us = value;
    else if (!strcmp(argv[i], "--burst") && value > 0 && value <= MAX_BURST) burst = (unsigned)value;
    else known = 0;
  }
  if (!known) {
    fprintf(stderr, "usage: ioloop tap|packet NETNS:DEVICE NETNS:DEVICE [--spin MICROSECONDS] [--burst 1..64]\n");
    return 2;
  }
  struct sigaction end = {.sa_handler = stop};
  sigaction(SIGTERM, &end, NULL);
  sigaction(SIGINT, &end, NULL);

  struct side sides[2] = {{.name = argv[2]}, {.name = argv[3]}};
  int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  for (int i = 0; i < 2; i++) {
    const char *device = enter_namespace(sides[i].name);
    sides[i].fd = is_tap ? open_tap(device) : open_packet(device);
    if (setns(home, CLONE_NEWNET) < 0) fail("return to", "the first namespace");
  }
  for (unsigned i = 0; i < MAX_BURST; i++) {
    records[i].iov_base = arena + (size_t)i * SLOT;
    messages[i].msg_hdr = (struct msghdr){.msg_iov = &records[i], .msg_iovlen = 1};
  }
  puts("ready");
  fflush(stdout);
  forward(sides, is_tap, spin_us);
  printf("{\"frames\":[%llu,%llu],\"octets\":[%llu,%llu],\"lost\":[%llu,%llu]}\n", (unsigned long long)sides[0].frames,
         (unsigned long long)sides[1].frames, (unsigned long long)sides[0].octets, (unsigned long long)sides[1].octets,
         (unsigned long long)sides[0].lost, (unsigned long long)sides[1].lost);
  return 0;
}
