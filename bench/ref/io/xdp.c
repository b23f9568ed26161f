/*
 * AF_XDP in copy mode, without a library: a program of a few instructions sends every frame of queue 0 into our socket. Both sockets
 * share one area of chunks, so a frame goes from one to the other by its number and is copied by the kernel alone: into the
 * chunk when it arrives, out of it when it leaves.
 *
 * What it cannot do: there is no virtio-net header, so neither super-frames nor unfinished checksums. A veth whose end has such a program
 * takes segmentation off its peer by itself; checksums the peer must finish (ethtool -K DEVICE tx off). A chunk holds 1,792
 * octets behind the kernel's headroom; larger frames would need the multi-buffer mode, which carries length, not offloads.
 */
#define _GNU_SOURCE
#include "method.h"
#include "program.h"

#include <errno.h>
#include <linux/if_xdp.h>
#include <net/if.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { CHUNK = 2048, CHUNKS = 8192, RING = 4096, SEND_TRIES = 8 };

#ifndef XDP_MAX_TX_SKB_BUDGET
#define XDP_MAX_TX_SKB_BUDGET 9
#endif

/* One ring of a socket. We write `producer` of fill and send rings, `consumer` of the others. */
struct ring {
  uint32_t *producer, *consumer, *flags, mask;
  void *entries;
};

struct socket {
  struct ring fill, done, received, sends;
};

static unsigned char *area;
static uint64_t spare[CHUNKS];
static unsigned spares;

static struct ring map_ring(int fd, const struct xdp_ring_offset *at, uint32_t size, size_t entry, uint64_t page, const char *device) {
  unsigned char *base = mmap(NULL, at->desc + size * entry, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, (off_t)page);
  if (base == MAP_FAILED) fail("mmap of a ring", device);
  return (struct ring){(uint32_t *)(base + at->producer), (uint32_t *)(base + at->consumer), (uint32_t *)(base + at->flags), size - 1, base + at->desc};
}

static void set_ring(int fd, int name, uint32_t size, const char *device) {
  if (setsockopt(fd, SOL_XDP, name, &size, sizeof size) < 0) fail("size of a ring", device);
}

/* Gives the kernel as many empty chunks as there are and the ring takes. */
static void refill(struct ring *fill) {
  uint32_t at = *fill->producer, room = fill->mask + 1 - (at - __atomic_load_n(fill->consumer, __ATOMIC_ACQUIRE));
  for (; room && spares; room--) ((uint64_t *)fill->entries)[at++ & fill->mask] = spare[--spares];
  __atomic_store_n(fill->producer, at, __ATOMIC_RELEASE);
}

/* Takes back the chunks that have been sent. */
static void collect(struct ring *done) {
  uint32_t at = *done->consumer, end = __atomic_load_n(done->producer, __ATOMIC_ACQUIRE);
  for (; at != end; at++) spare[spares++] = ((uint64_t *)done->entries)[at & done->mask] & ~(uint64_t)(CHUNK - 1);
  __atomic_store_n(done->consumer, at, __ATOMIC_RELEASE);
}

