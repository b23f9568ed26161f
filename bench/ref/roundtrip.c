/*
 * Round trips of small UDP datagrams at a fixed pace, as an application sees them: both ends block in recv(2).
 *
 *   roundtrip serve  ADDRESS:PORT
 *   roundtrip ask    ADDRESS:PORT --rate PER_SECOND --seconds S
 *
 * `serve` sends every datagram back until SIGTERM. `ask` sends one datagram of 64 octets each 1/rate seconds, waits at most 500 ms for
 * its answer, and takes the time from before the send to after the receive with CLOCK_MONOTONIC. A late answer of an earlier request
 * is told by its number and passed over. `ask` prints one line of JSON, times in microseconds:
 *   {"sent":..,"answered":..,"p50":..,"p90":..,"p99":..,"p999":..,"max":..}
 * Exit status: 0 done, 1 a system call failed or nothing was answered, 2 usage.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

enum { PAYLOAD = 64, MOST = 1000000 };

static double taken[MOST];

static void fail(const char *what) {
  fprintf(stderr, "roundtrip: %s: %s\n", what, strerror(errno));
  exit(1);
}

static struct sockaddr_in endpoint(const char *text) {
  struct sockaddr_in at = {.sin_family = AF_INET};
  const char *colon = strchr(text, ':');
  char address[INET_ADDRSTRLEN] = "";
  if (colon && colon - text < INET_ADDRSTRLEN) memcpy(address, text, (size_t)(colon - text));
  if (!colon || inet_pton(AF_INET, address, &at.sin_addr) != 1 || atoi(colon + 1) < 1 || atoi(colon + 1) > 65535) {
    fprintf(stderr, "roundtrip: \"%s\" is not ADDRESS:PORT\n", text);
    exit(2);
  }
  at.sin_port = htons((uint16_t)atoi(colon + 1));
  return at;
}

static double now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void serve(struct sockaddr_in at) {
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) < 0) fail("bind");
  puts("ready");
  fflush(stdout);
  for (;;) {
    char data[2048];
    struct sockaddr_in from;
    socklen_t size = sizeof from;
    ssize_t n = recvfrom(fd, data, sizeof data, 0, (struct sockaddr *)&from, &size);
    if (n > 0) sendto(fd, data, (size_t)n, 0, (struct sockaddr *)&from, size);
  }
}

/* Microseconds until the answer to `number` came; negative when none did. */
static double one_trip(int fd, uint64_t number) {
  uint64_t data[PAYLOAD / 8] = {number};
  double start = now_us();
  if (send(fd, data, sizeof data, 0) < 0) return -1;
  for (;;) {
    ssize_t n = recv(fd, data, sizeof data, 0);
    if (n < 0) return -1;
    if (n == sizeof data && data[0] == number) return now_us() - start;
  }
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double quantile(size_t count, double share) {
  size_t at = (size_t)((double)count * share);
  return taken[at < count ? at : count - 1];
}

static void ask(struct sockaddr_in to, double rate, double seconds) {
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct timeval patience = {.tv_usec = 500000};
  if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0) fail("connect");
  if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) < 0) fail("SO_RCVTIMEO");
  prctl(PR_SET_TIMERSLACK, 1UL); /* the pace is the bench's, not what is measured */
  size_t sent = 0, answered = 0;
  double first = now_us(), due = first, end = first + seconds * 1e6;
  for (; due < end && sent < MOST; due += 1e6 / rate) {
    struct timespec at = {(time_t)(due / 1e6), 0};
    at.tv_nsec = (long)((due - (double)at.tv_sec * 1e6) * 1e3);
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR) continue;
    double us = one_trip(fd, ++sent);
    if (us >= 0) taken[answered++] = us;
    while (due + 1e6 / rate < now_us() - 1e6 / rate) due += 1e6 / rate; /* what was missed is not made up for in a burst */
  }
  if (answered == 0) {
    fprintf(stderr, "roundtrip: none of %zu requests was answered\n", sent);
    exit(1);
  }
  qsort(taken, answered, sizeof taken[0], ascending);
  printf("{\"sent\":%zu,\"answered\":%zu,\"p50\":%.2f,\"p90\":%.2f,\"p99\":%.2f,\"p999\":%.2f,\"max\":%.2f}\n", sent, answered,
         quantile(answered, 0.5), quantile(answered, 0.9), quantile(answered, 0.99), quantile(answered, 0.999), taken[answered - 1]);
}

int main(int argc, char **argv) {
  double rate = 0, seconds = 0;
  for (int i = 3; i + 1 < argc; i += 2) {
    if (!strcmp(argv[i], "--rate")) rate = atof(argv[i + 1]);
    else if (!strcmp(argv[i], "--seconds")) seconds = atof(argv[i + 1]);
  }
  if (argc == 3 && !strcmp(argv[1], "serve")) serve(endpoint(argv[2]));
  if (argc != 7 || strcmp(argv[1], "ask") || rate <= 0 || seconds <= 0) {
    fprintf(stderr, "usage: roundtrip serve ADDRESS:PORT | roundtrip ask ADDRESS:PORT --rate PER_SECOND --seconds S\n");
    return 2;
  }
  ask(endpoint(argv[2]), rate, seconds);
  return 0;
}
