#include <array>
#include <cerrno>

#include "batch.h"
#include "calls.h"
#include "wait.h"

namespace windrose {

namespace {

/** The call's integer arguments and the environment it belongs to. What is missing or no number reads as 0. */
template <size_t Count>
struct Arguments {
  std::array<int32_t, Count> values{};
  Environment* environment = nullptr;

  Arguments(napi_env env, napi_callback_info info) {
    std::array<napi_value, Count + 1> given;
    size_t count = Count;
    void* data = nullptr;
    napi_get_cb_info(env, info, &count, given.data(), nullptr, &data);
    environment = static_cast<Environment*>(data);
    for (size_t i = 0; i < Count; i++) napi_get_value_int32(env, given[i], &values[i]);
  }
};

/** An int32 is a small integer of V8 on 64-bit machines: no object is made. */
napi_value integer(napi_env env, int32_t value) {
  napi_value result = nullptr;
  napi_create_int32(env, value, &result);
  return result;
}

napi_value callReceive(napi_env env, napi_callback_info info) {
  const Arguments<4> a(env, info);
  return integer(env, receive(*a.environment, a.values[0], a.values[1], a.values[2], a.values[3]));
}

napi_value callTransmit(napi_env env, napi_callback_info info) {
  const Arguments<2> a(env, info);
  return integer(env, transmit(*a.environment, a.values[0], a.values[1]));
}

napi_value callReceiveTunnel(napi_env env, napi_callback_info info) {
  const Arguments<4> a(env, info);
  Handle* handle = a.environment->handle(a.values[0]);
  if (handle == nullptr || !handle->tunnel) return integer(env, -EBADF);
  return integer(env, handle->tunnel->receive(handle->fd, a.environment->arena, a.values[1], a.values[2], a.values[3]));
}

napi_value callTransmitTunnel(napi_env env, napi_callback_info info) {
  const Arguments<2> a(env, info);
  Handle* handle = a.environment->handle(a.values[0]);
  if (handle == nullptr || !handle->tunnel) return integer(env, -EBADF);
  return integer(env, handle->tunnel->transmit(a.environment->arena, handle->sends, a.values[1]));
}

napi_value callWait(napi_env env, napi_callback_info info) {
  const Arguments<2> a(env, info);
  return integer(env, wait(*a.environment, a.values[0], a.values[1]));
}

napi_value callReadable(napi_env env, napi_callback_info info) {
  const Arguments<0> a(env, info);
  return integer(env, a.environment->readable());
}

napi_value callWake(napi_env env, napi_callback_info info) {
  const Arguments<1> a(env, info);
  if (!wake(a.values[0])) napi_throw_error(env, "EBADF", "wake: not a descriptor that wakeCreate made");
  return nullptr;
}

napi_value callNowMs(napi_env env, napi_callback_info) { return integer(env, nowMs()); }

napi_value callNowMicros(napi_env env, napi_callback_info) { return integer(env, nowMicros()); }

napi_value callGiveWay(napi_env, napi_callback_info) {
  giveWay();
  return nullptr;
}

void define(napi_env env, napi_value exports, const char* name, napi_callback call, Environment& environment) {
  napi_value function = nullptr;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, call, &environment, &function);
  napi_set_named_property(env, exports, name, function);
}

}  // namespace

void defineHotCalls(napi_env env, napi_value exports, Environment& environment) {
  define(env, exports, "receive", callReceive, environment);
  define(env, exports, "transmit", callTransmit, environment);
  define(env, exports, "receiveTunnel", callReceiveTunnel, environment);
  define(env, exports, "transmitTunnel", callTransmitTunnel, environment);
  define(env, exports, "wait", callWait, environment);
  define(env, exports, "readable", callReadable, environment);
  define(env, exports, "wake", callWake, environment);
  define(env, exports, "giveWay", callGiveWay, environment);
  define(env, exports, "nowMs", callNowMs, environment);
  define(env, exports, "nowMicros", callNowMicros, environment);
}

}  // namespace windrose
