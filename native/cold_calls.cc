#include <algorithm>
#include <cerrno>
#include <climits>
#include <string>

#include "calls.h"
#include "error.h"
#include "huge_pages.h"
#include "ingress_drop.h"
#include "kernel_side.h"
#include "netns.h"
#include "options.h"
#include "packet_socket.h"
#include "tap.h"
#include "tunnel_socket.h"
#include "wait.h"

namespace windrose {

namespace {

constexpr int kMostQueues = 256;  // MAX_TAP_QUEUES of the tun driver

/** A program that bpfProgramLoad returned, or -1. */
int steeringArgument(const Options& given) {
  const int program = given.integer("steering", 0, INT_MAX, -1);
  if (program >= 0 && descriptors::kindOf(program) != FdKind::Bpf) {
    throw SystemError(EBADF, "bpf", "", "cannot steer by descriptor " + std::to_string(program), "it is no program in the kernel");
  }
  return program;
}

Napi::Object linkObject(Napi::Env env, const LinkInfo& link) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("ifindex", link.ifindex);
  object.Set("mac", link.mac);
  object.Set("mtu", link.mtu);
  object.Set("up", Napi::Boolean::New(env, link.up));
  object.Set("running", Napi::Boolean::New(env, link.running));
  object.Set("netnsInode", static_cast<double>(link.netnsInode));
  return object;
}

/** Of the rings of one device; 0 when a socket has none. */
uint32_t fewestSlots(const std::vector<std::shared_ptr<PacketRing>>& rings) {
  uint32_t fewest = rings.empty() ? 0 : UINT32_MAX;
  for (const std::shared_ptr<PacketRing>& ring : rings) fewest = std::min(fewest, ring ? ring->slots() : 0);
  return fewest;
}

Napi::Value openedObject(const Napi::CallbackInfo& info, Opened& opened, FdKind kind, const std::string& device) {
  Napi::Object object = linkObject(info.Env(), opened.link);
  Napi::Array fds = Napi::Array::New(info.Env(), opened.queues.size());
  for (uint32_t queue = 0; queue < opened.queues.size(); queue++) {
    const int fd = opened.queues[queue].get();
    if (!descriptors::adopt(opened.queues[queue], kind, environmentOf(info).id())) {
      for (uint32_t earlier = 0; earlier < queue; earlier++) descriptors::close(fds.Get(earlier).As<Napi::Number>().Int32Value());
      throw SystemError(EMFILE, "open", device, "cannot open \"" + device + "\"", "the process holds more than 65,535 descriptors");
    }
    if (queue < opened.rings.size() && opened.rings[queue]) packet_rings::keep(fd, opened.rings[queue]);
    fds.Set(queue, fd);
  }
  object.Set("kind", static_cast<int>(kind));
  object.Set("fds", fds);
  object.Set("offloadBits", opened.offloadBits);
  object.Set("txDropped", static_cast<double>(opened.txDropped));
  object.Set("ringSlots", fewestSlots(opened.rings));
  object.Set("ringRefused", opened.ringError == 0 ? "" : errnoName(opened.ringError));
  return object;
}

Napi::Value callOpenTap(const Napi::CallbackInfo& info) {
  const Options given(info[0]);
  TapOptions options;
  options.device = given.text("device");
  options.netns = given.text("netns", "");
  options.queues = given.integer("queues", 1, kMostQueues);
  options.offloads = given.flag("offloads");
  options.txQueueLength = given.integer("txQueueLength", 1, INT_MAX, options.txQueueLength);
  options.mtu = given.integer("mtu", 68, 65535, 0);
  options.up = given.flag("up");
  options.steering = steeringArgument(given);
  Opened opened = openTap(options);
  return openedObject(info, opened, FdKind::Tap, options.device);
}

Napi::Value callOpenPacket(const Napi::CallbackInfo& info) {
  const Options given(info[0]);
  PacketOptions options;
  options.device = given.text("device");
  options.netns = given.text("netns", "");
  options.queues = given.integer("queues", 1, kMostQueues);
  options.receiveBufferOctets = given.integer("receiveBufferOctets", 4096, INT_MAX / 2, options.receiveBufferOctets);
  options.ringSlots = given.integer("ringSlots", 0, 1 << 30, options.ringSlots);
  options.promiscuous = given.flag("promiscuous");
  options.outgoing = given.flag("outgoing", options.outgoing);
  options.steering = steeringArgument(given);
  Opened opened = openPacket(options);
  return openedObject(info, opened, FdKind::Packet, options.device);
}

Napi::Value callLinkInfo(const Napi::CallbackInfo& info) {
  if (!info[0].IsString()) throw Napi::TypeError::New(info.Env(), "device must be a string");
  const std::string device = info[0].As<Napi::String>();
  const std::string netns = info[1].IsString() ? info[1].As<Napi::String>().Utf8Value() : "";
  LinkInfo link;
  uint64_t txDropped = 0;
  inNamespace(netns, device, [&] {
    link = readLink(device);
    txDropped = readTxDropped(device);
  });
  Napi::Object object = linkObject(info.Env(), link);
  object.Set("txDropped", static_cast<double>(txDropped));
  return object;
}

Napi::Value callAddressHolder(const Napi::CallbackInfo& info) {
  if (!info[0].IsString()) throw Napi::TypeError::New(info.Env(), "address must be a string");
  const std::string address = info[0].As<Napi::String>();
  const std::string netns = info[1].IsString() ? info[1].As<Napi::String>().Utf8Value() : "";
  AddressHolder holder;
  inNamespace(netns, "", [&] { holder = readHolder(address); });
  Napi::Object object = Napi::Object::New(info.Env());
  object.Set("device", holder.device);
  object.Set("mtu", holder.mtu);
  return object;
}

Napi::Value callKernelSide(const Napi::CallbackInfo& info) {
  if (!info[0].IsString()) throw Napi::TypeError::New(info.Env(), "device must be a string");
  const std::string device = info[0].As<Napi::String>();
  const std::string netns = info[1].IsString() ? info[1].As<Napi::String>().Utf8Value() : "";
  KernelSide side;
  inNamespace(netns, device, [&] { side = readKernelSide(device); });
  Napi::Array addresses = Napi::Array::New(info.Env(), side.addresses.size());
  for (uint32_t i = 0; i < side.addresses.size(); i++) addresses.Set(i, side.addresses[i]);
  Napi::Object object = Napi::Object::New(info.Env());
  object.Set("addresses", addresses);
  object.Set("forwardsIpv4", Napi::Boolean::New(info.Env(), side.forwardsIpv4));
  object.Set("forwardsIpv6", Napi::Boolean::New(info.Env(), side.forwardsIpv6));
  return object;
}

Napi::Value callSetMtu(const Napi::CallbackInfo& info) {
  if (!info[0].IsString()) throw Napi::TypeError::New(info.Env(), "device must be a string");
  if (!info[1].IsNumber()) throw Napi::TypeError::New(info.Env(), "octets must be a number");
  const std::string device = info[0].As<Napi::String>();
  const int octets = info[1].As<Napi::Number>().Int32Value();
  const std::string netns = info[2].IsString() ? info[2].As<Napi::String>().Utf8Value() : "";
  checkDeviceName(device);
  inNamespace(netns, device, [&] { setMtu(device, octets); });
  return info.Env().Undefined();
}

Napi::Value callAttached(const Napi::CallbackInfo& info) {
  const int fd = fdArgument(info, 0);
  const FdKind kind = descriptors::kindOf(fd);
  const bool attached = (kind == FdKind::Tap && tapAttached(fd)) || (kind == FdKind::Packet && packetAttached(fd));
  return Napi::Boolean::New(info.Env(), attached);
}

Napi::Value callPacketAccept(const Napi::CallbackInfo& info) {
  const int fd = fdArgument(info, 0);
  if (descriptors::kindOf(fd) != FdKind::Packet) throw SystemError(EBADF, "setsockopt", "", "no packet socket is open under this number");
  const bool promiscuous = info[1].IsNull();
  if (!promiscuous && (!info[1].IsTypedArray() || info[1].As<Napi::TypedArray>().ByteLength() != 6)) {
    throw Napi::TypeError::New(info.Env(), "mac must be a Uint8Array of six octets, or null");
  }
  const bool add = info[2].ToBoolean();
  packetAccept(fd, promiscuous ? nullptr : info[1].As<Napi::Uint8Array>().Data(), add);
  return info.Env().Undefined();
}

Napi::Value callDropIngress(const Napi::CallbackInfo& info) {
  if (!info[0].IsString()) throw Napi::TypeError::New(info.Env(), "device must be a string");
  const std::string device = info[0].As<Napi::String>();
  const std::string netns = info[1].IsString() ? info[1].As<Napi::String>().Utf8Value() : "";
  UniqueFd attached;
  inNamespace(netns, device, [&] { attached = dropIngress(device); });
  const int fd = attached.get();
  if (!descriptors::adopt(attached, FdKind::Attached, environmentOf(info).id())) {
    throw SystemError(EMFILE, "bpf(BPF_LINK_CREATE)", device, "cannot keep the frames of \"" + device + "\" from the kernel",
                      "the process holds more than 65,535 descriptors");
  }
  return Napi::Number::New(info.Env(), fd);
}

Napi::Value callKernelDrops(const Napi::CallbackInfo& info) {
  const int fd = fdArgument(info, 0);
  const FdKind kind = descriptors::kindOf(fd);
  const bool tunnel = kind == FdKind::Udp || kind == FdKind::Raw;
  return Napi::Number::New(info.Env(), kind == FdKind::Packet ? packetDrops(fd) : tunnel ? tunnelDrops(fd) : 0);
}

Napi::Value callCloseFd(const Napi::CallbackInfo& info) {
  const int fd = fdArgument(info, 0);
  forgetTunnelDrops(fd);
  if (!descriptors::close(fd)) {
    throw SystemError(EBADF, "close", "", "cannot close descriptor " + std::to_string(fd), "it was not opened here");
  }
  return info.Env().Undefined();
}

Napi::Value callWakeCreate(const Napi::CallbackInfo& info) {
  const int fd = createWake();
  if (fd < 0) throw SystemError(-fd, "eventfd", "", "cannot create a wake descriptor");
  UniqueFd owned(fd);
  if (!descriptors::adopt(owned, FdKind::Wake, environmentOf(info).id())) {
    throw SystemError(EMFILE, "eventfd", "", "cannot create a wake descriptor", "the process holds more than 65,535 descriptors");
  }
  return Napi::Number::New(info.Env(), fd);
}

Napi::Value callHugePages(const Napi::CallbackInfo& info) {
  if (!info[0].IsTypedArray()) throw Napi::TypeError::New(info.Env(), "memory must be a Uint8Array");
  // Not by Data(): that asks for the ArrayBuffer, and a SharedArrayBuffer is none.
  napi_typedarray_type type;
  size_t length = 0;
  void* data = nullptr;
  const napi_status status = napi_get_typedarray_info(info.Env(), info[0], &type, &length, &data, nullptr, nullptr);
  if (status != napi_ok || type != napi_uint8_array) throw Napi::TypeError::New(info.Env(), "memory must be a Uint8Array");
  return Napi::Boolean::New(info.Env(), adviseHugePages(data, length) == 0);
}

}  // namespace

