#pragma once

#include <cstdint>
#include <string>

namespace windrose {

/** A device as it stands now. MTU in octets, `mac` as "02:00:00:00:00:01". */
struct LinkInfo {
  int ifindex = 0;
  std::string mac;
  int mtu = 0;
  bool up = false;
  bool running = false;
  /** ARPHRD_* of linux/if_arp.h. */
  int hardwareType = 0;
  /** Inode of the network namespace it is in: unlike its name and an ifindex, never that of another one while a socket of ours is in it. */
  uint64_t netnsInode = 0;
};

/** A device that has an IPv4 address, and its MTU in octets; an empty name: none has. */
struct AddressHolder {
  std::string device;
  int mtu = 0;
};

/** What the kernel says about an existing TUN/TAP device (rtnetlink IFLA_TUN_*). */
struct TunInfo {
  /** A device of this name exists. The other fields mean nothing without it. */
  bool exists = false;
  /** It belongs to the tun driver and carries Ethernet frames. */
  bool isTap = false;
  bool multiQueue = false;
  /** Queues that some process holds open. */
  uint32_t attachedQueues = 0;
};

/** Refuses names the kernel would refuse or expand ("tap%d"). Throws SystemError. */
void checkDeviceName(const std::string& device);

/** All of these act in the calling thread's namespace and throw SystemError (ENODEV: no such device). */
LinkInfo readLink(const std::string& device);
AddressHolder readHolder(const std::string& address);
TunInfo readTun(const std::string& device);
/** Frames the device did not take from the kernel (IFLA_STATS64 tx_dropped): of a TAP, those that found its queue to us full. */
uint64_t readTxDropped(const std::string& device);
void setTxQueueLength(const std::string& device, int frames);
void setMtu(const std::string& device, int octets);
void setUp(const std::string& device);

}  // namespace windrose
