#include "tap.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <cstring>

#include "arena.h"
#include "error.h"
#include "netns.h"

// Linux 6.2; older headers lack them.
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#endif
#ifndef TUN_F_USO6
#define TUN_F_USO6 0x40
#endif
// Linux 4.16.
#ifndef TUNSETSTEERINGEBPF
#define TUNSETSTEERINGEBPF _IOR('T', 224, int)
#endif

namespace windrose {

namespace {

constexpr unsigned kTcpOffloads = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;
/** The kernel refuses one without the other. */
constexpr unsigned kUdpOffloads = TUN_F_USO4 | TUN_F_USO6;

std::string subjectOf(const std::string& device) { return "cannot open TAP \"" + device + "\""; }

/** Says by name what TUNSETIFF would answer with a bare EINVAL, or not at all. */
void refuseUnsuitable(const TunInfo& existing, const TapOptions& options) {
  const std::string subject = subjectOf(options.device);
  if (!existing.isTap) {
    throw SystemError(EINVAL, "ioctl(TUNSETIFF)", options.device, subject, "a device of this name exists and is not a TAP");
  }
  // A multi-queue TAP takes every further opener as one more queue and gives it a share of the frames.
  if (existing.attachedQueues > 0) {
    throw SystemError(EBUSY, "ioctl(TUNSETIFF)", options.device, subject, "another process, or this one, has it open");
  }
  if (!existing.multiQueue && options.queues > 1) {
    throw SystemError(EINVAL, "ioctl(TUNSETIFF)", options.device, subject,
                      "it exists with a single queue, and " + std::to_string(options.queues) + " were asked for");
  }
}

UniqueFd openQueue(const TapOptions& options, short flags) {
  const std::string subject = subjectOf(options.device);
  UniqueFd fd(open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (fd.get() < 0) {
    std::string why;
    if (errno == ENOENT) why = "/dev/net/tun does not exist";
    if (errno == ENODEV || errno == ENXIO) why = "/dev/net/tun exists, but the kernel has no tun driver";
    if (errno == EACCES || errno == EPERM) why = "the process may not open /dev/net/tun";
    throw SystemError(errno, "open(/dev/net/tun)", options.device, subject, why);
  }
  ifreq request{};
  std::memcpy(request.ifr_name, options.device.data(), options.device.size());
  request.ifr_flags = flags;
  if (ioctl(fd.get(), TUNSETIFF, &request) != 0) {
    std::string why;
    if (errno == EPERM) why = "the process lacks CAP_NET_ADMIN";
    if (errno == EBUSY) why = "another process has it open";
    if (errno == E2BIG) why = "the device has no queue left";
    throw SystemError(errno, "ioctl(TUNSETIFF)", options.device, subject, why);
  }
  return fd;
}

void setHeaderSize(int fd, const TapOptions& options) {
  int octets = static_cast<int>(kVirtioHeaderOctets);
  if (ioctl(fd, TUNSETVNETHDRSZ, &octets) != 0) {
    throw SystemError(errno, "ioctl(TUNSETVNETHDRSZ)", options.device, subjectOf(options.device));
  }
}

/** The program belongs to the device, too: one that a process before us has left is taken off. */
void setSteering(int fd, const TapOptions& options) {
  if (options.steering < 0) return unsteerTap(fd);
  int program = options.steering;
  if (ioctl(fd, TUNSETSTEERINGEBPF, &program) != 0) {
    throw SystemError(errno, "ioctl(TUNSETSTEERINGEBPF)", options.device, "cannot steer the queues of TAP \"" + options.device + "\"");
  }
}

/** Offloads belong to the device, not to the queue. Returns the bits the kernel took. */
unsigned setOffloads(int fd, const TapOptions& options) {
  if (!options.offloads) {
    if (ioctl(fd, TUNSETOFFLOAD, 0UL) == 0) return 0;
  } else {
    for (const unsigned bits : {kTcpOffloads | kUdpOffloads, kTcpOffloads}) {
      if (ioctl(fd, TUNSETOFFLOAD, static_cast<unsigned long>(bits)) == 0) return bits;
      if (errno != EINVAL) break;
    }
  }
  throw SystemError(errno, "ioctl(TUNSETOFFLOAD)", options.device, "cannot set the offloads of TAP \"" + options.device + "\"");
}

}  // namespace

Opened openTap(const TapOptions& options) {
  checkDeviceName(options.device);
  Opened opened;
  inNamespace(options.netns, options.device, [&] {
    const TunInfo existing = readTun(options.device);
    if (existing.exists) refuseUnsuitable(existing, options);
    // The kernel makes a multi-queue TAP 256 transmit queues, each with room for three times the queue length: 100 MB for 16,384 frames.
    const bool multiQueue = existing.exists ? existing.multiQueue : options.queues > 1;
    const auto flags = static_cast<short>(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | (multiQueue ? IFF_MULTI_QUEUE : 0));
    for (int queue = 0; queue < options.queues; queue++) {
      opened.queues.push_back(openQueue(options, flags));
      setHeaderSize(opened.queues.back().get(), options);
    }
    setSteering(opened.queues.front().get(), options);
    opened.offloadBits = setOffloads(opened.queues.front().get(), options);
    setTxQueueLength(options.device, options.txQueueLength);
    if (options.mtu != 0) setMtu(options.device, options.mtu);
    if (options.up) setUp(options.device);
    opened.link = readLink(options.device);
    opened.txDropped = readTxDropped(options.device);
  });
  return opened;
}

void unsteerTap(int fd) {
  int none = -1;
  ioctl(fd, TUNSETSTEERINGEBPF, &none);
}

bool tapAttached(int fd) {
  ifreq request{};
  return ioctl(fd, TUNGETIFF, &request) == 0 || errno != EBADFD;
}

}  // namespace windrose
