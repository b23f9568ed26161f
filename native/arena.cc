#include "arena.h"

#include <algorithm>

namespace windrose {

namespace {

template <typename Element>
bool viewTypedArray(napi_env env, napi_value value, napi_typedarray_type wanted, View<Element>& view) {
  bool isTypedArray = false;
  if (napi_is_typedarray(env, value, &isTypedArray) != napi_ok || !isTypedArray) return false;
  napi_typedarray_type type;
  size_t length = 0;
  void* data = nullptr;
  if (napi_get_typedarray_info(env, value, &type, &length, &data, nullptr, nullptr) != napi_ok) return false;
  // Offsets are int32, so the last octet must have one.
  if (type != wanted || data == nullptr || length > INT32_MAX) return false;
  napi_ref reference = nullptr;
  if (napi_create_reference(env, value, 1, &reference) != napi_ok) return false;
  view = {static_cast<Element*>(data), static_cast<uint32_t>(length), reference};
  return true;
}

}  // namespace

uint32_t Arena::frameCapacity() const { return std::min({offsets.length, lengths.length, tags.length}); }

bool viewBytes(napi_env env, napi_value value, View<uint8_t>& view) { return viewTypedArray(env, value, napi_uint8_array, view); }

bool viewInts(napi_env env, napi_value value, View<int32_t>& view) { return viewTypedArray(env, value, napi_int32_array, view); }

}  // namespace windrose
