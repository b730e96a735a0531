#include "codecs.h"

#include <libavutil/md5.h>
#include <math.h>

// A number that looks random and depends on two others only.
static uint32_t scattered(uint32_t x, uint32_t y) {
    uint32_t value = x * 0x9E3779B1u ^ y * 0x85EBCA77u;
    value ^= value >> 15;
    value *= 0xC2B2AE3Du;
    return value ^ value >> 13;
}

// Smooth noise, 0 to 255: random values on a grid of 16 pixels, blended between.
static int texture(int x, int y) {
    uint32_t column = (uint32_t)x >> 4, row = (uint32_t)y >> 4;
    int right = x & 15, down = y & 15;
    int top = (int)(scattered(column, row) & 255) * (16 - right) + (int)(scattered(column + 1, row) & 255) * right;
    int bottom =
        (int)(scattered(column, row + 1) & 255) * (16 - right) + (int)(scattered(column + 1, row + 1) & 255) * right;
    return (top * (16 - down) + bottom * down) >> 8;
}

void codecs_draw(uint8_t *picture, int width, int height, int number) {
    uint8_t *out = picture;
    // The background moves to the left and up, four discs move each their own way, and all grows lighter and darker.
    int light = (int)(12 * sin(number * 0.13));
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) *out++ = (uint8_t)(48 + light + texture(x + 3 * number, y + number) * 5 / 8);
    }
    for (int disc = 0; disc < 4; disc++) {
        int radius = height / (5 + disc);
        int middle_x = (int)(width * (0.5 + 0.4 * sin(number * 0.021 * (disc + 2))));
        int middle_y = (int)(height * (0.5 + 0.4 * cos(number * 0.033 * (disc + 1))));
        for (int y = middle_y - radius; y < middle_y + radius; y++) {
            for (int x = middle_x - radius; x < middle_x + radius; x++) {
                int right = x - middle_x, down = y - middle_y;
                if (x < 0 || y < 0 || x >= width || y >= height) continue;
                if (right * right + down * down >= radius * radius) continue;
                picture[y * width + x] = (uint8_t)(40 + 40 * disc + texture(right + 4096 * disc, down + 4096) / 4);
            }
        }
    }
    for (int plane = 0; plane < 2; plane++) {
        for (int y = 0; y < height / 2; y++) {
            for (int x = 0; x < width / 2; x++) {
                *out++ = (uint8_t)(96 + texture(x / 2 + number, y / 2 + 999 * plane) / 4);
            }
        }
    }
}

static void halve_plane(const uint8_t *plane, int width, int height, uint8_t *out) {
    for (int y = 0; y < height / 2; y++) {
        const uint8_t *row = plane + 2 * y * width;
        for (int x = 0; x < width / 2; x++, row += 2) {
            *out++ = (uint8_t)((row[0] + row[1] + row[width] + row[width + 1] + 2) >> 2);
        }
    }
}

void codecs_halve(const uint8_t *picture, int width, int height, uint8_t *half) {
    int size = width * height;
    halve_plane(picture, width, height, half);
    halve_plane(picture + size, width / 2, height / 2, half + size / 4);
    halve_plane(picture + size + size / 4, width / 2, height / 2, half + size / 4 + size / 16);
}

double codecs_psnr(const uint8_t *one, const uint8_t *other, int width, int height) {
    uint64_t sum = 0;
    size_t count = (size_t)width * height;
    for (size_t index = 0; index < count; index++) {
        int difference = one[index] - other[index];
        sum += (uint64_t)(difference * difference);
    }
    if (sum == 0) return 99;
    double ratio = 10 * log10(255.0 * 255.0 * (double)count / (double)sum);
    return ratio < 99 ? ratio : 99;
}

void codecs_md5(const uint8_t *bytes, size_t count, uint8_t digest[16]) {
    av_md5_sum(digest, bytes, count);
}
