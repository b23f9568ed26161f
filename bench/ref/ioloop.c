/*
 * The I/O limit over TAPs: reads bursts of frames from one device and writes them to the other, both ways, in one thread, and does
 * nothing else. No gateway built on the same system calls can be faster, so the gateway is measured against it. (Over packet sockets
 * the limit is packetio.c with the method `slots`.)
 *
 *   ioloop NETNS:DEVICE NETNS:DEVICE [--spin MICROSECONDS] [--burst FRAMES]
 *
 * Creates the two devices in their namespaces: one queue (multi-queue flag), virtio-net header of 10 octets, all offloads, transmit
 * queue of 4096 frames. NETNS is a name under /run/netns; empty means the caller's own. The loop sleeps in poll(2) only after both
 * sides have been empty for --spin microseconds (300 by default). It prints "ready" when it forwards and one line of JSON when SIGTERM
 * or SIGINT ends it. Exit status: 0 ended by a signal, 1 a system call failed, 2 usage.
 *
 * Frames are packed densely into one arena (64-octet steps); a TAP gives one frame per read(2).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
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

enum { MAX_BURST = 64, MAX_RECORD = 10 + 18 + 65535, ARENA = 512 * 1024, TX_QUEUE = 4096 };

struct side {
  int fd;
  const char *name;
  uint64_t frames, octets, lost;
};

static unsigned char arena[ARENA + MAX_RECORD + 64] __attribute__((aligned(64)));
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

static void send_tap(struct side *to, unsigned count) {
  for (unsigned i = 0; i < count; i++)
    if (write(to->fd, records[i].iov_base, records[i].iov_len) < 0) to->lost++;
}

static int64_t now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void forward(struct side sides[2], int64_t spin_us) {
  struct pollfd waits[2] = {{.fd = sides[0].fd, .events = POLLIN}, {.fd = sides[1].fd, .events = POLLIN}};
  for (int64_t last = now_us(); !stopping;) {
    unsigned moved = 0;
    for (int i = 0; i < 2; i++) {
      unsigned count = receive_tap(&sides[i]);
      if (!count) continue;
      send_tap(&sides[1 - i], count);
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
  int known = argc >= 3;
  for (int i = 3; known && i < argc; i += 2) {
    long value = i + 1 < argc ? atol(argv[i + 1]) : -1;
    if (!strcmp(argv[i], "--spin") && value >= 0) spin_us = value;
    else if (!strcmp(argv[i], "--burst") && value > 0 && value <= MAX_BURST) burst = (unsigned)value;
    else known = 0;
  }
  if (!known) {
    fprintf(stderr, "usage: ioloop NETNS:DEVICE NETNS:DEVICE [--spin MICROSECONDS] [--burst 1..64]\n");
    return 2;
  }
  struct sigaction end = {.sa_handler = stop};
  sigaction(SIGTERM, &end, NULL);
  sigaction(SIGINT, &end, NULL);

  struct side sides[2] = {{.name = argv[1]}, {.name = argv[2]}};
  int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  for (int i = 0; i < 2; i++) {
    const char *device = enter_namespace(sides[i].name);
    sides[i].fd = open_tap(device);
    if (setns(home, CLONE_NEWNET) < 0) fail("return to", "the first namespace");
  }
  puts("ready");
  fflush(stdout);
  forward(sides, spin_us);
  printf("{\"frames\":[%llu,%llu],\"octets\":[%llu,%llu],\"lost\":[%llu,%llu]}\n", (unsigned long long)sides[0].frames,
         (unsigned long long)sides[1].frames, (unsigned long long)sides[0].octets, (unsigned long long)sides[1].octets,
         (unsigned long long)sides[0].lost, (unsigned long long)sides[1].lost);
  return 0;
}
