#include "tunnel_burst.h"

#include <linux/udp.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "tunnel_chunk.h"

namespace windrose {

namespace {

constexpr uint32_t kMessages = 32;
constexpr uint32_t kLargeMessages = 4;
/** Beyond this a datagram is joined, or jumbo. */
constexpr uint32_t kLargeOctets = 2112;
constexpr uint32_t kRowWords = 4;

/** Of a tunnel header; the frame behind it stands where frames stand. */
constexpr uint32_t kTunnelHeaderOctets = 8;
constexpr uint32_t kPayloadStart = kHeadroomOctets + kVirtioHeaderOctets - kTunnelHeaderOctets;
/** IPv4 header without options, in front of what a raw socket delivers. */
constexpr uint32_t kIpOctets = 20;

static_assert(kPayloadStart + 65535 <= kTunnelSlotOctets, "any datagram fits a slot");

/** Octets of each datagram of a joined one, 0 for one alone. */
int32_t joinedOctets(msghdr& message) {
  for (cmsghdr* control = CMSG_FIRSTHDR(&message); control != nullptr; control = CMSG_NXTHDR(&message, control)) {
    if (control->cmsg_level != IPPROTO_UDP || control->cmsg_type != UDP_GRO) continue;
    int octets = 0;
    std::memcpy(&octets, CMSG_DATA(control), sizeof octets);
    return octets;
  }
  return 0;
}

/** In network order. */
uint16_t portOf(int fd) {
  sockaddr_in address{};
  socklen_t octets = sizeof address;
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &octets);
  return address.sin_port;
}

}  // namespace

struct TunnelBurst::Receiving {
  mmsghdr messages[kMessages]{};
  iovec parts[kMessages]{};
  sockaddr_in sources[kMessages]{};
  alignas(cmsghdr) char control[kMessages][CMSG_SPACE(sizeof(int))]{};
};

struct TunnelBurst::Sending {
  explicit Sending(uint16_t port) : chunk(port) {}

  /** First row of each socket's chain, and the row behind each; -1 ends it. */
  std::vector<int32_t> first;
  std::vector<int32_t> last;
  int32_t next[kMostTunnelRows];
  TunnelChunk chunk;
};

TunnelBurst::TunnelBurst(int receiver, std::vector<int> senders, bool raw, const View<int32_t>& receives)
    : receives(receives),
      senders_(std::move(senders)),
      raw_(raw),
      receiving_(std::make_unique<Receiving>()),
      sending_(std::make_unique<Sending>(raw ? 0 : portOf(receiver))) {
  for (uint32_t i = 0; i < kMessages; i++) {
    msghdr& header = receiving_->messages[i].msg_hdr;
    header.msg_name = &receiving_->sources[i];
    header.msg_iov = &receiving_->parts[i];
    header.msg_iovlen = 1;
    header.msg_control = receiving_->control[i];
  }
  sending_->first.resize(senders_.size());
  sending_->last.resize(senders_.size());
}

TunnelBurst::~TunnelBurst() = default;

int32_t TunnelBurst::receive(int fd, const Arena& arena, int32_t most, int32_t start, int32_t end) {
  if (!arena.holdsWindow(start, end)) return -EFAULT;
  const uint32_t slots = static_cast<uint32_t>(end - start) / kTunnelSlotOctets;
  const uint32_t asked = std::min({static_cast<uint32_t>(std::max(most, 0)), slots, receives.length / kRowWords, large_ ? kLargeMessages : kMessages});
  if (asked == 0) return 0;
  const uint32_t lead = kPayloadStart - (raw_ ? kIpOctets : 0);
  for (uint32_t i = 0; i < asked; i++) {
    const uint32_t slot = static_cast<uint32_t>(start) + i * kTunnelSlotOctets;
    receiving_->parts[i] = {arena.frames.data + slot + lead, kTunnelSlotOctets - lead};
    receiving_->messages[i].msg_hdr.msg_namelen = sizeof(sockaddr_in);
    receiving_->messages[i].msg_hdr.msg_controllen = sizeof receiving_->control[i];
  }
  int got;
  do got = recvmmsg(fd, receiving_->messages, asked, MSG_DONTWAIT, nullptr);
  while (got < 0 && errno == EINTR);
  if (got < 0) return errno == EAGAIN ? 0 : -errno;
  large_ = false;
  for (uint32_t i = 0; i < static_cast<uint32_t>(got); i++) {
    report(i, arena, static_cast<uint32_t>(start) + i * kTunnelSlotOctets + lead);
  }
  return got;
}

/** Row of a message whose first octet is at `at`. Behind a raw socket's IP header, whose length is in its first octet. */
void TunnelBurst::report(uint32_t message, const Arena& arena, uint32_t at) {
  uint32_t octets = receiving_->messages[message].msg_len;
  if (octets > kLargeOctets) large_ = true;
  if (raw_) {
    const uint32_t header = octets == 0 ? 0 : std::min(octets, (arena.frames.data[at] & 15U) * 4U);
    at += header;
    octets -= header;
  }
  int32_t* row = receives.data + static_cast<size_t>(message) * kRowWords;
  row[0] = static_cast<int32_t>(at);
  row[1] = static_cast<int32_t>(octets);
  std::memcpy(&row[2], &receiving_->sources[message].sin_addr, sizeof row[2]);
  row[3] = raw_ ? 0 : joinedOctets(receiving_->messages[message].msg_hdr);
}

int32_t TunnelBurst::transmit(const Arena& arena, const View<int32_t>& sends, int32_t count) {
  if (count <= 0) return 0;
  const auto rows = static_cast<uint32_t>(count);
  if (rows > sends.length / kRowWords || rows > arena.sendErrors.length || rows > kMostTunnelRows) return -EFAULT;
  std::fill(sending_->first.begin(), sending_->first.end(), -1);
  for (int32_t i = 0; i < count; i++) {
    const int32_t* row = sends.data + static_cast<size_t>(i) * kRowWords;
    const size_t sender = static_cast<uint32_t>(row[3]) % senders_.size();
    arena.sendErrors.data[i] = EFAULT;
    if (!arena.holds(row[0], row[1])) continue;
    sending_->next[i] = -1;
    if (sending_->first[sender] < 0) {
      sending_->first[sender] = i;
    } else {
      sending_->next[sending_->last[sender]] = i;
    }
    sending_->last[sender] = i;
  }
  int32_t sent = 0;
  for (size_t sender = 0; sender < senders_.size(); sender++) {
    if (sending_->first[sender] >= 0) sent += sendChain(arena, sends, sender);
  }
  return sent;
}

int32_t TunnelBurst::sendChain(const Arena& arena, const View<int32_t>& sends, size_t sender) {
  TunnelChunk& chunk = sending_->chunk;
  int32_t sent = 0;
  for (int32_t i = sending_->first[sender]; i >= 0; i = sending_->next[i]) {
    const int32_t* row = sends.data + static_cast<size_t>(i) * kRowWords;
    const auto octets = static_cast<uint32_t>(row[1]);
    if (!raw_ && chunk.join(arena.frames.data + row[0], octets, row[2], i)) continue;
    if (chunk.full()) sent += chunk.flush(senders_[sender], arena.sendErrors.data);
    chunk.begin(arena.frames.data + row[0], octets, row[2], i);
  }
  return sent + chunk.flush(senders_[sender], arena.sendErrors.data);
}

}  // namespace windrose
