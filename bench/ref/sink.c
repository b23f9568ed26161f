/*
 * Counts the IPv4 frames that arrive on a device, drops them before the IP stack sees them (no ICMP answers, no socket), and
 * costs next to nothing meanwhile: the kernel's ingress hook drops and counts, this process sleeps.
 *
 *   sink --device DEV [--seconds S] [--wait S] [--settle S]
 *
 * Run it inside the receiver's namespace. It puts a clsact qdisc and a filter of one BPF instruction (drop all IPv4; ARP passes) on
 * the device, says "ready", waits for the first frame (at most --wait seconds, 5 by default) plus --settle seconds (0.2
 * by default), counts for --seconds (1 by default) and takes the qdisc off again. Prints one line: {"frames":N,"seconds":S,"pps":N}.
 * A classic BPF filter in direct-action mode needs no tc action module, which small kernels leave out.
 * Exit status: 0 done, also when a signal ended it early; 1 tc(8) failed; 2 usage.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct count {
  uint32_t frames; /* the kernel's counter has 32 bits; differences survive one wrap */
  double at;       /* seconds, monotonic */
};

static volatile sig_atomic_t stopping;

static void stop(int signal_number) {
  (void)signal_number;
  stopping = 1;
}

static void usage(void) {
  fprintf(stderr, "usage: sink --device DEV [--seconds S] [--wait S] [--settle S]\n");
  exit(2);
}

static int tc(const char *format, const char *device) {
  char command[160];
  snprintf(command, sizeof command, format, device);
  return system(command);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void pause_for(double seconds) {
  struct timespec left = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
  while (!stopping && nanosleep(&left, &left)) continue;
}

/* Frames the ingress hook has dropped so far. */
static struct count read_count(const char *device) {
  struct count c = {0};
  char command[160], line[256];
  int in_clsact = 0;
  snprintf(command, sizeof command, "tc -s qdisc show dev %s", device);
  FILE *listing = popen(command, "r");
  while (listing && fgets(line, sizeof line, listing)) {
    if (!strncmp(line, "qdisc ", 6)) in_clsact = !strncmp(line, "qdisc clsact ", 13);
    else if (in_clsact && sscanf(line, " Sent %*u bytes %*u pkt (dropped %u", &c.frames) == 1) c.at = now();
  }
  if (!listing || pclose(listing) || c.at == 0) {
    if (!stopping) fprintf(stderr, "sink: tc shows no counters for %s\n", device);
    c.at = now();
  }
  return c;
}

int main(int argc, char **argv) {
  const char *device = NULL;
  double seconds = 1, patience = 5, settle = 0.2;
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 >= argc) usage();
    if (!strcmp(argv[i], "--device")) device = argv[i + 1];
    else if (!strcmp(argv[i], "--seconds")) seconds = atof(argv[i + 1]);
    else if (!strcmp(argv[i], "--wait")) patience = atof(argv[i + 1]);
    else if (!strcmp(argv[i], "--settle")) settle = atof(argv[i + 1]);
    else usage();
  }
  if (!device || strlen(device) > 15 || strspn(device, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") != strlen(device)) usage();
  struct sigaction end = {.sa_handler = stop};
  sigaction(SIGTERM, &end, NULL);
  sigaction(SIGINT, &end, NULL);

  if (tc("tc qdisc add dev %s clsact", device)) return 1;
  if (tc("tc filter add dev %s ingress protocol ip bpf da bytecode '1,6 0 0 2'", device)) {
    tc("tc qdisc del dev %s clsact", device);
    return 1;
  }
  puts("ready");
  fflush(stdout);
  for (double start = now(); !stopping && now() - start < patience && !read_count(device).frames;) pause_for(0.02);
  pause_for(settle);
  struct count first = read_count(device);
  pause_for(seconds);
  struct count last = read_count(device);
  double elapsed = last.at - first.at;
  uint32_t frames = last.frames - first.frames;
  printf("{\"frames\":%u,\"seconds\":%.6f,\"pps\":%.0f}\n", frames, elapsed, elapsed > 0 ? frames / elapsed : 0);
  return tc("tc qdisc del dev %s clsact", device) ? 1 : 0;
}
