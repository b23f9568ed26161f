/*
 * TCP connections a second: connect, close, one after the other or several at a time, through whatever lies in between.
 *
 *   connect serve ADDRESS:PORT+COUNT
 *   connect ask   ADDRESS:PORT+COUNT --at-once N --seconds S
 *
 * `serve` listens on COUNT ports from PORT and ends every connection it accepts with an RST, so that neither end is left with TIME_WAIT
 * sockets, and forwarders with sessions of four minutes. `ask` keeps N connections in the making (non-blocking), goes round
 * the ports, counts a connection when it is established, and waits for its end before it makes the next in its place. One that takes
 * longer than a second counts as failed. It prints one line of JSON:
 *   {"connections":..,"failed":..,"perSecond":..}
 * Exit status: 0 done, 1 a system call failed or no connection was made, 2 usage.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST_AT_ONCE = 256, EVENTS = 64, FAILED_AFTER_MS = 1000 };

struct place {
  int fd, established;
  double since;
};

static struct place places[MOST_AT_ONCE];

static void fail(const char *what) {
  fprintf(stderr, "connect: %s: %s\n", what, strerror(errno));
  exit(1);
}

static int usage(void) {
  fprintf(stderr, "usage: connect serve ADDRESS:PORT+COUNT | connect ask ADDRESS:PORT+COUNT --at-once N --seconds S\n");
  return 2;
}

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Closing sends an RST and leaves nothing behind. */
static void end_by_reset(int fd) {
  struct linger now = {.l_onoff = 1};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close(fd);
}

static void watch(int epoll, int fd, unsigned events, void *what) {
  struct epoll_event wanted = {.events = events, .data.ptr = what};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &wanted) < 0) fail("epoll_ctl");
}

static void serve(struct sockaddr_in at, int count) {
  static int listeners[65536];
  int epoll = epoll_create1(EPOLL_CLOEXEC), one = 1, first = ntohs(at.sin_port);
  for (int i = 0; i < count; i++) {
    int fd = listeners[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    at.sin_port = htons((unsigned short)(first + i));
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) < 0 || listen(fd, 1024) < 0) fail("listen");
    watch(epoll, fd, EPOLLIN, &listeners[i]);
  }
  puts("ready");
  fflush(stdout);
  for (struct epoll_event ready[EVENTS];;) {
    int n = epoll_wait(epoll, ready, EVENTS, -1);
    for (int i = 0; i < n; i++)
      for (int fd; (fd = accept4(*(int *)ready[i].data.ptr, NULL, NULL, SOCK_CLOEXEC)) >= 0;) end_by_reset(fd);
  }
}

static void begin(int epoll, struct place *place, struct sockaddr_in to) {
  place->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  place->established = 0;
  place->since = now_ms();
  if (place->fd < 0) fail("socket");
  if (connect(place->fd, (struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS) fail("connect");
  watch(epoll, place->fd, EPOLLOUT | EPOLLRDHUP | EPOLLET, place);
}

static int ask(struct sockaddr_in to, int count, int at_once, double seconds) {
  int epoll = epoll_create1(EPOLL_CLOEXEC), first = ntohs(to.sin_port), next = 0;
  long made = 0, failed = 0;
  double start = now_ms(), end = start + seconds * 1e3;
  for (int i = 0; i < at_once; i++) {
    to.sin_port = htons((unsigned short)(first + next++ % count));
    begin(epoll, &places[i], to);
  }
  for (struct epoll_event ready[EVENTS]; now_ms() < end;) {
    int n = epoll_wait(epoll, ready, EVENTS, 100);
    for (int i = 0; i < n; i++) {
      struct place *place = ready[i].data.ptr;
      int error = 0;
      socklen_t size = sizeof error;
      getsockopt(place->fd, SOL_SOCKET, SO_ERROR, &error, &size);
      /* The RST of the other end: established before, if this end has not seen it yet. */
      int over = (ready[i].events & (EPOLLERR | EPOLLHUP | EPOLLRDHUP)) != 0;
      if (!place->established && (!over || error == ECONNRESET || error == EPIPE)) place->established = 1, made++;
      else if (!place->established) failed++;
      if (!over) continue;
      end_by_reset(place->fd);
      to.sin_port = htons((unsigned short)(first + next++ % count));
      begin(epoll, place, to);
    }
    double now = now_ms();
    for (int i = 0; i < at_once; i++) {
      if (now - places[i].since < FAILED_AFTER_MS) continue;
      failed++;
      end_by_reset(places[i].fd);
      begin(epoll, &places[i], to);
    }
  }
  for (int i = 0; i < at_once; i++) end_by_reset(places[i].fd);
  printf("{\"connections\":%ld,\"failed\":%ld,\"perSecond\":%.1f}\n", made, failed, (double)made * 1e3 / (now_ms() - start));
  return made == 0;
}

int main(int argc, char **argv) {
  if (argc < 3) return usage();
  char address[INET_ADDRSTRLEN];
  int port, count;
  struct sockaddr_in at = {.sin_family = AF_INET};
  if (sscanf(argv[2], "%15[0-9.]:%d+%d", address, &port, &count) != 3 || inet_pton(AF_INET, address, &at.sin_addr) != 1) return usage();
  if (port < 1 || count < 1 || port + count > 65536) return usage();
  at.sin_port = htons((unsigned short)port);
  if (argc == 3 && !strcmp(argv[1], "serve")) serve(at, count);
  if (argc != 7 || strcmp(argv[1], "ask") || strcmp(argv[3], "--at-once") || strcmp(argv[5], "--seconds")) return usage();
  int at_once = atoi(argv[4]);
  if (at_once < 1 || at_once > MOST_AT_ONCE || atof(argv[6]) <= 0) return usage();
  return ask(at, count, at_once, atof(argv[6]));
}
