// Entry point. Node calls it once per environment: the main thread and every worker get functions and state of their own.
#include <napi.h>

#include "calls.h"
#include "environment.h"

namespace {

Napi::Object load(Napi::Env env, Napi::Object exports) {
  auto* environment = new windrose::Environment();
  // Owned by the environment of Node: deleted when the thread's environment is torn down.
  env.SetInstanceData(environment);
  windrose::defineColdCalls(env, exports, *environment);
  windrose::defineHotCalls(env, exports, *environment);
  return exports;
}

}  // namespace

NODE_API_MODULE(windrose, load)
