#define _GNU_SOURCE
#include "media_io.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

// Older headers lack them.
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

// The buffers asked for; the kernel grants what net.core.rmem_max and wmem_max allow.
static const int receive_buffer_bytes = 4 << 20;
static const int send_buffer_bytes = 4 << 20;

// MARK: Addresses

static const uint64_t mapped_prefix = UINT64_C(0xFFFF00000000);

static bool is_mapped(uint64_t high, uint64_t low) {
    return high == 0 && low >> 32 == 0xFFFF;
}

static void read_ipv6(const struct in6_addr *address, uint64_t *high, uint64_t *low) {
    uint64_t halves[2];
    memcpy(halves, address, sizeof halves);
    *high = be64toh(halves[0]);
    *low = be64toh(halves[1]);
}

static void write_ipv6(struct in6_addr *address, uint64_t high, uint64_t low) {
    uint64_t halves[2] = {htobe64(high), htobe64(low)};
    memcpy(address, halves, sizeof halves);
}

static uint64_t read_ipv4(struct in_addr address) {
    return mapped_prefix | ntohl(address.s_addr);
}

// MARK: Sockets

static int enable(int descriptor, int level, int option) {
    int on = 1;
    return setsockopt(descriptor, level, option, &on, sizeof on);
}

// Each datagram's local address, where the socket alone doesn't tell it.
static int enable_information(int descriptor, const struct sluice_address *address) {
    if (is_mapped(address->high, address->low))
        return (uint32_t)address->low == INADDR_ANY ? enable(descriptor, IPPROTO_IP, IP_PKTINFO) : 0;
    if (address->high == 0 && address->low == 0) return enable(descriptor, IPPROTO_IPV6, IPV6_RECVPKTINFO);
    return 0;
}

int sluice_udp_socket(struct sluice_address *address) {
    bool is_ipv4 = is_mapped(address->high, address->low);
    struct sockaddr_in ipv4 = {
        .sin_family = AF_INET, .sin_port = htons(address->port), .sin_addr.s_addr = htonl((uint32_t)address->low)};
    struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6, .sin6_port = htons(address->port)};
    write_ipv6(&ipv6.sin6_addr, address->high, address->low);
    struct sockaddr *name = is_ipv4 ? (struct sockaddr *)&ipv4 : (struct sockaddr *)&ipv6;
    socklen_t length = is_ipv4 ? sizeof ipv4 : sizeof ipv6;
    int descriptor = socket(name->sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
    if (descriptor < 0) return -errno;
    // Large buffers ride out the moments in which the thread does not run. They are worth having, not worth failing
    // for; the forced variants need a privilege.
    if (setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer_bytes, sizeof receive_buffer_bytes) != 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes);
    if (setsockopt(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, &send_buffer_bytes, sizeof send_buffer_bytes) != 0)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &send_buffer_bytes, sizeof send_buffer_bytes);
    if ((!is_ipv4 && enable(descriptor, IPPROTO_IPV6, IPV6_V6ONLY) != 0)
        || enable_information(descriptor, address) != 0 || bind(descriptor, name, length) != 0
        || getsockname(descriptor, name, &length) != 0) {
        int error = errno;
        close(descriptor);
        return -error;
    }
    address->port = ntohs(is_ipv4 ? ipv4.sin_port : ipv6.sin6_port);
    return descriptor;
}

void sluice_close(int descriptor) {
    close(descriptor);
}

bool sluice_enable_receive_segments(int descriptor) {
    return enable(descriptor, IPPROTO_UDP, UDP_GRO) == 0;
}

bool sluice_enable_congestion_marks(int descriptor, int family) {
    return family == 6 ? enable(descriptor, IPPROTO_IPV6, IPV6_RECVTCLASS) == 0
                       : enable(descriptor, IPPROTO_IP, IP_RECVTOS) == 0;
}

// Room for one packet information of either family, a traffic class and a segment size.
union control {
    char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo)) + 2 * CMSG_SPACE(sizeof(int))];
    struct cmsghdr alignment;
};

// Adds a control message behind those that `header` has.
static void write_control(struct msghdr *header, int level, int type, const void *data, size_t count) {
    struct cmsghdr *control = (struct cmsghdr *)((char *)header->msg_control + header->msg_controllen);
    control->cmsg_level = level;
    control->cmsg_type = type;
    control->cmsg_len = CMSG_LEN(count);
    memcpy(CMSG_DATA(control), data, count);
    header->msg_controllen += CMSG_SPACE(count);
}

