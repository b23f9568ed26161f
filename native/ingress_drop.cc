#include "ingress_drop.h"

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "error.h"
#include "link.h"

namespace windrose {

namespace {

/** Linux 6.6; older headers lack it. */
constexpr uint32_t kTcxIngress = 46;

/** BPF_F_BEFORE; without a relative it means before all others. */
constexpr uint32_t kFirst = 1U << 3;

/** The beginning of bpf_attr for BPF_LINK_CREATE, as every kernel since 5.7 reads it. */
struct LinkCreate {
  uint32_t program;
  uint32_t ifindex;
  uint32_t attachType;
  uint32_t flags;
  /** relative_fd and expected_revision: none. */
  uint32_t relative;
  uint32_t padding;
  uint64_t revision;
};

long bpf(int command, void* attributes, unsigned octets) { return syscall(SYS_bpf, command, attributes, octets); }

[[noreturn]] void fail(const char* syscall, const std::string& device) {
  throw SystemError(errno, syscall, device, "cannot keep the frames of \"" + device + "\" from the kernel");
}

}  // namespace

UniqueFd dropIngress(const std::string& device) {
  const LinkInfo link = readLink(device);
  // r0 = TC_ACT_SHOT; exit
  const bpf_insn program[] = {{BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, TC_ACT_SHOT}, {BPF_JMP | BPF_EXIT, 0, 0, 0, 0}};
  bpf_attr load{};
  load.prog_type = BPF_PROG_TYPE_SCHED_CLS;
  load.insns = reinterpret_cast<uint64_t>(program);
  load.insn_cnt = sizeof program / sizeof program[0];
  load.license = reinterpret_cast<uint64_t>("");
  std::memcpy(load.prog_name, "windrose_drop", sizeof "windrose_drop");
  const UniqueFd loaded(static_cast<int>(bpf(BPF_PROG_LOAD, &load, sizeof load)));
  if (loaded.get() < 0) fail("bpf(BPF_PROG_LOAD)", device);

  LinkCreate create{};
  create.program = static_cast<uint32_t>(loaded.get());
  create.ifindex = static_cast<uint32_t>(link.ifindex);
  create.attachType = kTcxIngress;
  // TCX asks one program after the other, and any answer but TCX_NEXT is the last: behind one that says TCX_PASS we would never be asked.
  create.flags = kFirst;
  // BPF_LINK_CREATE makes its descriptor close-on-exec.
  UniqueFd attached(static_cast<int>(bpf(BPF_LINK_CREATE, &create, sizeof create)));
  if (attached.get() < 0) fail("bpf(BPF_LINK_CREATE)", device);
  return attached;
}

}  // namespace windrose
