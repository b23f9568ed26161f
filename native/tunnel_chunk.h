#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <cstdint>

namespace windrose {

/** Rows that one call may send. */
constexpr uint32_t kMostTunnelRows = 1024;

/** Datagrams on their way to one sendmmsg. Several of one length to one address become one message that the kernel cuts (udp(7), UDP_SEGMENT). */
class TunnelChunk {
 public:
  /** `port`: of all destinations, in network order. */
  explicit TunnelChunk(uint16_t port);

  /** Adds a datagram to the message before, when that one goes to the same address and has room; the last of a message may be shorter. */
  bool join(uint8_t* from, uint32_t octets, int32_t destination, int32_t row);

  bool full() const { return messages_ == kMessages || parts_ == kParts; }

  /** A message of its own; not when the chunk is full. */
  void begin(uint8_t* from, uint32_t octets, int32_t destination, int32_t row);

  /** Returns how many datagrams the kernel took, and empties the chunk. A refused message gets its errno, and the next one its chance. */
  int32_t flush(int fd, int32_t* sendErrors);

 private:
  static constexpr uint32_t kMessages = 64;
  static constexpr uint32_t kParts = 1024;

  void add(uint8_t* from, uint32_t octets, int32_t row);
  int32_t sendEach(int fd, uint32_t message, int32_t* sendErrors);
  void note(uint32_t message, int error, int32_t* sendErrors);

  mmsghdr headers_[kMessages];
  sockaddr_in destinations_[kMessages];
  alignas(cmsghdr) char control_[kMessages][CMSG_SPACE(sizeof(uint16_t))];
  iovec pieces_[kParts];
  /** Row of each part. */
  int32_t rows_[kParts];
  uint32_t messages_ = 0;
  uint32_t parts_ = 0;
  /** Of the last message: octets of each datagram and of all; whether a shorter one has ended it. */
  uint32_t each_ = 0;
  uint32_t all_ = 0;
  bool ended_ = false;
};

}  // namespace windrose