void defineColdCalls(Napi::Env env, Napi::Object exports, Environment& environment) {
  defineCold<callOpenTap>(env, exports, "openTap", environment);
  defineCold<callOpenPacket>(env, exports, "openPacket", environment);
  defineCold<callLinkInfo>(env, exports, "linkInfo", environment);
  defineCold<callAddressHolder>(env, exports, "addressHolder", environment);
  defineCold<callKernelSide>(env, exports, "kernelSide", environment);
  defineCold<callSetMtu>(env, exports, "setMtu", environment);
  defineCold<callAttached>(env, exports, "attached", environment);
  defineCold<callPacketAccept>(env, exports, "packetAccept", environment);
  defineCold<callDropIngress>(env, exports, "dropIngress", environment);
  defineCold<callKernelDrops>(env, exports, "kernelDrops", environment);
  defineCold<callCloseFd>(env, exports, "closeFd", environment);
  defineCold<callWakeCreate>(env, exports, "wakeCreate", environment);
  defineCold<callHugePages>(env, exports, "hugePages", environment);
  defineLendingCalls(env, exports, environment);
  defineTunnelCalls(env, exports, environment);
  defineRingCalls(env, exports, environment);
  defineServiceCalls(env, exports, environment);
  defineThreadCalls(env, exports, environment);
  defineBpfCalls(env, exports, environment);
}

}  // namespace windrose
