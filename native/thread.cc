#include "thread.h"

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace windrose {

namespace {

/** struct sched_attr of linux/sched/types.h as it was first; newer C libraries have it, under the same name, and older ones do not. */
struct Schedule {
  uint32_t size;
  uint32_t policy;
  uint64_t flags;
  int32_t nice;
  uint32_t priority;
  /** Nanoseconds. */
  uint64_t runtime;
  uint64_t deadline;
  uint64_t period;
};

/** Of the calling thread. Returns 0 or an errno. */
int readSchedule(Schedule& schedule) { return syscall(SYS_sched_getattr, 0, &schedule, sizeof schedule, 0) == 0 ? 0 : errno; }

}  // namespace

int pinThread(int32_t cpu) {
  if (cpu < 0 || cpu >= CPU_SETSIZE) return EINVAL;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<size_t>(cpu), &set);
  return sched_setaffinity(0, sizeof set, &set) == 0 ? 0 : errno;
}

int takeShortTurns(int32_t micros) {
  Schedule schedule{};
  if (const int error = readSchedule(schedule)) return error;
  if (schedule.policy != SCHED_OTHER && schedule.policy != SCHED_BATCH) return 0;
  const uint64_t wanted = static_cast<uint64_t>(micros) * 1000;
  schedule.size = sizeof schedule;
  schedule.runtime = wanted;
  if (syscall(SYS_sched_setattr, 0, &schedule, 0) != 0) return errno;
  // Before Linux 6.12 nothing becomes of it, and it reads as 0.
  if (const int error = readSchedule(schedule)) return error;
  return schedule.runtime == wanted ? 0 : EOPNOTSUPP;
}

}  // namespace windrose
