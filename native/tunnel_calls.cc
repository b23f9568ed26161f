#include <unistd.h>

#include <cerrno>
#include <climits>
#include <string>

#include "calls.h"
#include "options.h"
#include "private_files.h"
#include "tunnel_socket.h"

namespace windrose {

namespace {

constexpr int kMostWorkers = 256;

Napi::Value callOpenTunnel(const Napi::CallbackInfo& info) {
  const Options given(info[0]);
  TunnelOptions options;
  options.address = given.text("address");
  options.netns = given.text("netns", "");
  options.port = given.integer("port", 1, 65535, 0);
  options.protocol = given.integer("protocol", 1, 255, 0);
  options.workers = given.integer("workers", 1, kMostWorkers);
  options.senders = given.integer("senders", 1, 64, options.senders);
  options.receiveBufferOctets = given.integer("receiveBufferOctets", 4096, INT_MAX / 2, options.receiveBufferOctets);
  if ((options.port == 0) == (options.protocol == 0)) throw Napi::RangeError::New(info.Env(), "either port or protocol must be given");
  std::vector<std::vector<UniqueFd>> workers = openTunnel(options);
  const FdKind kind = options.port != 0 ? FdKind::Udp : FdKind::Raw;
  Napi::Array lists = Napi::Array::New(info.Env(), workers.size());
  std::vector<int> adopted;
  for (uint32_t worker = 0; worker < workers.size(); worker++) {
    Napi::Array fds = Napi::Array::New(info.Env(), workers[worker].size());
    for (uint32_t i = 0; i < workers[worker].size(); i++) {
      const int fd = workers[worker][i].get();
      if (!descriptors::adopt(workers[worker][i], kind, environmentOf(info).id())) {
        for (const int earlier : adopted) descriptors::close(earlier);
        throw SystemError(EMFILE, "open", options.address, "cannot open a tunnel endpoint at " + options.address,
                          "the process holds more than 65,535 descriptors");
      }
      adopted.push_back(fd);
      fds.Set(i, fd);
    }
    lists.Set(worker, fds);
  }
  return lists;
}

/** The sockets named in `list`, as this thread may use them; each of `kind`, taken from the channel in order where the table is private. */
std::vector<int> tunnelSockets(const Environment& environment, const Napi::Array& list, FdKind kind) {
  std::vector<int> here;
  for (uint32_t i = 0; i < list.Length(); i++) {
    const Napi::Value value = list.Get(i);
    const int fd = value.IsNumber() ? value.As<Napi::Number>().Int32Value() : -1;
    const bool known = kind != FdKind::None && descriptors::kindOf(fd) == kind;
    const int taken = !known || environment.channel() < 0 ? fd : takeFrom(environment.channel(), fd);
    if (known && taken >= 0) {
      here.push_back(taken);
      continue;
    }
    if (environment.channel() >= 0) {
      for (const int earlier : here) ::close(earlier);
    }
    throw SystemError(EBADF, "borrowTunnel", "", "cannot borrow descriptor " + std::to_string(fd),
                      known ? "it was not lent to this thread" : "no tunnel of this kind is open under it");
  }
  return here;
}

Napi::Value callBorrowTunnel(const Napi::CallbackInfo& info) {
  Environment& environment = environmentOf(info);
  const Napi::Env env = info.Env();
  if (!environment.arena.attached()) throw Napi::Error::New(env, "borrowTunnel: attach comes first");
  if (!info[0].IsArray() || info[0].As<Napi::Array>().Length() == 0 || !info[1].IsNumber()) {
    throw Napi::TypeError::New(env, "borrowTunnel: fds must be an array with elements, kind a number");
  }
  const auto kind = static_cast<FdKind>(info[1].As<Napi::Number>().Int32Value());
  if (kind == FdKind::Udp && info[0].As<Napi::Array>().Length() < 2) {
    throw Napi::TypeError::New(env, "borrowTunnel: a socket that receives and at least one that sends");
  }
  if (kind != FdKind::Udp && kind != FdKind::Raw) throw Napi::RangeError::New(env, "borrowTunnel: kind must be a TunnelKind");
  const int32_t number = environment.freeHandle();
  if (number < 0) throw SystemError(EMFILE, "borrowTunnel", "", "cannot borrow a tunnel", kNoHandle);
  View<int32_t> sends;
  View<int32_t> receives;
  if (!viewInts(env, info[2], sends) || !viewInts(env, info[3], receives)) {
    dropView(env, sends);
    throw Napi::TypeError::New(env, "borrowTunnel: sends and receives must be Int32Arrays");
  }
  try {
    std::vector<int> fds = tunnelSockets(environment, info[0].As<Napi::Array>(), kind);
    const int receiver = fds.front();
    if (kind == FdKind::Udp) fds.erase(fds.begin());
    environment.lendTunnel(number, receiver, kind, sends, std::make_unique<TunnelBurst>(receiver, std::move(fds), kind == FdKind::Raw, receives));
  } catch (...) {
    dropView(env, sends);
    dropView(env, receives);
    throw;
  }
  return Napi::Number::New(env, number);
}

}  // namespace

void defineTunnelCalls(Napi::Env env, Napi::Object exports, Environment& environment) {
  defineCold<callOpenTunnel>(env, exports, "openTunnel", environment);
  defineCold<callBorrowTunnel>(env, exports, "borrowTunnel", environment);
}

}  // namespace windrose
