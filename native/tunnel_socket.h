#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <string>
#include <vector>

#include "descriptors.h"

namespace windrose {

/** `OpenTunnelOptions` of src/io/addon.ts. */
struct TunnelOptions {
  /** IPv4 address of this end, in text. */
  std::string address;
  std::string netns;
  /** UDP port that all receive on; 0: raw sockets of `protocol`. */
  int port = 0;
  int protocol = 0;
  int workers = 1;
  /** UDP: sockets to send with, each with a source port of its own, for each worker. */
  int senders = 16;
  int receiveBufferOctets = 16 << 20;
};

/**
 * Sockets of one tunnel endpoint, a list for each worker. UDP: the first receives, the others send. Raw: one, which receives with the first
 * worker only, for every raw socket gets every packet. Whatever is sent has DF set. Throws SystemError: EADDRNOTAVAIL, EADDRINUSE, EPERM.
 */
std::vector<std::vector<UniqueFd>> openTunnel(const TunnelOptions& options);

/** Datagrams dropped since the last call because the socket's queue was full. 0 when `fd` is no socket of a tunnel. Main thread. */
uint32_t tunnelDrops(int fd);
/** `fd` is closed: its number may come back. */
void forgetTunnelDrops(int fd);

}  // namespace windrose
