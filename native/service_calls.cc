#include <algorithm>
#include <cerrno>
#include <string>

#include "calls.h"
#include "netns.h"
#include "options.h"
#include "service_side.h"

namespace windrose {

namespace {

Napi::Value callSetServiceSide(const Napi::CallbackInfo& info) {
  const Options given(info[0]);
  ServiceSide side;
  side.device = given.text("device");
  side.address = given.text("address");
  side.length = given.integer("length", 1, 32);
  const Napi::Value mac = info[0].As<Napi::Object>().Get("mac");
  if (!mac.IsTypedArray() || mac.As<Napi::TypedArray>().ByteLength() != side.mac.size())
    throw Napi::TypeError::New(info.Env(), "mac must be a Uint8Array of six octets");
  std::copy_n(mac.As<Napi::Uint8Array>().Data(), side.mac.size(), side.mac.begin());
  bool closed = false;
  inNamespace(given.text("netns", ""), side.device, [&] { closed = setServiceSide(side); });
  return Napi::Boolean::New(info.Env(), closed);
}

Napi::Value callListenBy(const Napi::CallbackInfo& info) {
  const Options given(info[0]);
  const std::string device = given.text("device");
  const std::string address = given.text("address");
  const int port = given.integer("port", 1, 65535);
  const int backlog = given.integer("backlog", 1, 65535);
  UniqueFd listening;
  inNamespace(given.text("netns", ""), device, [&] { listening = listenBy(device, address, port, backlog); });
  const int fd = listening.get();
  if (!descriptors::adopt(listening, FdKind::Listening, environmentOf(info).id()))
    throw SystemError(EMFILE, "socket", device, "cannot listen by \"" + device + "\"", "the process holds more than 65,535 descriptors");
  return Napi::Number::New(info.Env(), fd);
}

}  // namespace

void defineServiceCalls(Napi::Env env, Napi::Object exports, Environment& environment) {
  defineCold<callSetServiceSide>(env, exports, "setServiceSide", environment);
  defineCold<callListenBy>(env, exports, "listenBy", environment);
}

}  // namespace windrose
