#include "tunnel_chunk.h"

#include <linux/udp.h>

#include <cerrno>
#include <cstring>

namespace windrose {

namespace {

/** UDP_MAX_SEGMENTS before Linux 6.9. */
constexpr uint32_t kMostPieces = 64;
/** 65,535 octets of IPv4 without its header and that of UDP. */
constexpr uint32_t kMostOctets = 65507;

/** Errors that are about cutting, or about one of the pieces: by themselves they have their chance. */
bool onlyTogether(int error) { return error == EINVAL || error == EMSGSIZE || error == EIO || error == EOPNOTSUPP; }

}  // namespace

TunnelChunk::TunnelChunk(uint16_t port) : headers_{}, destinations_{}, control_{} {
  for (uint32_t i = 0; i < kMessages; i++) {
    destinations_[i].sin_family = AF_INET;
    destinations_[i].sin_port = port;
    headers_[i].msg_hdr.msg_name = &destinations_[i];
    headers_[i].msg_hdr.msg_namelen = sizeof destinations_[i];
  }
}

void TunnelChunk::add(uint8_t* from, uint32_t octets, int32_t row) {
  pieces_[parts_] = {from, octets};
  rows_[parts_] = row;
  parts_++;
  all_ += octets;
  headers_[messages_ - 1].msg_hdr.msg_iovlen++;
}

bool TunnelChunk::join(uint8_t* from, uint32_t octets, int32_t destination, int32_t row) {
  if (messages_ == 0 || ended_ || parts_ == kParts || octets > each_ || all_ + octets > kMostOctets) return false;
  msghdr& header = headers_[messages_ - 1].msg_hdr;
  if (header.msg_iovlen == kMostPieces || std::memcmp(&destinations_[messages_ - 1].sin_addr, &destination, sizeof destination) != 0) return false;
  add(from, octets, row);
  ended_ = octets < each_;
  if (header.msg_iovlen > 2) return true;
  header.msg_control = control_[messages_ - 1];
  header.msg_controllen = sizeof control_[messages_ - 1];
  cmsghdr* cut = CMSG_FIRSTHDR(&header);
  cut->cmsg_level = IPPROTO_UDP;
  cut->cmsg_type = UDP_SEGMENT;
  cut->cmsg_len = CMSG_LEN(sizeof(uint16_t));
  const auto each = static_cast<uint16_t>(each_);
  std::memcpy(CMSG_DATA(cut), &each, sizeof each);
  return true;
}

void TunnelChunk::begin(uint8_t* from, uint32_t octets, int32_t destination, int32_t row) {
  msghdr& header = headers_[messages_].msg_hdr;
  header.msg_iov = &pieces_[parts_];
  header.msg_iovlen = 0;
  header.msg_control = nullptr;
  header.msg_controllen = 0;
  std::memcpy(&destinations_[messages_].sin_addr, &destination, sizeof destination);
  messages_++;
  each_ = octets;
  all_ = 0;
  ended_ = false;
  add(from, octets, row);
}

void TunnelChunk::note(uint32_t message, int error, int32_t* sendErrors) {
  const msghdr& header = headers_[message].msg_hdr;
  const auto first = static_cast<size_t>(header.msg_iov - pieces_);
  for (size_t i = 0; i < header.msg_iovlen; i++) sendErrors[rows_[first + i]] = error;
}

int32_t TunnelChunk::sendEach(int fd, uint32_t message, int32_t* sendErrors) {
  msghdr one = headers_[message].msg_hdr;
  const auto first = static_cast<size_t>(one.msg_iov - pieces_);
  const size_t count = one.msg_iovlen;
  one.msg_iovlen = 1;
  one.msg_control = nullptr;
  one.msg_controllen = 0;
  int32_t sent = 0;
  for (size_t i = first; i < first + count; i++) {
    one.msg_iov = &pieces_[i];
    ssize_t taken;
    do taken = sendmsg(fd, &one, MSG_DONTWAIT);
    while (taken < 0 && errno == EINTR);
    sendErrors[rows_[i]] = taken < 0 ? errno : 0;
    if (taken >= 0) sent++;
  }
  return sent;
}

int32_t TunnelChunk::flush(int fd, int32_t* sendErrors) {
  int32_t sent = 0;
  for (uint32_t at = 0; at < messages_;) {
    const int taken = sendmmsg(fd, headers_ + at, messages_ - at, MSG_DONTWAIT);
    if (taken > 0) {
      for (int i = 0; i < taken; i++, at++) {
        note(at, 0, sendErrors);
        sent += static_cast<int32_t>(headers_[at].msg_hdr.msg_iovlen);
      }
    } else if (errno != EINTR) {
      const int error = errno;
      if (headers_[at].msg_hdr.msg_iovlen > 1 && onlyTogether(error)) {
        sent += sendEach(fd, at, sendErrors);
      } else {
        note(at, error, sendErrors);
      }
      at++;
    }
  }
  messages_ = 0;
  parts_ = 0;
  return sent;
}

}  // namespace windrose
