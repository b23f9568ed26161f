/*
 * TPACKET_V2: the kernel writes each frame, virtio-net header in front, into a slot of memory it shares with us, and the slot is
 * ours at once. Slots hold 2 KiB; a longer frame comes through the socket's queue in its place (PACKET_COPY_THRESH), is read by
 * recvmsg(2) and so copied a second time, which next to its 64 KiB hardly counts. Frames leave by sendmmsg(2), straight from
 * the slots.
 */
#define _GNU_SOURCE
#include "method.h"

#include <linux/if_packet.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { SLOT = 2048, SLOTS = 8192, BLOCK = 256 << 10 };

struct slots {
  unsigned char *memory;
  unsigned next;
};

static unsigned char longer[MAX_BURST][MAX_RECORD + 64];
static struct iovec parts[MAX_BURST];
static struct mmsghdr messages[MAX_BURST];

static void open_slots(struct side *side, const char *device, struct side *other) {
  (void)other;
  int version = TPACKET_V2, longer_ones = 1, fd = side->fd = packet_socket(device);
  struct tpacket_req take = {.tp_block_size = BLOCK, .tp_block_nr = SLOT * SLOTS / BLOCK, .tp_frame_size = SLOT, .tp_frame_nr = SLOTS};
  struct slots *slots = side->state = calloc(1, sizeof *slots);
  if (!slots) fail("calloc", device);
  if (setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof version) < 0) fail("PACKET_VERSION", device);
  if (setsockopt(fd, SOL_PACKET, PACKET_COPY_THRESH, &longer_ones, sizeof longer_ones) < 0) fail("PACKET_COPY_THRESH", device);
  if (setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &take, sizeof take) < 0) fail("PACKET_RX_RING", device);
  slots->memory = mmap(NULL, (size_t)SLOT * SLOTS, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
  if (slots->memory == MAP_FAILED) fail("mmap", device);
  bind_packet(fd, device);
}

static struct tpacket2_hdr *slot_at(const struct slots *slots, unsigned ahead) {
  return (struct tpacket2_hdr *)(slots->memory + (size_t)((slots->next + ahead) % SLOTS) * SLOT);
}

/* Where the record of a slot is. One that did not fit is the next in the socket's queue; empty when the queue had no room for it. */
static struct iovec record_of(struct side *from, struct tpacket2_hdr *slot, uint32_t status, unsigned char *room) {
  if (!(status & TP_STATUS_COPY)) {
    if (slot->tp_snaplen < slot->tp_len) return (struct iovec){NULL, 0};
    return (struct iovec){(unsigned char *)slot + slot->tp_mac - VIRTIO_HEADER, slot->tp_snaplen + VIRTIO_HEADER};
  }
  ssize_t length = recv(from->fd, room, MAX_RECORD, MSG_DONTWAIT);
  return (struct iovec){room, length > 0 ? (size_t)length : 0};
}

static unsigned move_slots(struct side *from, struct side *to) {
  struct slots *slots = from->state;
  unsigned taken = 0, count = 0;
  for (; taken < burst; taken++) {
    struct tpacket2_hdr *slot = slot_at(slots, taken);
    uint32_t status = __atomic_load_n(&slot->tp_status, __ATOMIC_ACQUIRE);
    if (!(status & TP_STATUS_USER)) break;
    parts[count] = record_of(from, slot, status, longer[count]);
    if (!parts[count].iov_len) {
      from->lost++;
      continue;
    }
    from->octets += parts[count].iov_len;
    messages[count].msg_hdr = (struct msghdr){.msg_iov = &parts[count], .msg_iovlen = 1};
    count++;
  }
  send_messages(to, messages, count);
  for (unsigned i = 0; i < taken; i++) __atomic_store_n(&slot_at(slots, i)->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
  slots->next = (slots->next + taken) % SLOTS;
  return taken;
}

const struct method slots_method = {"slots", open_slots, move_slots};
