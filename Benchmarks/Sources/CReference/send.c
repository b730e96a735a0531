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

// As much as a server gathers before it hands it to the kernel.
enum { vector_size = 128, arena_size = 1 << 20, maximum_payload = 2048, control_size = CMSG_SPACE(sizeof(uint16_t)) };

/// A socket, and a key and an address for each destination.
struct sender {
    int fd, destinations;
    struct reference_cipher *cipher;
    struct sockaddr_in *addresses;
    uint8_t *arena, *source;
    int64_t number;
    struct mmsghdr messages[vector_size];
    struct iovec vectors[vector_size];
    uint8_t controls[vector_size][control_size] __attribute__((aligned(8)));
};

static void sender_destroy(struct sender *sender) {
    if (sender->fd >= 0) close(sender->fd);
    reference_cipher_destroy(sender->cipher);
    free(sender->addresses), free(sender->arena), free(sender->source), free(sender);
}

static struct sender *sender_create(uint32_t first_address, uint16_t port, int destinations) {
    struct sender *sender = calloc(1, sizeof *sender);
    int size = 8 << 20;
    sender->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sender->destinations = destinations;
    sender->cipher = reference_cipher_create(reference_fastest, destinations);
    sender->addresses = calloc(destinations, sizeof *sender->addresses);
    sender->arena = calloc(1, arena_size);
    sender->source = calloc(1, maximum_payload);
    if (sender->fd < 0 || !sender->cipher) {
        sender_destroy(sender);
        return NULL;
    }
    if (setsockopt(sender->fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) < 0)
        setsockopt(sender->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    for (int i = 0; i < destinations; i++)
        sender->addresses[i] = (struct sockaddr_in){
            .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(first_address + i)};
    return sender;
}

/// Makes message `index` of the vector, of `run` packets in one piece.
static void prepare_message(struct sender *sender, int index, int destination, int run, int stride) {
    struct msghdr *header = &sender->messages[index].msg_hdr;
    sender->vectors[index] = (struct iovec){sender->arena + (size_t)index * run * stride, (size_t)run * stride};
    *header = (struct msghdr){
        .msg_name = &sender->addresses[destination], .msg_namelen = sizeof *sender->addresses,
        .msg_iov = &sender->vectors[index], .msg_iovlen = 1};
    if (run == 1) return;
    struct cmsghdr *item = (struct cmsghdr *)sender->controls[index];
    item->cmsg_level = IPPROTO_UDP;
    item->cmsg_type = UDP_SEGMENT;
    item->cmsg_len = CMSG_LEN(sizeof(uint16_t));
    uint16_t segment = stride;
    memcpy(CMSG_DATA(item), &segment, sizeof segment);
    header->msg_control = item;
    header->msg_controllen = control_size;
}

static bool transmit(struct sender *sender, int count) {
    for (int sent = 0; sent < count;) {
        int result = sendmmsg(sender->fd, sender->messages + sent, count - sent, 0);
        if (result > 0) {
            sent += result;
        } else if (errno == EAGAIN || errno == ENOBUFS) {
            struct pollfd wait = {.fd = sender->fd, .events = POLLOUT};
            poll(&wait, 1, 1);
        } else if (errno != EINTR && errno != ECONNREFUSED) {
            return false;
        }
    }
    return true;
}

/// Sends `run` packets to every destination, as many messages at a time as fit.
static bool send_to_all(struct sender *sender, int run, int payload, bool encrypts) {
    int stride = header_size + payload + tag_size, capacity = arena_size / (run * stride);
    if (capacity > vector_size) capacity = vector_size;
    if (capacity == 0 || payload > maximum_payload) return false;
    for (int first = 0; first < sender->destinations; first += capacity) {
        int count = sender->destinations - first < capacity ? sender->destinations - first : capacity;
        for (int i = 0; i < count; i++) {
            prepare_message(sender, i, first + i, run, stride);
            for (int j = 0; j < run && encrypts; j++)
                cipher_encrypt(
                    sender->cipher, first + i, sender->arena + ((size_t)i * run + j) * stride, sender->source, payload,
                    sender->number++);
        }
        if (!transmit(sender, count)) return false;
    }
    return true;
}

int64_t reference_send(
    uint32_t first_address, uint16_t port, int destinations, int run, int rounds, int payload, bool encrypts) {
    struct sender *sender = sender_create(first_address, port, destinations);
    if (!sender) return -1;
    int64_t start = reference_thread_nanoseconds();
    bool goes_on = true;
    for (int round = 0; round < rounds && goes_on; round++) goes_on = send_to_all(sender, run, payload, encrypts);
    int64_t spent = reference_thread_nanoseconds() - start;
    sender_destroy(sender);
    return goes_on ? spent : -1;
}

static void sleep_until(struct timespec *time, int64_t interval) {
    int64_t next = time->tv_nsec + interval;
    time->tv_sec += next / 1000000000;
    time->tv_nsec = next % 1000000000;
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, time, NULL);
}

int64_t reference_broadcast(
    uint32_t first_address, uint16_t port, int destinations, const struct reference_rhythm *rhythm, int64_t duration,
    int64_t *packets) {
    struct sender *sender = sender_create(first_address, port, destinations);
    if (!sender) return -1;
    const int64_t frame_interval = 1000000000 / rhythm->frames_per_second;
    int64_t video_due = 0, sound_due = 0, now = 0, allowance = 0, spacing = 0;
    int remaining = 0;
    bool goes_on = true;
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    int64_t start = reference_thread_nanoseconds();
    while (goes_on) {
        int64_t due = video_due < sound_due ? video_due : sound_due;
        if (due >= duration) break;
        sleep_until(&time, due - now);
        now = due;
        if (sound_due == now) {
            goes_on = send_to_all(sender, 1, rhythm->sound_bytes - header_size, true);
            *packets += destinations;
            sound_due += rhythm->sound_interval;
        }
        if (video_due != now || !goes_on) continue;
        if (remaining == 0) {
            allowance += rhythm->bits_per_second / 8 / rhythm->frames_per_second;
            remaining = allowance < rhythm->video_bytes ? 1 : allowance / rhythm->video_bytes;
            allowance -= remaining * rhythm->video_bytes;
            spacing = rhythm->is_even ? frame_interval / remaining : frame_interval;
        }
        int run = rhythm->is_even ? 1 : remaining;
        goes_on = send_to_all(sender, run, rhythm->video_bytes - header_size, true);
        *packets += (int64_t)run * destinations;
        remaining -= run;
        video_due += spacing;
    }
    int64_t spent = reference_thread_nanoseconds() - start;
    sender_destroy(sender);
    return goes_on ? spent : -1;
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
