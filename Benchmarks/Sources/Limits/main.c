// The machine's own limits: what encrypting and sending cost without a server around them.
//
//   Limits crypto                          AES-128-GCM alone
//   Limits send ADDRESS PORT [ROUNDS]      sending, from this namespace to a sink
//   Limits broadcast ADDRESS PORT DESTINATIONS frame|even SECONDS
//                                          sending 2.5 Mbit/s and sound in their rhythm, from this namespace to a sink
//   Limits sink PORT                       the sink, until a line comes or standard input ends
//
// All but the last print one JSON object: nanoseconds of processor time per packet.

#include <arpa/inet.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reference.h"

enum { payload = 1100, keys = 100 };

static volatile int stop;

static void *wait_for_end(void *unused) {
    (void)unused;
    getchar();
    stop = 1;
    return NULL;
}

static int sink(const char *port) {
    pthread_t thread;
    pthread_create(&thread, NULL, wait_for_end, NULL);
    int64_t count = reference_sink((uint16_t)atoi(port), &stop);
    printf("%" PRId64 "\n", count);
    return count < 0;
}

static void print(const char *name, int64_t nanoseconds, int64_t packets, const char *end) {
    if (nanoseconds < 0) printf("  \"%s\": null%s\n", name, end);
    else printf("  \"%s\": %.1f%s\n", name, (double)nanoseconds / packets, end);
}

static int64_t encrypt(enum reference_backend backend, int packets) {
    struct reference_cipher *cipher = reference_cipher_create(backend, keys);
    int64_t spent = cipher ? reference_encrypt(cipher, packets, payload, 10) : -1;
    reference_cipher_destroy(cipher);
    return spent;
}

static int crypto(void) {
    const int packets = 200000;
    printf("{\n");
    print("AES-128-GCM, ipsec-mb", encrypt(reference_ipsec, packets), packets, ",");
    print("AES-128-GCM, libcrypto", encrypt(reference_libcrypto, packets), packets, "");
    printf("}\n");
    return 0;
}

static int64_t packets_sent;

static void measure(
    const char *name, uint32_t address, uint16_t port, int run, int rounds, bool encrypts, const char *end) {
    int64_t spent = reference_send(address, port, keys, run, rounds, payload, encrypts);
    packets_sent += (int64_t)keys * run * rounds;
    print(name, spent, (int64_t)keys * run * rounds, end);
}

static bool parse_address(const char *text, uint32_t *address) {
    struct in_addr parsed;
    if (inet_pton(AF_INET, text, &parsed) != 1) return false;
    *address = ntohl(parsed.s_addr);
    return true;
}

static int send_all(const char *text, const char *port_text, int rounds) {
    uint32_t address;
    if (!parse_address(text, &address)) return 2;
    uint16_t port = (uint16_t)atoi(port_text);
    printf("{\n");
    measure("sendmmsg", address, port, 1, rounds, false, ",");
    measure("encrypt, sendmmsg", address, port, 1, rounds, true, ",");
    const int runs[] = {2, 5, 8, 16};
    for (int i = 0; i < 4; i++) {
        char name[64];
        snprintf(name, sizeof name, "encrypt, GSO of %d", runs[i]);
        measure(name, address, port, runs[i], rounds / runs[i] + 1, true, ",");
    }
    printf("  \"packets\": %" PRId64 "\n}\n", packets_sent);
    return 0;
}

static int broadcast(char **words) {
    uint32_t address;
    int64_t packets = 0;
    bool is_even = !strcmp(words[3], "even");
    if (!parse_address(words[0], &address) || (!is_even && strcmp(words[3], "frame"))) return 2;
    // As the load generator's publisher has it.
    const struct reference_rhythm rhythm = {
        .bits_per_second = 2500000, .frames_per_second = 30, .video_bytes = 1112, .is_even = is_even,
        .sound_bytes = 120, .sound_interval = 20000000};
    int64_t spent = reference_broadcast(
        address, (uint16_t)atoi(words[1]), atoi(words[2]), &rhythm, (int64_t)(atof(words[4]) * 1e9), &packets);
    printf("{\n");
    print("nanosecondsPerPacket", spent, packets, ",");
    printf("  \"packets\": %" PRId64 "\n}\n", packets);
    return 0;
}

int main(int count, char **words) {
    if (count == 2 && !strcmp(words[1], "crypto")) return crypto();
    if (count == 3 && !strcmp(words[1], "sink")) return sink(words[2]);
    if (count >= 4 && !strcmp(words[1], "send"))
        return send_all(words[2], words[3], count > 4 ? atoi(words[4]) : 2000);
    if (count == 7 && !strcmp(words[1], "broadcast")) return broadcast(words + 2);
    fprintf(stderr, "Limits crypto | send ADDRESS PORT [ROUNDS] | sink PORT |\n"
                    "       broadcast ADDRESS PORT DESTINATIONS frame|even SECONDS\n");
    return 2;
}
