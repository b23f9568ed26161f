#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "arena.h"

namespace windrose {

/** Octets of a slot of the window that a tunnel receives into: an odd number of cache lines, with room for any datagram. */
constexpr uint32_t kTunnelSlotOctets = 1027 * 64;

/**
 * Receives from and sends through the sockets of one tunnel, as one thread has borrowed them. What is sent to one address by one socket, in
 * pieces of one length, goes to the kernel as one datagram that it cuts (UDP_SEGMENT).
 */
class TunnelBurst {
 public:
  /** `receiver`: its port is that of all other ends. `receives`: rows of 4 to fill: offset, octets, source address, octets of each datagram of a joined one. */
  TunnelBurst(int receiver, std::vector<int> senders, bool raw, const View<int32_t>& receives);
  ~TunnelBurst();
  TunnelBurst(const TunnelBurst&) = delete;
  TunnelBurst& operator=(const TunnelBurst&) = delete;

  /** `Addon.receiveTunnel` of src/io/addon.ts: a count, or -errno. */
  int32_t receive(int fd, const Arena& arena, int32_t most, int32_t start, int32_t end);

  /** `Addon.transmitTunnel`: how many rows of `sends` the kernel took; errno of each in the arena's sendErrors. -EFAULT. */
  int32_t transmit(const Arena& arena, const View<int32_t>& sends, int32_t count);

  const std::vector<int>& senders() const { return senders_; }
  View<int32_t> receives;

 private:
  struct Receiving;
  struct Sending;

  void report(uint32_t message, const Arena& arena, uint32_t at);
  int32_t sendChain(const Arena& arena, const View<int32_t>& sends, size_t sender);

  std::vector<int> senders_;
  bool raw_;
  /** Datagrams of the last call were large: fewer slots at a time stay in the caches. */
  bool large_ = false;
  std::unique_ptr<Receiving> receiving_;
  std::unique_ptr<Sending> sending_;
};

}  // namespace windrose
