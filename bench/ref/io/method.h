/* What the ways of moving frames between two devices have in common; the loop itself is packetio.c. */
#ifndef METHOD_H
#define METHOD_H

#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum {
  MAX_BURST = 64,
  VIRTIO_HEADER = 10,
  MAX_RECORD = VIRTIO_HEADER + 18 + 65535, /* virtio-net header, Ethernet with one tag, IP */
  SOCKET_ROOM = 16 << 20,                  /* octets the kernel may hold for a socket */
};

/* One end of the way. A method keeps what it needs behind `state`. */
struct side {
  int fd;
  void *state;
  uint64_t frames, octets, lost;
};

struct method {
  const char *name;
  /* Opens `device` of the namespace the thread is in; `other` is the side opened before, or NULL. Ends the program on an error. */
  void (*open)(struct side *side, const char *device, struct side *other);
  /* Takes up to a burst of frames from one side and gives it to the other, without waiting. Returns how many were taken. */
  unsigned (*move)(struct side *from, struct side *to);
};

extern const struct method mmsg_method, slots_method, ring_method, ring_both_method, xdp_method;

/* Frames taken at a time, 1 to MAX_BURST. */
extern unsigned burst;

/* Prints what failed, with errno, and ends the program with status 1. */
void fail(const char *what, const char *object) __attribute__((noreturn));

/* A packet socket on `device`: virtio-net headers, promiscuous, not what we send; bound only by bind_packet. */
int packet_socket(const char *device);
void bind_packet(int fd, const char *device);

/* Sends `count` messages; a frame the kernel refuses is lost, the ones behind it are sent all the same. */
void send_messages(struct side *to, struct mmsghdr *messages, unsigned count);

#endif
