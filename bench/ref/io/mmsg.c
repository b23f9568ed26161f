/*
 * recvmmsg(2) and sendmmsg(2), as the gateway's addon does it for small frames: slots of 33 cache lines, an odd number, so that
 * they start in different cache sets; a second part of each message catches what exceeds the slot, in memory of which only
 * touched pages exist. Sending gives the kernel both parts, so nothing is copied here.
 */
#define _GNU_SOURCE
#include "method.h"

#include <stddef.h>

enum { SLOT = 33 * 64 };

static unsigned char slots[MAX_BURST * SLOT] __attribute__((aligned(64)));
static unsigned char spills[MAX_BURST][MAX_RECORD + 64];
static struct iovec parts[MAX_BURST][2];
static struct mmsghdr messages[MAX_BURST];

static void open_mmsg(struct side *side, const char *device, struct side *other) {
  (void)other;
  side->fd = packet_socket(device);
  bind_packet(side->fd, device);
  for (unsigned i = 0; i < MAX_BURST; i++) {
    parts[i][0].iov_base = slots + i * SLOT;
    parts[i][1].iov_base = spills[i];
    messages[i].msg_hdr.msg_iov = parts[i];
  }
}

static unsigned move_mmsg(struct side *from, struct side *to) {
  for (unsigned i = 0; i < burst; i++) {
    parts[i][0].iov_len = SLOT, parts[i][1].iov_len = MAX_RECORD - SLOT;
    messages[i].msg_hdr.msg_iovlen = 2;
  }
  int count = recvmmsg(from->fd, messages, burst, MSG_DONTWAIT, NULL);
  if (count <= 0) return 0;
  for (int i = 0; i < count; i++) {
    unsigned length = messages[i].msg_len;
    from->octets += length;
    parts[i][0].iov_len = length < SLOT ? length : SLOT;
    parts[i][1].iov_len = length - parts[i][0].iov_len;
    messages[i].msg_hdr.msg_iovlen = parts[i][1].iov_len ? 2 : 1;
  }
  send_messages(to, messages, (unsigned)count);
  return (unsigned)count;
}

const struct method mmsg_method = {"mmsg", open_mmsg, move_mmsg};
