/*
 * The pipeline reference: what bench/pipeline measures of ours, in C. Known UDP flows through source NAT, one thread.
 *
 * It loads a world that the bench wrote (tables with live sessions, and a ring of frames), so both sides work on the same tuples,
 * hash key, table contents and frames, and must produce the same octets: `check` prints a digest of them.
 *
 * Work per burst of 64 frames, in three loops as in src/pipeline/forward.ts: classify (Ethernet, VLAN, MAC, IPv4 header with
 * checksum, virtio-net header, L4 length, keyed hash, first touch of the flow index), touch (session row), decide (find the
 * session; rewrite addresses, port, TTL and checksums by difference; Ethernet header of the adjacency; counters; output list).
 * What ours hands to its slow path (other protocols, TTL, MTU, stale routes) is counted here and left alone; it must not happen.
 *
 * usage: pipeline WORLD, then one command per line on standard input:
 *   check        one pass over the ring; prints {"digest":N,"translated":N}
 *   round        one timed pass; prints {"ns":N,"median":N}, nanoseconds per frame: of all bursts, and of the one in the middle,
 *                which says more where others use the processor as well
 * Exit codes: 0 at the end of the input, 1 when the world cannot be read, 2 usage.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { BURST = 64, STRIDE = 192, FRAME_START = 74, RING_WORDS = 17, FRAME_OCTETS = 64, MAGIC = 0x57524e44 };
enum { H_MAGIC, H_RIFS, H_IFACES, H_ROWS, H_SLOTS, H_NEIGHBORS, H_FRAMES, H_EPOCH, H_NOW, H_K0, H_K1, H_WORDS = 16 };
enum { TRANSLATED, SLOW, DROP_LENGTH, DROP_TAG, DROP_VLAN, DROP_TYPE, DROP_MAC, DROP_IP, DROP_CHECKSUM, DROP_VIRTIO, DROP_L4, GO_ON, VERDICTS };
enum { RX_FRAMES, RX_OCTETS, RX_PACKETS, TX_FRAMES, TX_OCTETS, TX_PACKETS, COUNTERS = 16 };
enum { TCP = 6, UDP = 17, INSIDE = 0, UNANSWERED = 7, STALE = 4, MAX_SENDS = 1024 };

/* One cache line each, as in src/tables/sessions.ts and neighbors.ts. Addresses and ports as loaded. */
typedef struct {
    uint32_t inside, remote, outward_ports, external, inward_ports, meta, deltas;
    int32_t outward_adjacency, inward_adjacency;
    uint32_t last_seen, next, previous, generation, epoch_pool, siblings[2];
} session_t;
typedef struct {
    int32_t state, rif;
    uint32_t address, header_octets, header[5];
    int32_t mtu;
    uint32_t changed, confirmed, used, probes, references, next;
} adjacency_t;
typedef struct { uint32_t iface, vlan, role, rest[13]; } rif_t;
typedef struct { uint32_t queued; uint32_t sends[MAX_SENDS * 2]; } outlet_t;

typedef struct {
    uint32_t header[H_WORDS];
    uint16_t *by_vlan;
    uint32_t *mac_words;
    rif_t *rifs;
    session_t *rows;
    uint32_t *outward, *inward, mask;
    adjacency_t *neighbors;
    uint32_t *ring;
    uint8_t *burst_iface;
    uint32_t now, epoch, k0, k1, iface;
    uint8_t *arena;
    uint32_t offsets[BURST], lengths[BURST], tags[BURST];
    uint32_t verdict[BURST], rif[BURST], ip[BURST], end[BURST], ports[BURST], hash[BURST], touched[BURST];
    outlet_t outlets[4];
    uint64_t verdicts[VERDICTS];
    uint64_t counters[256][COUNTERS];
} world_t;

static inline uint32_t load32(const uint8_t *p) { uint32_t v; memcpy(&v, p, 4); return v; }
static inline uint16_t load16(const uint8_t *p) { uint16_t v; memcpy(&v, p, 2); return v; }
static inline void store32(uint8_t *p, uint32_t v) { memcpy(p, &v, 4); }
static inline void store16(uint8_t *p, uint16_t v) { memcpy(p, &v, 2); }
static inline uint32_t be16(const uint8_t *p) { return (uint32_t)p[0] << 8 | p[1]; }
static inline uint32_t rotate(uint32_t x, int n) { return x << n | x >> (32 - n); }

