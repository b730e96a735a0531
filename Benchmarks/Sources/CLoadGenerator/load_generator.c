#define _GNU_SOURCE
#include "load_generator.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#ifndef UDP_GRO
#define UDP_GRO 104
#endif
#ifndef SO_MEMINFO
#define SO_MEMINFO 55
#endif

enum { buffer_size = 256 << 20, control_size = 128 };

static int64_t nanoseconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int load_udp_open(bool gro, uint16_t *port) {
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1, size = buffer_size;
    if (fd < 0) return -errno;
    // The privileged forms exceed the system's limit; where they are refused the limit has to do.
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) < 0)
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    if (gro) setsockopt(fd, IPPROTO_UDP, UDP_GRO, &on, sizeof on);
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    if (bind(fd, (struct sockaddr *)&address, length) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &length) < 0) {
        int error = errno;
        close(fd);
        return -error;
    }
    *port = ntohs(address.sin_port);
    return fd;
}

uint32_t load_udp_dropped(int fd) {
    uint32_t info[16] = {0};
    socklen_t length = sizeof info;
    if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &length) < 0) return 0;
    return info[SK_MEMINFO_DROPS];
}

struct load_receiver {
    uint32_t capacity, slot;
    uint8_t *slab;
    struct mmsghdr *messages;
    struct iovec *vectors;
    struct sockaddr_in *sources;
    uint8_t *controls;
};

struct load_receiver *load_receiver_create(uint32_t capacity, uint32_t slot) {
    struct load_receiver *receiver = calloc(1, sizeof *receiver);
    receiver->capacity = capacity;
    receiver->slot = slot;
    receiver->slab = aligned_alloc(64, (size_t)capacity * slot);
    receiver->messages = calloc(capacity, sizeof *receiver->messages);
    receiver->vectors = calloc(capacity, sizeof *receiver->vectors);
    receiver->sources = calloc(capacity, sizeof *receiver->sources);
    receiver->controls = calloc(capacity, control_size);
    for (uint32_t i = 0; i < capacity; i++) {
        receiver->vectors[i] = (struct iovec){receiver->slab + (size_t)i * slot, slot};
        receiver->messages[i].msg_hdr = (struct msghdr){
            .msg_name = &receiver->sources[i],
            .msg_iov = &receiver->vectors[i],
            .msg_iovlen = 1,
            .msg_control = receiver->controls + (size_t)i * control_size};
    }
    return receiver;
}

int load_receive(struct load_receiver *receiver, int fd, struct load_datagram *datagrams) {
    for (uint32_t i = 0; i < receiver->capacity; i++) {
        receiver->messages[i].msg_hdr.msg_namelen = sizeof(struct sockaddr_in);
        receiver->messages[i].msg_hdr.msg_controllen = control_size;
    }
    int count = recvmmsg(fd, receiver->messages, receiver->capacity, MSG_DONTWAIT, NULL);
    // An ICMP error of an earlier send is reported once, and is no reason to stop.
    if (count < 0) return errno == EAGAIN || errno == ECONNREFUSED || errno == EINTR ? 0 : -errno;
    for (int i = 0; i < count; i++) {
        struct msghdr *header = &receiver->messages[i].msg_hdr;
        struct load_datagram *datagram = &datagrams[i];
        *datagram = (struct load_datagram){
            .bytes = receiver->vectors[i].iov_base,
            .count = receiver->messages[i].msg_len,
            .source = ntohl(receiver->sources[i].sin_addr.s_addr),
            .source_port = ntohs(receiver->sources[i].sin_port)};
        for (struct cmsghdr *item = CMSG_FIRSTHDR(header); item; item = CMSG_NXTHDR(header, item)) {
            if (item->cmsg_level == SOL_SOCKET && item->cmsg_type == SCM_TIMESTAMPNS) {
                struct timespec time;
                memcpy(&time, CMSG_DATA(item), sizeof time);
                datagram->received = (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
            } else if (item->cmsg_level == IPPROTO_IP && item->cmsg_type == IP_PKTINFO) {
                struct in_pktinfo info;
                memcpy(&info, CMSG_DATA(item), sizeof info);
                datagram->destination = ntohl(info.ipi_addr.s_addr);
            } else if (item->cmsg_level == IPPROTO_UDP && item->cmsg_type == UDP_GRO) {
                int size;
                memcpy(&size, CMSG_DATA(item), sizeof size);
                datagram->segment = size;
            }
        }
    }
    return count;
}

struct load_sender {
    uint32_t capacity;
    struct mmsghdr *messages;
    struct iovec *vectors;
    struct sockaddr_in *destinations;
    uint8_t *controls;
};

struct load_sender *load_sender_create(uint32_t capacity) {
    struct load_sender *sender = calloc(1, sizeof *sender);
    sender->capacity = capacity;
    sender->messages = calloc(capacity, sizeof *sender->messages);
    sender->vectors = calloc(capacity, sizeof *sender->vectors);
    sender->destinations = calloc(capacity, sizeof *sender->destinations);
    sender->controls = calloc(capacity, CMSG_SPACE(sizeof(struct in_pktinfo)));
    for (uint32_t i = 0; i < capacity; i++) {
        uint8_t *control = sender->controls + (size_t)i * CMSG_SPACE(sizeof(struct in_pktinfo));
        struct cmsghdr *item = (struct cmsghdr *)control;
        item->cmsg_level = IPPROTO_IP;
        item->cmsg_type = IP_PKTINFO;
        item->cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo));
        sender->messages[i].msg_hdr = (struct msghdr){
            .msg_name = &sender->destinations[i],
            .msg_namelen = sizeof(struct sockaddr_in),
            .msg_iov = &sender->vectors[i],
            .msg_iovlen = 1,
            .msg_control = control,
            .msg_controllen = CMSG_SPACE(sizeof(struct in_pktinfo))};
    }
    return sender;
}

