#pragma once

#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>

namespace windrose {

/**
 * read(2) and write(2) without glibc's cancellation points, which cost a process with several threads two locked instructions
 * per call: measurable at one call per 64-octet frame. Nobody cancels threads here. Returns and errno as usual.
 */
#ifdef __SANITIZE_ADDRESS__
// The sanitizer checks buffers in its own read() and write().
inline ssize_t readDirect(int fd, void* to, size_t octets) { return read(fd, to, octets); }
inline ssize_t writeDirect(int fd, const void* from, size_t octets) { return write(fd, from, octets); }
#else
inline ssize_t readDirect(int fd, void* to, size_t octets) { return syscall(SYS_read, fd, to, octets); }
inline ssize_t writeDirect(int fd, const void* from, size_t octets) { return syscall(SYS_write, fd, from, octets); }
#endif

}  // namespace windrose