/* RFC 1071 sums and RFC 1624 differences. */
static inline uint32_t fold(uint32_t sum) {
    uint32_t once = (sum & 0xffff) + (sum >> 16);
    return (once & 0xffff) + (once >> 16);
}
static inline uint16_t move_finished(uint16_t check, uint32_t delta) { return ~fold((~check & 0xffff) + delta); }

/* HalfSipHash-1-3 of three words, the protocol folded into the key. */
#define ROUND \
    v0 += v1; v1 = rotate(v1, 5) ^ v0; v0 = rotate(v0, 16); v2 += v3; v3 = rotate(v3, 8) ^ v2; \
    v0 += v3; v3 = rotate(v3, 7) ^ v0; v2 += v1; v1 = rotate(v1, 13) ^ v2; v2 = rotate(v2, 16)
static inline uint32_t flow_hash(uint32_t k0, uint32_t k1, uint32_t a, uint32_t b, uint32_t c, uint32_t protocol) {
    uint32_t v0 = k0 ^ protocol, v1 = k1, v2 = 0x6c796765 ^ k0, v3 = 0x74656462 ^ k1;
    v3 ^= a; ROUND; v0 ^= a;
    v3 ^= b; ROUND; v0 ^= b;
    v3 ^= c; ROUND; v0 ^= c;
    v2 ^= 0xff;
    ROUND; ROUND; ROUND;
    return v1 ^ v3;
}

static inline uint32_t wire_packets(const uint8_t *frame, uint32_t length) {
    const uint8_t *virtio = frame - 10;
    if (virtio[1] == 0) return 1;
    uint32_t size = load16(virtio + 4), headers = load16(virtio + 2);
    return size == 0 || headers >= length ? 1 : (length - headers + size - 1) / size;
}

/* A frame whose virtio-net header asks for something: does it agree with the packet? */
static int virtio_agrees(const uint8_t *frame, const uint8_t *l4, const uint8_t *end, uint32_t protocol, int whole) {
    const uint8_t *h = frame - 10;
    uint32_t offset = load16(h + 8), gso = h[1];
    if (h[0] & 1) {
        if (load16(h + 6) != l4 - frame || !whole) return 0;
        if (!((protocol == TCP && offset == 16) || (protocol == UDP && offset == 6)) || l4 + offset + 2 > end) return 0;
    }
    if (gso == 0) return 1;
    if (!(h[0] & 1) || load16(h + 4) == 0 || !whole || load16(h + 2) > end - frame) return 0;
    if ((gso & 0x7f) == 1) return protocol == TCP && load16(h + 4) >= 8;
    return gso == 5 && protocol == UDP && end - l4 - 8 <= (long)load16(h + 4) * 128;
}