static void open_xdp(struct side *side, const char *device, struct side *other) {
  int fd = side->fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0), room = SOCKET_ROOM, budget = MAX_BURST;
  struct socket *s = side->state = calloc(1, sizeof *s);
  if (fd < 0 || !s) fail("socket", device);
  if (!area) {
    area = mmap(NULL, (size_t)CHUNK * CHUNKS, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (area == MAP_FAILED) fail("mmap", device);
    for (unsigned i = 0; i < CHUNKS; i++) spare[spares++] = (uint64_t)i * CHUNK;
    struct xdp_umem_reg whole = {.addr = (uintptr_t)area, .len = (uint64_t)CHUNK * CHUNKS, .chunk_size = CHUNK};
    if (setsockopt(fd, SOL_XDP, XDP_UMEM_REG, &whole, sizeof whole) < 0) fail("XDP_UMEM_REG", device);
  }
  set_ring(fd, XDP_UMEM_FILL_RING, RING, device);
  set_ring(fd, XDP_UMEM_COMPLETION_RING, RING, device);
  set_ring(fd, XDP_RX_RING, RING, device);
  set_ring(fd, XDP_TX_RING, RING, device);
  if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room) < 0) fail("SO_SNDBUFFORCE", device);
  /* One call for a whole burst where the kernel knows it (6.17); others send 32 a call. */
  setsockopt(fd, SOL_XDP, XDP_MAX_TX_SKB_BUDGET, &budget, sizeof budget);
  struct xdp_mmap_offsets at;
  socklen_t length = sizeof at;
  if (getsockopt(fd, SOL_XDP, XDP_MMAP_OFFSETS, &at, &length) < 0) fail("XDP_MMAP_OFFSETS", device);
  s->fill = map_ring(fd, &at.fr, RING, sizeof(uint64_t), XDP_UMEM_PGOFF_FILL_RING, device);
  s->done = map_ring(fd, &at.cr, RING, sizeof(uint64_t), XDP_UMEM_PGOFF_COMPLETION_RING, device);
  s->received = map_ring(fd, &at.rx, RING, sizeof(struct xdp_desc), XDP_PGOFF_RX_RING, device);
  s->sends = map_ring(fd, &at.tx, RING, sizeof(struct xdp_desc), XDP_PGOFF_TX_RING, device);

  struct sockaddr_xdp where = {.sxdp_family = AF_XDP, .sxdp_ifindex = if_nametoindex(device)};
  where.sxdp_flags = XDP_USE_NEED_WAKEUP | XDP_COPY;
  /* The second socket takes its flags from the first. */
  if (other) where.sxdp_flags = XDP_SHARED_UMEM, where.sxdp_shared_umem_fd = (uint32_t)other->fd;
  if (bind(fd, (struct sockaddr *)&where, sizeof where) < 0) fail("bind", device);
  refill(&s->fill); /* one half of the chunks waits on each side */
  redirect_all(device, fd);
}

/* The kernel sends when it is asked to, at most one budget a call. */
static void kick(struct side *to, const struct ring *sends) {
  for (int i = 0; i < SEND_TRIES && __atomic_load_n(sends->consumer, __ATOMIC_ACQUIRE) != *sends->producer; i++)
    if (sendto(to->fd, NULL, 0, MSG_DONTWAIT, NULL, 0) < 0 && errno != EAGAIN && errno != EBUSY && errno != ENOBUFS) return;
}

static unsigned move_xdp(struct side *from, struct side *to) {
  struct socket *in = from->state, *out = to->state;
  uint32_t at = *in->received.consumer, count = __atomic_load_n(in->received.producer, __ATOMIC_ACQUIRE) - at;
  if (count > burst) count = burst;
  uint32_t put = *out->sends.producer, room = out->sends.mask + 1 - (put - __atomic_load_n(out->sends.consumer, __ATOMIC_ACQUIRE));
  for (uint32_t i = 0; i < count; i++) {
    struct xdp_desc *frame = (struct xdp_desc *)in->received.entries + ((at + i) & in->received.mask);
    from->octets += frame->len;
    if (i < room) ((struct xdp_desc *)out->sends.entries)[put++ & out->sends.mask] = (struct xdp_desc){.addr = frame->addr, .len = frame->len};
    else spare[spares++] = frame->addr & ~(uint64_t)(CHUNK - 1), to->lost++;
  }
  __atomic_store_n(in->received.consumer, at + count, __ATOMIC_RELEASE);
  __atomic_store_n(out->sends.producer, put, __ATOMIC_RELEASE);
  kick(to, &out->sends);
  collect(&out->done); /* even without new frames: they may be missing because all chunks are on their way */
  refill(&in->fill);
  return count;
}

const struct method xdp_method = {"xdp", open_xdp, move_xdp};
