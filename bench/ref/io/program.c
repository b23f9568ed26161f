/* Assembles, loads and attaches the XDP program by bpf(2) alone. Instructions: linux/bpf.h, RFC 9669. */
#define _GNU_SOURCE
#include "program.h"
#include "method.h"

#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int bpf(enum bpf_cmd command, union bpf_attr *attributes) {
  return (int)syscall(SYS_bpf, command, attributes, sizeof *attributes);
}

void redirect_all(const char *device, int fd) {
  union bpf_attr map = {.map_type = BPF_MAP_TYPE_XSKMAP, .key_size = 4, .value_size = 4, .max_entries = 1};
  int sockets = bpf(BPF_MAP_CREATE, &map);
  if (sockets < 0) fail("BPF_MAP_CREATE", device);
  uint32_t queue = 0;
  union bpf_attr entry = {.map_fd = (uint32_t)sockets, .key = (uintptr_t)&queue, .value = (uintptr_t)&fd};
  if (bpf(BPF_MAP_UPDATE_ELEM, &entry) < 0) fail("BPF_MAP_UPDATE_ELEM", device);

  /* return bpf_redirect_map(sockets, ctx->rx_queue_index, XDP_PASS); a queue without a socket goes to the kernel */
  const struct bpf_insn code[] = {
      {.code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = 2, .src_reg = 1, .off = offsetof(struct xdp_md, rx_queue_index)},
      {.code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 1, .src_reg = BPF_PSEUDO_MAP_FD, .imm = sockets},
      {.imm = 0}, /* upper half of the map's number */
      {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 3, .imm = XDP_PASS},
      {.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_redirect_map},
      {.code = BPF_JMP | BPF_EXIT},
  };
  union bpf_attr load = {.prog_type = BPF_PROG_TYPE_XDP, .expected_attach_type = BPF_XDP, .insns = (uintptr_t)code,
                         .insn_cnt = sizeof code / sizeof *code, .license = (uintptr_t)"Apache-2.0"};
  int program = bpf(BPF_PROG_LOAD, &load);
  if (program < 0) fail("BPF_PROG_LOAD", device);

  union bpf_attr link;
  memset(&link, 0, sizeof link);
  link.link_create.prog_fd = (uint32_t)program;
  link.link_create.target_ifindex = if_nametoindex(device);
  link.link_create.attach_type = BPF_XDP;
  link.link_create.flags = XDP_FLAGS_DRV_MODE;
  if (bpf(BPF_LINK_CREATE, &link) >= 0) return;
  link.link_create.flags = XDP_FLAGS_SKB_MODE;
  if (bpf(BPF_LINK_CREATE, &link) < 0) fail("BPF_LINK_CREATE", device);
}