// Sends twelve bytes from a socket to itself in segments of eight. A system that knows the option but not what it
// means would send them as one.
static bool segments_arrive(int descriptor) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    if (bind(descriptor, (struct sockaddr *)&address, sizeof address) != 0
        || getsockname(descriptor, (struct sockaddr *)&address, &length) != 0)
        return false;
    char bytes[12] = {0};
    struct iovec segment = {.iov_base = bytes, .iov_len = sizeof bytes};
    union control control = {{0}};
    struct msghdr header = {
        .msg_name = &address, .msg_namelen = length, .msg_iov = &segment, .msg_iovlen = 1, .msg_control = &control};
    uint16_t segment_size = 8;
    write_control(&header, IPPROTO_UDP, UDP_SEGMENT, &segment_size, sizeof segment_size);
    return sendmsg(descriptor, &header, 0) == sizeof bytes && recv(descriptor, bytes, sizeof bytes, 0) == 8
        && recv(descriptor, bytes, sizeof bytes, 0) == 4;
}

bool sluice_can_segment(void) {
    int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP);
    if (descriptor < 0) return false;
    struct timeval timeout = {.tv_usec = 100000};
    bool result = setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout) == 0
        && segments_arrive(descriptor);
    close(descriptor);
    return result;
}

struct sluice_receive_vector {
    uint32_t capacity;
    struct mmsghdr *messages;
    struct iovec *segments;
    struct sockaddr_storage *sources;
    union control *controls;
};

struct sluice_receive_vector *sluice_receive_vector_create(uint32_t capacity, void *slab, size_t slot_size) {
    struct sluice_receive_vector *vector = calloc(1, sizeof *vector);
    if (!vector) abort();
    vector->capacity = capacity;
    vector->messages = calloc(capacity, sizeof *vector->messages);
    vector->segments = calloc(capacity, sizeof *vector->segments);
    vector->sources = calloc(capacity, sizeof *vector->sources);
    vector->controls = calloc(capacity, sizeof *vector->controls);
    if (!vector->messages || !vector->segments || !vector->sources || !vector->controls) abort();
    for (uint32_t i = 0; i < capacity; i++) {
        vector->segments[i] = (struct iovec){.iov_base = (char *)slab + i * slot_size, .iov_len = slot_size};
        vector->messages[i].msg_hdr = (struct msghdr){
            .msg_name = &vector->sources[i],
            .msg_namelen = sizeof vector->sources[i],
            .msg_iov = &vector->segments[i],
            .msg_iovlen = 1,
            .msg_control = &vector->controls[i],
            .msg_controllen = sizeof vector->controls[i],
        };
    }
    return vector;
}

void sluice_receive_vector_free(struct sluice_receive_vector *vector) {
    free(vector->messages);
    free(vector->segments);
    free(vector->sources);
    free(vector->controls);
    free(vector);
}

static void read_source(const struct sockaddr_storage *storage, struct sluice_address *source) {
    if (storage->ss_family == AF_INET6) {
        const struct sockaddr_in6 *ipv6 = (const struct sockaddr_in6 *)storage;
        read_ipv6(&ipv6->sin6_addr, &source->high, &source->low);
        source->port = ntohs(ipv6->sin6_port);
    } else {
        const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)storage;
        source->high = 0;
        source->low = read_ipv4(ipv4->sin_addr);
        source->port = ntohs(ipv4->sin_port);
    }
}

// The two bits of a traffic class, and their value that says so. Source: RFC 3168, section 5.
static const int congestion_mask = 3;
static const int congestion_experienced = 3;

