/*
 * TPACKET_V3: the kernel writes frames, virtio-net header in front, into blocks of memory it shares with us. A block is ours when
 * it is full or a millisecond old, the shortest time the interface knows; that delay is part of what is measured.
 *
 *   ring       blocks, sent from where they lie by sendmmsg(2)
 *   ring-both  blocks, copied into a ring of slots that the kernel sends from; a slot holds a super-frame (17 pages), and the
 *              kernel attaches its pages to the packet instead of copying them, so it is free again only when the receiver is done
 */
#define _GNU_SOURCE
#include "method.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { BLOCK = 256 << 10, BLOCKS = 64, SEND_SLOT = 17 * 4096, SEND_SLOTS = 256 };

/* Where the kernel expects the virtio-net header in a slot to send. */
#define SEND_OFFSET TPACKET_ALIGN(sizeof(struct tpacket3_hdr))

struct ring {
  unsigned char *blocks, *slots;
  unsigned block, slot;
  unsigned left;                /* frames of the open block that have not been taken; 0 = none is open */
  struct tpacket3_hdr *next;
};

static struct iovec parts[MAX_BURST];
static struct mmsghdr messages[MAX_BURST];

static void open_with(struct side *side, const char *device, int sends) {
  int version = TPACKET_V3, fd = side->fd = packet_socket(device);
  struct tpacket_req3 take = {.tp_block_size = BLOCK, .tp_block_nr = BLOCKS, .tp_frame_size = 2048,
                              .tp_frame_nr = BLOCK / 2048 * BLOCKS, .tp_retire_blk_tov = 1};
  struct tpacket_req3 give = {.tp_block_size = SEND_SLOT, .tp_block_nr = SEND_SLOTS, .tp_frame_size = SEND_SLOT, .tp_frame_nr = SEND_SLOTS};
  struct ring *ring = side->state = calloc(1, sizeof *ring);
  size_t octets = (size_t)BLOCK * BLOCKS + (sends ? (size_t)SEND_SLOT * SEND_SLOTS : 0);
  if (!ring) fail("calloc", device);
  if (setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof version) < 0) fail("PACKET_VERSION", device);
  if (setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &take, sizeof take) < 0) fail("PACKET_RX_RING", device);
  if (sends && setsockopt(fd, SOL_PACKET, PACKET_TX_RING, &give, sizeof give) < 0) fail("PACKET_TX_RING", device);
  ring->blocks = mmap(NULL, octets, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
  if (ring->blocks == MAP_FAILED) fail("mmap", device);
  ring->slots = ring->blocks + (size_t)BLOCK * BLOCKS;
  bind_packet(fd, device);
}

static void open_ring(struct side *side, const char *device, struct side *other) {
  (void)other;
  open_with(side, device, 0);
}

static void open_ring_both(struct side *side, const char *device, struct side *other) {
  (void)other;
  open_with(side, device, 1);
}

static struct tpacket_block_desc *block_of(struct ring *ring) {
  return (struct tpacket_block_desc *)(ring->blocks + (size_t)ring->block * BLOCK);
}

/* Opens the next block when the kernel has given it to us. Returns the frames left in the open one. */
static unsigned frames_left(struct ring *ring) {
  struct tpacket_block_desc *block = block_of(ring);
  if (!ring->left && __atomic_load_n(&block->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER) {
    ring->left = block->hdr.bh1.num_pkts;
    ring->next = (struct tpacket3_hdr *)((unsigned char *)block + block->hdr.bh1.offset_to_first_pkt);
  }
  return ring->left;
}

/* Gives the open block back once all of its frames are taken. Only then: until here its memory is what we send from. */
static void give_back_empty(struct ring *ring) {
  if (ring->left) return;
  __atomic_store_n(&block_of(ring)->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
  ring->block = (ring->block + 1) % BLOCKS;
}

/* The next frame of the open block; its record begins with the virtio-net header right before the Ethernet header. */
static struct iovec take(struct ring *ring) {
  struct tpacket3_hdr *head = ring->next;
  ring->left--;
  ring->next = (struct tpacket3_hdr *)((unsigned char *)head + head->tp_next_offset);
  return (struct iovec){(unsigned char *)head + head->tp_mac - VIRTIO_HEADER, head->tp_snaplen + VIRTIO_HEADER};
}

static unsigned move_ring(struct side *from, struct side *to) {
  struct ring *ring = from->state;
  unsigned count = frames_left(ring);
  if (!count) return 0;
  if (count > burst) count = burst;
  for (unsigned i = 0; i < count; i++) {
    parts[i] = take(ring);
    from->octets += parts[i].iov_len;
    messages[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1};
  }
  send_messages(to, messages, count);
  give_back_empty(ring);
  return count;
}

/* One frame into the next slot. False when the kernel has not sent that slot yet, or the frame is too long for it. */
static int put(struct ring *ring, struct iovec record) {
  struct tpacket3_hdr *slot = (struct tpacket3_hdr *)(ring->slots + (size_t)ring->slot * SEND_SLOT);
  if (record.iov_len > SEND_SLOT - SEND_OFFSET) return 0;
  if (__atomic_load_n(&slot->tp_status, __ATOMIC_ACQUIRE) & (TP_STATUS_SEND_REQUEST | TP_STATUS_SENDING)) return 0;
  memcpy((unsigned char *)slot + SEND_OFFSET, record.iov_base, record.iov_len);
  slot->tp_len = (uint32_t)record.iov_len;
  slot->tp_next_offset = 0;
  __atomic_store_n(&slot->tp_status, TP_STATUS_SEND_REQUEST, __ATOMIC_RELEASE);
  ring->slot = (ring->slot + 1) % SEND_SLOTS;
  return 1;
}

static unsigned move_ring_both(struct side *from, struct side *to) {
  struct ring *ring = from->state;
  unsigned count = frames_left(ring);
  if (!count) return 0;
  if (count > burst) count = burst;
  for (unsigned i = 0; i < count; i++) {
    struct iovec record = take(ring);
    from->octets += record.iov_len;
    if (!put(to->state, record)) to->lost++;
  }
  if (send(to->fd, NULL, 0, MSG_DONTWAIT) < 0 && errno != EAGAIN && errno != ENOBUFS) to->lost++;
  give_back_empty(ring);
  return count;
}

const struct method ring_method = {"ring", open_ring, move_ring};
const struct method ring_both_method = {"ring-both", open_ring_both, move_ring_both};