static uint32_t classify(world_t *w, int f) {
    uint8_t *frame = w->arena + w->offsets[f];
    uint32_t length = w->lengths[f], l2 = 14, vlan = w->tags[f] & 0xfff;
    uint32_t type = length < 14 ? 0 : load16(frame + 12);
    if (type == 0x0081 && w->tags[f] == 0 && length >= 18) {
        vlan = be16(frame + 14) & 0xfff;
        type = load16(frame + 16);
        l2 = 18;
    }
    int32_t rif = w->by_vlan[w->iface << 12 | vlan] - 1;
    uint64_t *c = w->counters[rif >= 0 ? (uint32_t)rif : 192 + w->iface];
    c[RX_FRAMES]++;
    c[RX_OCTETS] += length;
    c[RX_PACKETS] += wire_packets(frame, length);
    if (length < 14) return DROP_LENGTH;
    if (w->tags[f] & 0x20000) return DROP_TAG;
    if (rif < 0) return DROP_VLAN;
    w->rif[f] = rif;
    w->touched[f] = 0;
    uint8_t *ip = frame + l2, *frame_end = frame + length;
    w->ip[f] = ip - w->arena;
    w->end[f] = frame_end - w->arena;
    if (type != 0x0008) return DROP_TYPE;
    if (load16(frame) != w->mac_words[rif * 2] || load32(frame + 2) != w->mac_words[rif * 2 + 1]) return DROP_MAC;

    if (frame_end - ip < 20 || ip[0] != 0x45) return DROP_IP;
    uint32_t sum = 0;
    for (int i = 0; i < 20; i += 4) {
        uint32_t word = load32(ip + i);
        sum += (word & 0xffff) + (word >> 16);
    }
    uint32_t total = be16(ip + 2);
    if (total < 20 || total > frame_end - ip) return DROP_IP;
    if (fold(sum) != 0xffff) return DROP_CHECKSUM;
    uint8_t *end = ip + total, *l4 = ip + ((ip[0] & 0x0f) << 2);
    w->end[f] = end - w->arena;
    uint32_t protocol = ip[9];
    int whole = (load16(ip + 6) & 0xff3f) == 0;
    if ((load16(frame - 10) & ~2) != 0 && !virtio_agrees(frame, l4, end, protocol, whole)) return DROP_VIRTIO;
    if (!whole) return SLOW;
    if (protocol == UDP) {
        if (end - l4 < 8) return DROP_L4;
        uint32_t octets = be16(l4 + 4);
        if (octets < 8 || octets > end - l4) return DROP_L4;
    } else if (protocol == TCP) {
        if (end - l4 < 20) return DROP_L4;
        uint32_t header = l4[12] >> 4 << 2;
        if (header < 20 || header > end - l4) return DROP_L4;
    } else {
        return SLOW;
    }
    uint32_t ports = load32(l4);
    uint32_t hash = flow_hash(w->k0, w->k1, load32(ip + 12), load32(ip + 16), ports, protocol);
    w->ports[f] = ports;
    w->hash[f] = hash;
    w->touched[f] = (w->rifs[rif].role == INSIDE ? w->outward : w->inward)[hash & w->mask];
    return GO_ON;
}

static void touch_rows(world_t *w, int count) {
    for (int f = 0; f < count; f++) {
        uint32_t word = w->touched[f];
        if (word != 0) w->touched[f] = *(volatile uint32_t *)&w->rows[(word & 0xffffff) - 1].inside;
    }
}

static session_t *find(world_t *w, int f, int outward) {
    uint8_t *ip = w->arena + w->ip[f];
    const uint32_t *slots = outward ? w->outward : w->inward;
    uint32_t hash = w->hash[f], source = load32(ip + 12), destination = load32(ip + 16), ports = w->ports[f], protocol = ip[9];
    uint32_t want = hash & 0xf0000000;
    for (uint32_t s = hash & w->mask;; s = (s + 1) & w->mask, want += (want & 0x0f000000) == 0x0f000000 ? 0 : 0x01000000) {
        uint32_t word = slots[s];
        if (word == 0) return NULL;
        if (((word ^ want) & 0xff000000) != 0) continue;
        session_t *row = &w->rows[(word & 0xffffff) - 1];
        if (outward ? row->inside == source && row->remote == destination && row->outward_ports == ports
                    : row->remote == source && row->external == destination && row->inward_ports == ports)
            if ((row->meta & 0xff) == protocol) return row;
    }
}

static uint32_t largest_packet(world_t *w, int f) {
    uint8_t *frame = w->arena + w->offsets[f], *ip = w->arena + w->ip[f];
    uint32_t whole = w->end[f] - w->ip[f];
    if (load16(frame - 10) >> 8 == 0) return whole;
    uint8_t *l4 = ip + ((ip[0] & 0x0f) << 2);
    uint32_t packet = (l4 - ip) + (ip[9] == TCP ? l4[12] >> 4 << 2 : 8) + load16(frame - 6);
    return packet < whole ? packet : whole;
}

static void emit(world_t *w, uint8_t *ip, uint32_t octets, adjacency_t *a) {
    uint8_t *frame = ip - a->header_octets;
    store16(frame, a->header[0]);
    store32(frame + 2, a->header[1]);
    store32(frame + 6, a->header[2]);
    store32(frame + 10, a->header[3]);
    a->used = w->now;
    outlet_t *out = &w->outlets[w->rifs[a->rif].iface];
    if (out->queued == MAX_SENDS) out->queued = 0;
    uint32_t at = out->queued++ << 1, length = octets + a->header_octets;
    out->sends[at] = frame - w->arena;
    out->sends[at + 1] = length;
    frame[-10] &= ~2;
    uint64_t *c = w->counters[a->rif];
    c[TX_FRAMES]++;
    c[TX_OCTETS] += length;
    c[TX_PACKETS] += wire_packets(frame, length);
}

