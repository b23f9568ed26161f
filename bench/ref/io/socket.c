/* Packet sockets as the gateway's addon opens them, and sending in bulk. */
#define _GNU_SOURCE
#include "method.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>

int packet_socket(const char *device) {
  int one = 1, room = SOCKET_ROOM, fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  struct packet_mreq all = {.mr_ifindex = (int)if_nametoindex(device), .mr_type = PACKET_MR_PROMISC};
  if (fd < 0) fail("socket", device);
  if (!all.mr_ifindex) fail("find", device);
  if (setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &one, sizeof one) < 0) fail("PACKET_VNET_HDR", device);
  if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one) < 0) fail("PACKET_IGNORE_OUTGOING", device);
  if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof all) < 0) fail("PACKET_ADD_MEMBERSHIP", device);
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) < 0) fail("SO_RCVBUFFORCE", device);
  if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room) < 0) fail("SO_SNDBUFFORCE", device);
  return fd;
}

void bind_packet(int fd, const char *device) {
  struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = __builtin_bswap16(ETH_P_ALL), .sll_ifindex = (int)if_nametoindex(device)};
  if (bind(fd, (struct sockaddr *)&at, sizeof at) < 0) fail("bind", device);
}

void send_messages(struct side *to, struct mmsghdr *messages, unsigned count) {
  for (unsigned done = 0; done < count;) {
    int sent = sendmmsg(to->fd, messages + done, count - done, MSG_DONTWAIT);
    if (sent > 0) done += (unsigned)sent;
    else done++, to->lost++;
  }
}
