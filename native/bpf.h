#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "descriptors.h"

namespace windrose {

/** `BpfMapOptions` of src/io/addon.ts. */
struct BpfMapOptions {
  /** BPF_MAP_TYPE_HASH or BPF_MAP_TYPE_ARRAY (linux/bpf.h). */
  uint32_t type = 0;
  uint32_t keyOctets = 0;
  uint32_t valueOctets = 0;
  uint32_t entries = 0;
  /** Arrays only: BPF_F_MMAPABLE. */
  bool mapped = false;
  std::string name;
};

/** A part of memory that the caller keeps. */
struct Octets {
  const uint8_t* data = nullptr;
  size_t length = 0;
};

/**
 * bpf(2), bare. What the maps hold and the programs do is decided in TypeScript. All throw SystemError; EPERM where the system keeps
 * bpf() from the process (CAP_BPF).
 */
UniqueFd bpfCreateMap(const BpfMapOptions& options);
/** Throws EINVAL unless keys and values of the map have so many octets, of which the kernel would read beyond; 0: not looked at. */
void bpfCheckSizes(int map, size_t keyOctets, size_t valueOctets);
void bpfUpdate(int map, const uint8_t* key, const uint8_t* value);
/** False when the map has no such key. */
bool bpfDelete(int map, const uint8_t* key);
/** Maps the first `octets` of a mapped array for reading and writing. To be unmapped with munmap(2). */
void* bpfMapMemory(int map, size_t octets);
/** Loads a BPF_PROG_TYPE_SOCKET_FILTER; `instructions` are of 8 octets each. What the verifier refuses is said in its own last words. */
UniqueFd bpfLoadSocketFilter(const Octets& instructions, const std::string& name);
/** Runs a program on one Ethernet frame (BPF_PROG_TEST_RUN); it sees what follows the first 14 octets. Returns its answer. */
uint32_t bpfTestRun(int program, const Octets& frame);

}  // namespace windrose
