#pragma once

#include <cstdint>

#include "arena.h"

namespace windrose {

/** One receive call in progress: where the next record goes and which frames there are so far. */
struct Burst {
  uint8_t* frames;
  int32_t* offsets;
  int32_t* lengths;
  int32_t* tags;
  uint32_t limit;
  /** Arena offsets; `position` is the start of the next record, a multiple of 64. */
  uint32_t position;
  uint32_t end;
  uint32_t count = 0;

  /** Another frame of any size may be read straight into `next()`. */
  bool hasRoom() const { return count < limit && end - position >= kLargestRecordOctets; }

  /** Where the virtio-net header of the next record goes. */
  uint8_t* next() const { return frames + position + kHeadroomOctets; }

  /** Reports the frame whose record starts at `record`; `octets` counts its virtio-net header. */
  void report(uint32_t record, uint32_t octets, int32_t tag) {
    offsets[count] = static_cast<int32_t>(record + kHeadroomOctets + kVirtioHeaderOctets);
    lengths[count] = static_cast<int32_t>(octets - kVirtioHeaderOctets);
    tags[count] = tag;
    count++;
  }

  /** Moves on behind a record of `octets` with its virtio-net header. */
  void advance(uint32_t octets) {
    position += (kHeadroomOctets + octets + kRecordAlignment - 1) & ~(kRecordAlignment - 1);
  }
};

}  // namespace windrose