static uint32_t apply(world_t *w, int f, session_t *s, int outward) {
    uint8_t *ip = w->arena + w->ip[f], *l4 = ip + ((ip[0] & 0x0f) << 2);
    int32_t adjacency = outward ? s->outward_adjacency : s->inward_adjacency;
    if (adjacency < 0 || (s->epoch_pool & 0xffff) != w->epoch) return SLOW;
    adjacency_t *a = &w->neighbors[adjacency >> 4];
    if (a->state < STALE || ip[8] <= 1 || (int32_t)largest_packet(w, f) > a->mtu || a->header_octets != w->ip[f] - w->offsets[f]) return SLOW;
    int partial = w->arena[w->offsets[f] - 10] & 1;
    if (ip[9] == TCP && (l4[13] & 7) != 0) return SLOW;
    uint32_t address_delta = s->deltas & 0xffff, l4_delta = s->deltas >> 16;
    if (outward) {
        store32(ip + 12, s->external);
        store16(l4, s->inward_ports >> 16);
    } else {
        store32(ip + 16, s->inside);
        store16(l4 + 2, s->outward_ports);
        address_delta = ~address_delta & 0xffff;
        l4_delta = ~l4_delta & 0xffff;
    }
    ip[8]--;
    store16(ip + 10, move_finished(load16(ip + 10), address_delta + 0xfffe));
    s->last_seen = w->now;
    uint8_t *at = l4 + (ip[9] == TCP ? 16 : 6);
    uint16_t sum = load16(at);
    if (ip[9] == UDP && !outward && (s->meta >> 8 & 0xff) == UNANSWERED) s->meta &= ~0xff00u;
    if (partial) {
        store16(at, fold(sum + address_delta));
    } else if (ip[9] == TCP) {
        store16(at, move_finished(sum, l4_delta));
    } else if (sum != 0) {
        uint16_t moved = move_finished(sum, l4_delta);
        store16(at, moved ? moved : 0xffff);
    }
    emit(w, ip, w->end[f] - w->ip[f], a);
    return TRANSLATED;
}

static uint32_t decide(world_t *w, int f) {
    int outward = w->rifs[w->rif[f]].role == INSIDE;
    session_t *s = find(w, f, outward);
    return s == NULL ? SLOW : apply(w, f, s, outward);
}

/* Kept out of line, as a library's entry point would be. */
__attribute__((noinline)) static void forward_burst(world_t *w, int count) {
    for (int f = 0; f < count; f++) w->verdict[f] = classify(w, f);
    touch_rows(w, count);
    for (int f = 0; f < count; f++) {
        uint32_t v = w->verdict[f];
        w->verdicts[v == GO_ON ? decide(w, f) : v]++;
    }
}

/* Puts a burst where receive would put it. Not timed. */
static void load_burst(world_t *w, uint32_t burst) {
    w->iface = w->burst_iface[burst];
    for (int f = 0; f < BURST; f++) {
        w->offsets[f] = f * STRIDE + FRAME_START;
        w->lengths[f] = FRAME_OCTETS;
        w->tags[f] = 0;
        memcpy(w->arena + w->offsets[f] - 2, w->ring + (uint64_t)(burst * BURST + f) * RING_WORDS, RING_WORDS * 4);
    }
}

static void flush(world_t *w) {
    for (int i = 0; i < 4; i++) w->outlets[i].queued = 0;
}

static uint32_t digest_sends(world_t *w, uint32_t digest) {
    for (int i = 0; i < 4; i++)
        for (uint32_t n = 0; n < w->outlets[i].queued; n++) {
            const uint8_t *frame = w->arena + w->outlets[i].sends[n * 2];
            digest = (digest ^ w->outlets[i].sends[n * 2 + 1]) * 16777619u;
            for (int o = 0; o < FRAME_OCTETS; o += 2) digest = (digest ^ load16(frame + o)) * 16777619u;
        }
    return digest;
}

