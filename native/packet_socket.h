#pragma once

#include <cstdint>
#include <string>

#include "tap.h"

namespace windrose {

/** `OpenPacketOptions` of src/io/addon.ts. */
struct PacketOptions {
  std::string device;
  std::string netns;
  int queues = 1;
  /** For all frames that wait in a socket's queue, and for its ring. */
  int receiveBufferOctets = 16 << 20;
  /** Slots of each socket's ring; 0: none; -1: by `receiveBufferOctets` and the number of queues. */
  int ringSlots = -1;
  bool promiscuous = false;
  /** Also what this machine sends out of the device: for those who only look. */
  bool outgoing = false;
  /** Program that chooses the queue of each frame, or -1: a hash of the flow does. */
  int steering = -1;
};

/**
 * Opens AF_PACKET sockets (packet(7)) that see every incoming frame of one existing Ethernet device (outgoing ones too, if asked), behind a 10-octet
 * virtio-net header, with the VLAN tag beside them, in a ring where the kernel allows it. With several queues they form one fanout group. Nothing
 * that arrived on another device, or before the group was complete, is in their queues. Throws SystemError: ENODEV, EPERM, EINVAL.
 */
Opened openPacket(const PacketOptions& options);

/**
 * Frames to `mac` (six octets) reach the device of this socket, beside those to its own MAC: in its hardware filter, or by the kernel making
 * it promiscuous where it has none. With nullptr the device is promiscuous. `add` false takes that back; so does closing the socket.
 * Throws SystemError: ENODEV, EINVAL.
 */
void packetAccept(int fd, const uint8_t* mac, bool add);

/** False once the device behind a socket was deleted or moved to another namespace: the socket never works again. */
bool packetAttached(int fd);

/** Frames dropped since the last call because the socket's queue or ring was full; 0 when `fd` is no packet socket. */
uint32_t packetDrops(int fd);

}  // namespace windrose
