#pragma once

#include <node_api.h>

#include <cstddef>
#include <cstdint>

namespace windrose {

constexpr uint32_t kRecordAlignment = 64;
constexpr uint32_t kHeadroomOctets = 64;
/** struct virtio_net_hdr without num_buffers (linux/virtio_net.h). */
constexpr uint32_t kVirtioHeaderOctets = 10;
/** Header and the largest frame: 65,535 octets of IP behind 14 to 22 octets of Ethernet, rounded up. */
constexpr uint32_t kLargestReadOctets = 65600;
/** A window of the arena with less than this left takes no further frame. */
constexpr uint32_t kLargestRecordOctets = kHeadroomOctets + kLargestReadOctets;

static_assert(kLargestRecordOctets % kRecordAlignment == 0, "the next record starts aligned");

/** Memory of a typed array that JavaScript keeps alive: the environment holds a reference. */
template <typename Element>
struct View {
  Element* data = nullptr;
  uint32_t length = 0;
  napi_ref reference = nullptr;
};

/** What one environment attached: the frame arena and the columns beside it (`AttachedMemory` of src/io/addon.ts). */
struct Arena {
  View<uint8_t> frames;
  View<int32_t> offsets;
  View<int32_t> lengths;
  View<int32_t> tags;
  View<int32_t> sendErrors;

  bool attached() const { return frames.data != nullptr; }

  /** How many frames one receive may report. */
  uint32_t frameCapacity() const;

  /** `offset` names a frame of `length` octets with its virtio-net header in front, wholly inside the arena. */
  bool holds(int32_t offset, int32_t length) const {
    return offset >= static_cast<int32_t>(kVirtioHeaderOctets) && length > 0 &&
           static_cast<uint64_t>(offset) + static_cast<uint64_t>(length) <= frames.length;
  }

  /** [start, end) is a window of whole 64-octet steps inside the arena. */
  bool holdsWindow(int32_t start, int32_t end) const {
    return start >= 0 && start <= end && static_cast<uint32_t>(end) <= frames.length && ((start | end) & (kRecordAlignment - 1)) == 0;
  }
};

/**
 * Views the elements of a typed array, also over a SharedArrayBuffer, and references it. False when `value` is no typed array
 * of that type: the caller reports which one. (napi_get_typedarray_info accepts shared memory on Node 20; asking node-addon-api
 * for the ArrayBuffer does not.)
 */
bool viewBytes(napi_env env, napi_value value, View<uint8_t>& view);
bool viewInts(napi_env env, napi_value value, View<int32_t>& view);

/** Lets the typed array go. */
template <typename Element>
void dropView(napi_env env, View<Element>& view) {
  if (view.reference != nullptr) napi_delete_reference(env, view.reference);
  view = {};
}

}  // namespace windrose