void load_sender_set(
    struct load_sender *sender, uint32_t index, const void *bytes, uint32_t count, uint32_t source,
    uint32_t destination, uint16_t destination_port) {
    sender->vectors[index] = (struct iovec){(void *)bytes, count};
    sender->destinations[index] = (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(destination_port), .sin_addr.s_addr = htonl(destination)};
    struct in_pktinfo info = {.ipi_spec_dst.s_addr = htonl(source)};
    memcpy(CMSG_DATA((struct cmsghdr *)sender->messages[index].msg_hdr.msg_control), &info, sizeof info);
}

int load_send(struct load_sender *sender, int fd, uint32_t count) {
    uint32_t sent = 0, failures = 0;
    while (sent < count && failures < 100) {
        int result = sendmmsg(fd, sender->messages + sent, count - sent, 0);
        if (result > 0) {
            sent += result;
        } else if (errno == ECONNREFUSED || errno == EINTR) {
            failures++;
        } else if (errno == EAGAIN || errno == ENOBUFS) {
            struct pollfd wait = {.fd = fd, .events = POLLOUT};
            poll(&wait, 1, 1);
            failures++;
        } else {
            return -errno;
        }
    }
    return sent;
}

int load_tcp_connect(uint32_t source, uint32_t destination, uint16_t port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;
    if (fd < 0) return -errno;
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    struct sockaddr_in local = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(source)};
    struct sockaddr_in remote = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(destination)};
    if ((source && bind(fd, (struct sockaddr *)&local, sizeof local) < 0) ||
        (connect(fd, (struct sockaddr *)&remote, sizeof remote) < 0 && errno != EINPROGRESS)) {
        int error = errno;
        close(fd);
        return -error;
    }
    return fd;
}

int load_unix_connect(const char *path) {
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), size = 8 << 20;
    if (fd < 0) return -errno;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        int error = errno;
        close(fd);
        return -error;
    }
    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

int64_t load_write(int fd, const void *bytes, size_t count) {
    int64_t result = send(fd, bytes, count, MSG_NOSIGNAL);
    if (result >= 0) return result;
    return errno == EAGAIN || errno == ENOTCONN || errno == EINTR ? 0 : -errno;
}

int64_t load_read(int fd, void *bytes, size_t count) {
    int64_t result = recv(fd, bytes, count, 0);
    if (result > 0) return result;
    if (result == 0) return 1 << 30;
    return errno == EAGAIN || errno == ENOTCONN || errno == EINTR ? 0 : -errno;
}

void load_close(int fd) { close(fd); }

int64_t load_monotonic_nanoseconds(void) { return nanoseconds(CLOCK_MONOTONIC); }
int64_t load_unix_nanoseconds(void) { return nanoseconds(CLOCK_REALTIME); }
int64_t load_cpu_nanoseconds(void) { return nanoseconds(CLOCK_PROCESS_CPUTIME_ID); }

void load_sleep_until(int64_t instant) {
    struct timespec time = {instant / 1000000000, instant % 1000000000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
}

void load_prepare_process(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    prctl(PR_SET_TIMERSLACK, 1000);
}

uint32_t load_parse_address(const char *text) {
    struct in_addr address;
    return inet_pton(AF_INET, text, &address) == 1 ? ntohl(address.s_addr) : 0;
}
