/*
 * Packet I/O by one of several system interfaces: takes bursts of frames from one device and gives them to the other, both ways, in
 * one thread, and does nothing else. It answers which of them the gateway should stand on.
 *
 *   packetio METHOD NETNS:DEVICE NETNS:DEVICE [--spin MICROSECONDS] [--burst FRAMES]
 *
 * METHOD: mmsg (io/mmsg.c), slots (io/slots.c), ring, ring-both (io/ring.c), xdp (io/xdp.c). The devices exist. NETNS is a name under /run/netns; empty
 * means the caller's own. The loop sleeps in poll(2) after both sides have been empty for --spin microseconds (50 by default).
 * It prints "ready" when it forwards, and one line of JSON for each SIGUSR1 and when SIGTERM or SIGINT ends it: frames and octets from
 * each side, frames that could not be sent to it, and the CPU time used so far in seconds.
 * Exit status: 0 ended by a signal, 1 a system call failed, 2 usage.
 */
#define _GNU_SOURCE
#include "io/method.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

unsigned burst = MAX_BURST;
static volatile sig_atomic_t stopping, asked;

static void heed(int signal_number) {
  if (signal_number == SIGUSR1) asked = 1;
  else stopping = 1;
}

void fail(const char *what, const char *object) {
  fprintf(stderr, "packetio: %s %s: %s\n", what, object, strerror(errno));
  exit(1);
}

static void usage(const char *about) {
  fprintf(stderr, "packetio: %s\nusage: packetio mmsg|slots|ring|ring-both|xdp NETNS:DEVICE NETNS:DEVICE "
                  "[--spin MICROSECONDS] [--burst 1..%d]\n", about, MAX_BURST);
  exit(2);
}

/* Enters the namespace that the part of `where` before ':' names; returns the device name behind it. */
static const char *enter_namespace(const char *where) {
  const char *colon = strchr(where, ':');
  if (!colon || !colon[1]) usage(where);
  if (colon == where) return colon + 1;
  char path[128];
  snprintf(path, sizeof path, "/run/netns/%.*s", (int)(colon - where), where);
  int ns = open(path, O_RDONLY | O_CLOEXEC);
  if (ns < 0 || setns(ns, CLONE_NEWNET) < 0) fail("enter", path);
  close(ns);
  return colon + 1;
}

static int64_t now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void report(const struct side sides[2]) {
  struct timespec cpu;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
  printf("{\"frames\":[%llu,%llu],\"octets\":[%llu,%llu],\"lost\":[%llu,%llu],\"cpu\":%.9f}\n", (unsigned long long)sides[0].frames,
         (unsigned long long)sides[1].frames, (unsigned long long)sides[0].octets, (unsigned long long)sides[1].octets,
         (unsigned long long)sides[0].lost, (unsigned long long)sides[1].lost, (double)cpu.tv_sec + (double)cpu.tv_nsec / 1e9);
  fflush(stdout);
}

static void forward(const struct method *method, struct side sides[2], int64_t spin_us) {
  struct pollfd waits[2] = {{.fd = sides[0].fd, .events = POLLIN}, {.fd = sides[1].fd, .events = POLLIN}};
  for (int64_t last = now_us(); !stopping;) {
    unsigned moved = 0;
    for (int i = 0; i < 2; i++) {
      unsigned count = method->move(&sides[i], &sides[1 - i]);
      sides[i].frames += count;
      moved += count;
    }
    if (asked) asked = 0, report(sides);
    int64_t now = now_us();
    if (moved) last = now;
    else if (now - last >= spin_us) {
      poll(waits, 2, 100); /* bounded, so that a signal just before the call is seen */
      last = now_us();
    }
  }
}

int main(int argc, char **argv) {
  const struct method *known[] = {&mmsg_method, &slots_method, &ring_method, &ring_both_method, &xdp_method}, *method = NULL;
  int64_t spin_us = 50;
  for (unsigned i = 0; argc > 1 && i < sizeof known / sizeof *known; i++)
    if (!strcmp(argv[1], known[i]->name)) method = known[i];
  if (!method || argc < 4) usage("a method and two devices are needed");
  for (int i = 4; i < argc; i += 2) {
    long value = i + 1 < argc ? atol(argv[i + 1]) : -1;
    if (!strcmp(argv[i], "--spin") && value >= 0) spin_us = value;
    else if (!strcmp(argv[i], "--burst") && value > 0 && value <= MAX_BURST) burst = (unsigned)value;
    else usage(argv[i]);
  }
  struct sigaction end = {.sa_handler = heed};
  sigaction(SIGUSR1, &end, NULL);
  sigaction(SIGTERM, &end, NULL);
  sigaction(SIGINT, &end, NULL);

  struct side sides[2] = {{.fd = -1}, {.fd = -1}};
  int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  for (int i = 0; i < 2; i++) {
    method->open(&sides[i], enter_namespace(argv[2 + i]), i ? &sides[0] : NULL);
    if (setns(home, CLONE_NEWNET) < 0) fail("return to", "the first namespace");
  }
  puts("ready");
  fflush(stdout);
  forward(method, sides, spin_us);
  report(sides);
  return 0;
}
