#define _GNU_SOURCE
#include "cipher.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

enum { control_size = CMSG_SPACE(sizeof(uint16_t)) };

static void sleep_until(struct timespec *time, int64_t interval) {
    int64_t next = time->tv_nsec + interval;
    time->tv_sec += next / 1000000000;
    time->tv_nsec = next % 1000000000;
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, time, NULL);
}

int64_t reference_send(
    uint32_t first_address, uint16_t port, int destinations, int run, int rounds, int payload, bool encrypts,
    int64_t interval) {
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), size = 8 << 20;
    if (fd < 0) return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) < 0)
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    struct reference_cipher *cipher = reference_cipher_create(reference_fastest, destinations);
    int stride = header_size + payload + tag_size;
    uint8_t *arena = calloc((size_t)destinations * run, stride), *source = calloc(1, payload);
    struct mmsghdr *messages = calloc(destinations, sizeof *messages);
    struct iovec *vectors = calloc(destinations, sizeof *vectors);
    struct sockaddr_in *addresses = calloc(destinations, sizeof *addresses);
    uint8_t *controls = calloc(destinations, control_size);
    for (int i = 0; i < destinations; i++) {
        addresses[i] = (struct sockaddr_in){
            .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(first_address + i)};
        vectors[i] = (struct iovec){arena + (size_t)i * run * stride, (size_t)run * stride};
        messages[i].msg_hdr = (struct msghdr){
            .msg_name = &addresses[i], .msg_namelen = sizeof *addresses, .msg_iov = &vectors[i], .msg_iovlen = 1};
        if (run == 1) continue;
        struct cmsghdr *item = (struct cmsghdr *)(controls + (size_t)i * control_size);
        item->cmsg_level = IPPROTO_UDP;
        item->cmsg_type = UDP_SEGMENT;
        item->cmsg_len = CMSG_LEN(sizeof(uint16_t));
        uint16_t segment = stride;
        memcpy(CMSG_DATA(item), &segment, sizeof segment);
        messages[i].msg_hdr.msg_control = item;
        messages[i].msg_hdr.msg_controllen = control_size;
    }
    struct timespec next;
    clock_gettime(CLOCK_MONOTONIC, &next);
    int64_t start = reference_thread_nanoseconds(), number = 0, failed = 0;
    for (int round = 0; round < rounds && !failed; round++) {
        for (int i = 0; i < destinations && encrypts; i++)
            for (int j = 0; j < run; j++)
                cipher_encrypt(cipher, i, arena + ((size_t)i * run + j) * stride, source, payload, number++);
        for (int sent = 0; sent < destinations;) {
            int result = sendmmsg(fd, messages + sent, destinations - sent, 0);
            if (result > 0) {
                sent += result;
            } else if (errno == EAGAIN || errno == ENOBUFS) {
                struct pollfd wait = {.fd = fd, .events = POLLOUT};
                poll(&wait, 1, 1);
            } else if (errno != EINTR && errno != ECONNREFUSED) {
                failed = 1;
                break;
            }
        }
        if (interval) sleep_until(&next, interval);
    }
    int64_t spent = reference_thread_nanoseconds() - start;
    close(fd);
    reference_cipher_destroy(cipher);
    free(arena), free(source), free(messages), free(vectors), free(addresses), free(controls);
    return failed ? -1 : spent;
}

int64_t reference_sink(uint16_t port, volatile int *stop) {
    enum { batch = 256, slot = 2048 };
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), size = 256 << 20;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0) return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    uint8_t *slab = malloc(batch * slot);
    struct mmsghdr messages[batch] = {0};
    struct iovec vectors[batch];
    for (int i = 0; i < batch; i++) {
        vectors[i] = (struct iovec){slab + i * slot, slot};
        messages[i].msg_hdr = (struct msghdr){.msg_iov = &vectors[i], .msg_iovlen = 1};
    }
    struct timespec next;
    clock_gettime(CLOCK_MONOTONIC, &next);
    int64_t count = 0;
    while (!*stop) {
        int received;
        do {
            received = recvmmsg(fd, messages, batch, MSG_DONTWAIT, NULL);
            if (received > 0) count += received;
        } while (received == batch && !*stop);
        clock_gettime(CLOCK_MONOTONIC, &next);
        sleep_until(&next, 2000000);
    }
    close(fd), free(slab);
    return count;
}