static void check(world_t *w) {
    uint32_t digest = 2166136261u;
    uint64_t before = w->verdicts[TRANSLATED];
    for (uint32_t b = 0; b < w->header[H_FRAMES] / BURST; b++) {
        load_burst(w, b);
        forward_burst(w, BURST);
        digest = digest_sends(w, digest);
        flush(w);
    }
    printf("{\"digest\":%u,\"translated\":%lu}\n", digest, (unsigned long)(w->verdicts[TRANSLATED] - before));
}

static double nanoseconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e9 + t.tv_nsec;
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Reads the clock around each burst; the cost of reading it is measured and taken off. */
static void timed_round(world_t *w) {
    uint32_t bursts = w->header[H_FRAMES] / BURST;
    double *each = malloc(bursts * sizeof *each);
    if (each == NULL) exit(1);
    double total = 0, idle = 0, least = 1e9;
    for (uint32_t b = 0; b < bursts; b++) {
        load_burst(w, b);
        double start = nanoseconds();
        forward_burst(w, BURST);
        each[b] = nanoseconds() - start;
        total += each[b];
        flush(w);
        start = nanoseconds();
        double read = nanoseconds() - start;
        idle += read;
        if (read < least) least = read;
    }
    qsort(each, bursts, sizeof *each, by_size);
    printf("{\"ns\":%.3f,\"median\":%.3f}\n", (total - idle) / ((double)bursts * BURST), (each[bursts / 2] - least) / BURST);
    free(each);
}

/* Huge pages where whole ones fit in, as the gateway asks for its tables. */
static void advise_huge(void *memory, uint64_t octets) {
    const uintptr_t page = 2 << 20;
    uintptr_t first = ((uintptr_t)memory + page - 1) & ~(page - 1);
    uintptr_t end = ((uintptr_t)memory + octets) & ~(page - 1);
    if (first < end) madvise((void *)first, end - first, MADV_HUGEPAGE);
}

static void *section(FILE *file, uint64_t octets) {
    uint64_t room = (octets + 63) & ~63ull;
    void *memory = aligned_alloc(64, room);
    if (memory != NULL) advise_huge(memory, room);
    if (memory == NULL || fread(memory, 1, room, file) != room) {
        fprintf(stderr, "pipeline: the world is truncated or does not fit into memory\n");
        exit(1);
    }
    return memory;
}

static void load_world(world_t *w, const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL || fread(w->header, 4, H_WORDS, file) != H_WORDS || w->header[H_MAGIC] != MAGIC) {
        fprintf(stderr, "pipeline: %s is no world\n", path);
        exit(1);
    }
    const uint32_t *h = w->header;
    w->by_vlan = section(file, h[H_IFACES] * 4096ull * 2);
    w->mac_words = section(file, h[H_RIFS] * 8ull);
    w->rifs = section(file, h[H_RIFS] * sizeof(rif_t));
    w->rows = section(file, h[H_ROWS] * sizeof(session_t));
    w->outward = section(file, h[H_SLOTS] * 4ull);
    w->inward = section(file, h[H_SLOTS] * 4ull);
    w->neighbors = section(file, h[H_NEIGHBORS] * sizeof(adjacency_t));
    w->ring = section(file, h[H_FRAMES] * RING_WORDS * 4ull);
    w->burst_iface = section(file, h[H_FRAMES] / BURST);
    fclose(file);
    w->mask = h[H_SLOTS] - 1;
    w->epoch = h[H_EPOCH];
    w->now = h[H_NOW];
    w->k0 = h[H_K0];
    w->k1 = h[H_K1];
    w->arena = aligned_alloc(4096, 2097152);
    memset(w->arena, 0, 2097152);
}

int main(int argc, char **argv) {
    static world_t world;
    char line[64];
    if (argc != 2) {
        fprintf(stderr, "usage: pipeline WORLD < commands (check, round)\n");
        return 2;
    }
    load_world(&world, argv[1]);
    while (fgets(line, sizeof line, stdin) != NULL) {
        if (strncmp(line, "check", 5) == 0) check(&world);
        else if (strncmp(line, "round", 5) == 0) timed_round(&world);
        fflush(stdout);
    }
    return 0;
}