static void read_control(struct msghdr *header, struct sluice_received *message) {
    struct sluice_local *destination = &message->destination;
    memset(destination, 0, sizeof *destination);
    message->segment_size = 0;
    message->has_experienced_congestion = false;
    for (struct cmsghdr *control = CMSG_FIRSTHDR(header); control; control = CMSG_NXTHDR(header, control)) {
        if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo information;
            memcpy(&information, CMSG_DATA(control), sizeof information);
            destination->low = read_ipv4(information.ipi_spec_dst);
        } else if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo information;
            memcpy(&information, CMSG_DATA(control), sizeof information);
            // Nothing can be sent from a multicast address: leave the choice to the kernel.
            if (IN6_IS_ADDR_MULTICAST(&information.ipi6_addr)) continue;
            read_ipv6(&information.ipi6_addr, &destination->high, &destination->low);
            // A link-local address means nothing without its interface.
            if (IN6_IS_ADDR_LINKLOCAL(&information.ipi6_addr)) destination->interface = information.ipi6_ifindex;
        } else if (control->cmsg_level == IPPROTO_UDP && control->cmsg_type == UDP_GRO) {
            int segment_size;
            memcpy(&segment_size, CMSG_DATA(control), sizeof segment_size);
            if (segment_size > 0) message->segment_size = (uint32_t)segment_size;
        } else if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_TOS) {
            unsigned char service = *CMSG_DATA(control);
            message->has_experienced_congestion = (service & congestion_mask) == congestion_experienced;
        } else if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_TCLASS) {
            int class;
            memcpy(&class, CMSG_DATA(control), sizeof class);
            message->has_experienced_congestion = (class & congestion_mask) == congestion_experienced;
        }
    }
}

