#pragma once

#include <napi.h>

#include "environment.h"
#include "error.h"

namespace windrose {

/** Why there is no handle left. */
constexpr const char* kNoHandle = "this thread has borrowed 1,100 already";

/** Sets the calls that open, inspect and close on `exports`: options objects in, typed errors out. */
void defineColdCalls(Napi::Env env, Napi::Object exports, Environment& environment);

/** Sets attach, borrow and release on `exports`. */
void defineLendingCalls(Napi::Env env, Napi::Object exports, Environment& environment);

/** Sets openTunnel and borrowTunnel on `exports`. */
void defineTunnelCalls(Napi::Env env, Napi::Object exports, Environment& environment);

/** Sets ringStalled and giveUpRing on `exports`. */
void defineRingCalls(Napi::Env env, Napi::Object exports, Environment& environment);

/** Sets setServiceSide and listenBy on `exports`. */
void defineServiceCalls(Napi::Env env, Napi::Object exports, Environment& environment);

/** Sets pinThread and takeShortTurns on `exports`. */
void defineThreadCalls(Napi::Env env, Napi::Object exports, Environment& environment);

/** Sets the calls of bpf(2), and unsteer, on `exports`. */
void defineBpfCalls(Napi::Env env, Napi::Object exports, Environment& environment);

/** Sets the calls of every turn on `exports`: bare N-API, integers in and out, nothing allocated. */
void defineHotCalls(napi_env env, napi_value exports, Environment& environment);

using ColdCall = Napi::Value (*)(const Napi::CallbackInfo&);

inline Environment& environmentOf(const Napi::CallbackInfo& info) { return *static_cast<Environment*>(info.Data()); }

/** A call whose SystemErrors arrive in JavaScript as AddonError. */
template <ColdCall call>
Napi::Value typed(const Napi::CallbackInfo& info) {
  try {
    return call(info);
  } catch (const SystemError& error) {
    throw toJsError(info.Env(), error);
  } catch (const Napi::Error&) {
    throw;
  } catch (const std::exception& error) {
    throw Napi::Error::New(info.Env(), error.what());
  }
}

template <ColdCall call>
void defineCold(Napi::Env env, Napi::Object exports, const char* name, Environment& environment) {
  exports.Set(name, Napi::Function::New(env, typed<call>, name, &environment));
}

}  // namespace windrose