int sluice_receive(struct sluice_receive_vector *vector, int descriptor, struct sluice_received *messages) {
    int count = recvmmsg(descriptor, vector->messages, vector->capacity, 0, NULL);
    if (count < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
    for (int i = 0; i < count; i++) {
        struct msghdr *header = &vector->messages[i].msg_hdr;
        read_source(&vector->sources[i], &messages[i].source);
        read_control(header, &messages[i]);
        messages[i].count = vector->messages[i].msg_len;
        messages[i].is_truncated = (header->msg_flags & MSG_TRUNC) != 0;
        // The kernel has put what it used in place of the room there is.
        header->msg_namelen = sizeof vector->sources[i];
        header->msg_controllen = sizeof vector->controls[i];
    }
    return count;
}

struct sluice_send_vector {
    uint32_t capacity;
    bool is_ipv4;
    /// The room of packet information before the segment size in each of `controls`.
    size_t information_space;
    struct mmsghdr *messages;
    struct iovec *segments;
    union {
        struct sockaddr_in ipv4;
        struct sockaddr_in6 ipv6;
    } *remotes;
    union control *controls;
};

// Writes what is the same in every message: `sluice_send_vector_set` changes only the rest.
static void prepare_message(struct sluice_send_vector *vector, uint32_t index) {
    struct msghdr *header = &vector->messages[index].msg_hdr;
    header->msg_name = &vector->remotes[index];
    header->msg_namelen = vector->is_ipv4 ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    header->msg_iov = &vector->segments[index];
    header->msg_iovlen = 1;
    header->msg_control = &vector->controls[index];
    if (vector->is_ipv4) {
        vector->remotes[index].ipv4.sin_family = AF_INET;
        write_control(header, IPPROTO_IP, IP_PKTINFO, &(struct in_pktinfo){0}, sizeof(struct in_pktinfo));
    } else {
        vector->remotes[index].ipv6.sin6_family = AF_INET6;
        write_control(header, IPPROTO_IPV6, IPV6_PKTINFO, &(struct in6_pktinfo){0}, sizeof(struct in6_pktinfo));
    }
    vector->information_space = header->msg_controllen;
    write_control(header, IPPROTO_UDP, UDP_SEGMENT, &(uint16_t){0}, sizeof(uint16_t));
}

struct sluice_send_vector *sluice_send_vector_create(uint32_t capacity, int family) {
    struct sluice_send_vector *vector = calloc(1, sizeof *vector);
    if (!vector) abort();
    vector->capacity = capacity;
    vector->is_ipv4 = family == 4;
    vector->messages = calloc(capacity, sizeof *vector->messages);
    vector->segments = calloc(capacity, sizeof *vector->segments);
    vector->remotes = calloc(capacity, sizeof *vector->remotes);
    vector->controls = calloc(capacity, sizeof *vector->controls);
    if (!vector->messages || !vector->segments || !vector->remotes || !vector->controls) abort();
    for (uint32_t i = 0; i < capacity; i++) prepare_message(vector, i);
    return vector;
}

void sluice_send_vector_free(struct sluice_send_vector *vector) {
    free(vector->messages);
    free(vector->segments);
    free(vector->remotes);
    free(vector->controls);
    free(vector);
}

void sluice_send_vector_set(
    struct sluice_send_vector *vector, uint32_t index, const void *bytes, size_t count, size_t segment_size,
    const struct sluice_address *remote, const struct sluice_local *local) {
    if (index >= vector->capacity) abort();
    vector->segments[index] = (struct iovec){.iov_base = (void *)bytes, .iov_len = count};
    char *information = vector->controls[index].bytes;
    unsigned char *fields = CMSG_DATA((struct cmsghdr *)information);
    // A local address of the other family can only be a mistake: the kernel's choice is better than a refusal.
    bool is_unspecified = local->high == 0 && local->low == 0;
    bool has_information = !is_unspecified && is_mapped(local->high, local->low) == vector->is_ipv4;
    if (vector->is_ipv4) {
        vector->remotes[index].ipv4.sin_port = htons(remote->port);
        vector->remotes[index].ipv4.sin_addr.s_addr = htonl((uint32_t)remote->low);
        uint32_t address = htonl((uint32_t)local->low);
        memcpy(fields + offsetof(struct in_pktinfo, ipi_spec_dst), &address, sizeof address);
    } else {
        vector->remotes[index].ipv6.sin6_port = htons(remote->port);
        write_ipv6(&vector->remotes[index].ipv6.sin6_addr, remote->high, remote->low);
        struct in6_pktinfo value = {.ipi6_ifindex = local->interface};
        write_ipv6(&value.ipi6_addr, local->high, local->low);
        memcpy(fields, &value, sizeof value);
    }
    struct msghdr *header = &vector->messages[index].msg_hdr;
    header->msg_control = has_information ? information : information + vector->information_space;
    header->msg_controllen = has_information ? vector->information_space : 0;
    if (segment_size < count) {
        uint16_t size = (uint16_t)segment_size;
        memcpy(CMSG_DATA((struct cmsghdr *)(information + vector->information_space)), &size, sizeof size);
        header->msg_controllen += CMSG_SPACE(sizeof size);
    }
}

bool sluice_send_vector_is_segmented(const struct sluice_send_vector *vector, uint32_t index) {
    if (index >= vector->capacity) abort();
    struct msghdr *header = &vector->messages[index].msg_hdr;
    for (struct cmsghdr *control = CMSG_FIRSTHDR(header); control; control = CMSG_NXTHDR(header, control)) {
        if (control->cmsg_level == IPPROTO_UDP && control->cmsg_type == UDP_SEGMENT) return true;
    }
    return false;
}

int sluice_send(int descriptor, struct sluice_send_vector *vector, uint32_t start, uint32_t end) {
    if (start >= end || end > vector->capacity) abort();
    // There is no socket of this address family: no destination of it can be reached.
    if (descriptor < 0) return -EAFNOSUPPORT;
    int count = sendmmsg(descriptor, vector->messages + start, end - start, 0);
    return count < 0 ? -errno : count;
}

// MARK: Interfaces

int sluice_interfaces(struct sluice_interface *entries, int capacity) {
    struct ifaddrs *list;
    if (getifaddrs(&list) != 0) return -errno;
    int count = 0;
    for (struct ifaddrs *item = list; item; item = item->ifa_next, count++) {
        if (count >= capacity) continue;
        struct sluice_interface entry = {.is_up = (item->ifa_flags & IFF_UP) && (item->ifa_flags & IFF_RUNNING)};
        strncpy(entry.name, item->ifa_name, sizeof entry.name - 1);
        if (item->ifa_addr && item->ifa_addr->sa_family == AF_INET) {
            entry.address.low = read_ipv4(((const struct sockaddr_in *)item->ifa_addr)->sin_addr);
            entry.has_address = true;
        } else if (item->ifa_addr && item->ifa_addr->sa_family == AF_INET6) {
            const struct sockaddr_in6 *ipv6 = (const struct sockaddr_in6 *)item->ifa_addr;
            read_ipv6(&ipv6->sin6_addr, &entry.address.high, &entry.address.low);
            entry.has_address = true;
        }
        entries[count] = entry;
    }
    freeifaddrs(list);
    return count;
}
